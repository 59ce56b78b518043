import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Problem } from "../../src/kit/problem.ts";
import { commandLine } from "../../src/kit/process.ts";
import { socketDirFor } from "../../src/kit/socket-dir.ts";
import type { Database } from "../../src/record/database.ts";
import { chooseOwner, ownerOf } from "../../src/record/embedded/owner.ts";
import { closeRecords, holdElsewhere, IS_ROOT, openRecord, problemOf, recordDir } from "./rig.ts";

after(closeRecords);

const open = (dir: string, complain?: (problem: Problem) => void): Promise<Database> => openRecord({ dir }, complain);

async function note(database: Database, id: string): Promise<void> {
  await database.writer.query(
    `insert into atalaya.happening (chain_id, id, at, level, kind, facts) values ($1, $2, now(), 'ok', 'fork', '{}')`,
    ["a".repeat(64), id],
  );
}

async function notes(database: Database): Promise<string[]> {
  const { rows } = await database.reader.query<{ id: string }>("select id from atalaya.happening order by id");
  return rows.map(({ id }) => id);
}

/** The real and the effective user of a process, from the kernel. */
function usersOf(pid: number | undefined): number[] {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return (/^Uid:\s+(\d+)\s+(\d+)/m.exec(status) ?? []).slice(1).map(Number);
}

/** One that has ended may stay in the table until somebody takes notice, without its command line. */
const isRunning = (pid: number): boolean => (commandLine(pid)?.[0] ?? "") !== "";

test("the first start makes the record, the next goes on where it was, and nothing keeps running", async () => {
  using temp = recordDir();
  const unfinished = join(temp.dir, "postgres", "data.new");
  // what an interrupted first start left
  mkdirSync(unfinished, { recursive: true });
  writeFileSync(join(unfinished, "PG_VERSION"), "18\n");
  const first = await open(temp.dir);
  assert.equal(existsSync(unfinished), false);
  const pid = first.pid ?? 0;
  await note(first, "one");
  await first.close();
  assert.equal(isRunning(pid), false);
  const second = await open(temp.dir);
  assert.deepEqual(await notes(second), ["one"]);
  assert.notEqual(second.pid, pid);
  await second.close();
});

test("the server runs as an account without rights, on a socket and files that are nobody else's", async () => {
  using temp = recordDir();
  // what the environment says of other servers does not lead us astray
  const hostile = { PGHOST: "db.example", PGPORT: "1", PGUSER: "nobody", PGPASSWORD: "x", PGSSLMODE: "require" };
  Object.assign(process.env, hostile);
  const database = await open(temp.dir).finally(() => {
    for (const name of Object.keys(hostile)) delete process.env[name];
  });
  const wanted = IS_ROOT ? chooseOwner().uid : (process.getuid?.() ?? 0);
  assert.notEqual(wanted, 0);
  assert.deepEqual(usersOf(database.pid), [wanted, wanted]);
  const place = join(temp.dir, "postgres");
  assert.equal(lstatSync(join(place, ".s.PGSQL.5432")).mode & 0o077, 0);
  assert.equal(statSync(join(place, "passwords.json")).mode & 0o077, 0);
  assert.equal(statSync(place).mode & 0o077, 0);
  assert.deepEqual(
    readdirSync(place).filter((name) => name.includes("new")),
    [],
  );
  const { rows } = await database.reader.query("show listen_addresses");
  assert.deepEqual(rows, [{ listen_addresses: "" }]);
  await database.close();
});

test("a server that is killed is started again, which is told once, and nothing written is lost", async () => {
  using temp = recordDir();
  const complaints: Problem[] = [];
  const told = Promise.withResolvers<void>();
  const database = await open(temp.dir, (problem) => {
    complaints.push(problem);
    told.resolve();
  });
  await note(database, "one");
  const busy = database.reader.query("select pg_sleep(60)").catch((cause: Error) => cause);
  process.kill(database.pid ?? 0, "SIGKILL");
  await told.promise;
  assert.ok((await busy) instanceof Error);
  await untilItAnswers(database);
  assert.deepEqual(await notes(database), ["one"]);
  assert.deepEqual(
    complaints.map(({ code, message }) => [code, message]),
    [["RECORD_SERVER_ENDED", "PostgreSQL ended: by SIGKILL"]],
  );
  await database.close();
});

async function untilItAnswers({ writer }: Database): Promise<void> {
  for (;;) {
    const answered = await writer.query("select").then(
      () => true,
      () => false,
    );
    if (answered) return;
  }
}

test("why a server cannot be started again is told once for each reason; closing ends the attempts", async () => {
  using temp = recordDir();
  const complaints: Problem[] = [];
  const twice = Promise.withResolvers<void>();
  const database = await open(temp.dir, (problem) => {
    complaints.push(problem);
    if (problem.code === "RECORD_START_FAILED") twice.resolve();
  });
  const settings = join(temp.dir, "postgres", "data", "postgresql.conf");
  writeFileSync(settings, "no such setting\n");
  process.kill(database.pid ?? 0, "SIGKILL");
  await twice.promise;
  const codes = complaints.map(({ code }) => code);
  assert.deepEqual(codes, ["RECORD_SERVER_ENDED", "RECORD_START_FAILED"]);
  assert.match(complaints[1]?.message ?? "", /ended at once: .*postgresql\.conf/);
  await database.close();
  assert.equal(complaints.length, 2);
});

test("closing while the server is being started again leaves none behind", async () => {
  using temp = recordDir();
  const told = Promise.withResolvers<void>();
  const database = await open(temp.dir, () => told.resolve());
  process.kill(database.pid ?? 0, "SIGKILL");
  await told.promise;
  await database.close();
  const lock = join(temp.dir, "postgres", "data", "postmaster.pid");
  const pid = existsSync(lock) ? Number(readFileSync(lock, "utf8").split("\n")[0]) : undefined;
  assert.ok(pid === undefined || !isRunning(pid));
});

test("a frozen server is woken to stop in order", async () => {
  using temp = recordDir();
  const database = await open(temp.dir);
  const pid = database.pid ?? 0;
  process.kill(pid, "SIGSTOP");
  await database.close();
  assert.equal(isRunning(pid), false);
  assert.equal(existsSync(join(temp.dir, "postgres", "data", "postmaster.pid")), false);
});

test("an Atalaya that is killed takes its server with it, and the next one goes on", async () => {
  using temp = recordDir();
  await using other = await holdElsewhere(temp.dir);
  other.child.kill("SIGKILL");
  // at once, while the server may still be on its way out
  const database = await open(temp.dir);
  assert.equal(isRunning(other.serverPid), false);
  await database.close();
});

test("a record that another Atalaya uses is left to it", async () => {
  using temp = recordDir();
  await using other = await holdElsewhere(temp.dir);
  const problem = await problemOf(open(temp.dir));
  assert.equal(problem.code, "RECORD_IN_USE");
  assert.match(problem.message, new RegExp(`process ${other.serverPid}$`));
  assert.ok(isRunning(other.serverPid));
});

test("a lock whose process is gone, and one whose number belongs to a stranger by now, keep nobody out", async () => {
  using temp = recordDir();
  const database = await open(temp.dir);
  const lock = join(temp.dir, "postgres", "data", "postmaster.pid");
  const content = readFileSync(lock, "utf8").split("\n");
  const pid = database.pid ?? 0;
  await database.close();
  const owner = statSync(join(temp.dir, "postgres", "data"));
  // PostgreSQL takes a living process of its own user for a server
  const stranger = spawn("sleep", ["1000"], { ...(IS_ROOT && { uid: owner.uid, gid: owner.gid }) });
  await once(stranger, "spawn");
  for (const number of [pid, stranger.pid]) {
    writeFileSync(lock, [number, ...content.slice(1)].join("\n"), { mode: 0o600 });
    chownSync(lock, owner.uid, owner.gid);
    const again = await open(temp.dir);
    await again.close();
  }
  assert.equal(stranger.exitCode, null);
  const ended = once(stranger, "exit");
  stranger.kill();
  await ended;
});

test("a data directory deep in the file system has its socket elsewhere", async () => {
  using temp = recordDir();
  const place = join(temp.dir, "d".repeat(60), "e".repeat(60), "postgres");
  mkdirSync(join(place, ".."), { recursive: true });
  const database = await open(join(place, ".."));
  const sockets = socketDirFor(place, ownerOf(place));
  assert.ok(existsSync(join(sockets, ".s.PGSQL.5432")));
  await database.close();
  rmSync(sockets, { recursive: true });
});

test("whatever else lies where the record should be is told apart, and never removed", async () => {
  using temp = recordDir();
  const place = join(temp.dir, "postgres");
  const data = join(place, "data");
  await (await open(temp.dir)).close();
  const secrets = Object.values(JSON.parse(readFileSync(join(place, "passwords.json"), "utf8")) as object) as string[];
  const spoil = async (file: string, content: string | undefined, code: string, words: RegExp): Promise<void> => {
    renameSync(file, `${file}.kept`);
    if (content !== undefined) {
      writeFileSync(file, content, { mode: 0o600 });
      const { uid, gid } = statSync(`${file}.kept`);
      chownSync(file, uid, gid);
    }
    const problem = await problemOf(open(temp.dir), secrets);
    assert.equal(problem.code, code, problem.message);
    assert.match(problem.message, words);
    renameSync(`${file}.kept`, file);
  };
  await spoil(
    join(data, "PG_VERSION"),
    "12\n",
    "RECORD_OTHER_VERSION",
    /made by PostgreSQL 12, and this is PostgreSQL \d\d/,
  );
  await spoil(join(data, "PG_VERSION"), undefined, "RECORD_FOREIGN", /not the data of a PostgreSQL/);
  await spoil(join(data, "postgresql.conf"), "port =\n", "RECORD_START_FAILED", /ended at once: .*postgresql\.conf/);
  await spoil(join(data, "pg_hba.conf"), undefined, "RECORD_START_FAILED", /pg_hba\.conf/);
  await spoil(join(place, "passwords.json"), undefined, "RECORD_NO_PASSWORDS", /missing or damaged/);
  await spoil(
    join(place, "passwords.json"),
    `{"postgres": "${secrets[0]}`,
    "RECORD_NO_PASSWORDS",
    /missing or damaged/,
  );
  await spoil(join(place, "passwords.json"), '{"postgres":"x","atalaya":"y"}', "RECORD_FOREIGN", /not one of ours/);
  chmodSync(data, 0o755);
  assert.match((await problemOf(open(temp.dir))).message, /data directory .* has invalid permissions/);
  chmodSync(data, 0o700);
  await (await open(temp.dir)).close();
});

test("a directory that cannot be made is a Problem that names it", async () => {
  using temp = recordDir();
  writeFileSync(join(temp.dir, "file"), "");
  const problem = await problemOf(open(join(temp.dir, "file", "data")));
  assert.deepEqual([problem.code, problem.where], ["RECORD_DIR_UNUSABLE", join(temp.dir, "file", "data")]);
});

const ONLY_ROOT = { skip: !IS_ROOT && "only root can give files to others" };

test("a record that its account can no longer reach is neither removed nor begun anew", ONLY_ROOT, async () => {
  using temp = recordDir();
  const database = await open(temp.dir);
  await note(database, "one");
  await database.close();
  chmodSync(temp.dir, 0o700);
  assert.equal((await problemOf(open(temp.dir))).code, "RECORD_UNREACHABLE_DIR");
  chmodSync(temp.dir, 0o755);
  const again = await open(temp.dir);
  assert.deepEqual(await notes(again), ["one"]);
  await again.close();
});

test(
  "where its account cannot get to the data directory, the record is in the system's place for it",
  ONLY_ROOT,
  async () => {
    using temp = recordDir();
    chmodSync(temp.dir, 0o700);
    const database = await open(temp.dir);
    await note(database, "one");
    await database.close();
    assert.match(database.where, /^\/var\/lib\/atalaya\/postgres-/);
    // and stays there when the directory is opened later
    chmodSync(temp.dir, 0o755);
    const again = await open(temp.dir);
    assert.deepEqual(await notes(again), ["one"]);
    await again.close();
    rmSync(join(database.where, ".."), { recursive: true });
  },
);

test("a record that root restored as its own files is given back, not run as root", ONLY_ROOT, async () => {
  using temp = recordDir();
  await (await open(temp.dir)).close();
  chownSync(join(temp.dir, "postgres", "data"), 0, 0);
  const problem = await problemOf(open(temp.dir));
  assert.equal(problem.code, "RECORD_NOT_OURS");
  assert.match(problem.help ?? "", /chown -R/);
});

test(
  "one user's record is run as that user by root, and root's record is not opened by a user",
  ONLY_ROOT,
  async (t) => {
    using temp = recordDir();
    const user = 65_534;
    chownSync(temp.dir, user, user);
    const opened = await holdElsewhere(temp.dir, user).catch((cause: unknown) => cause);
    if (!(typeof opened === "object" && opened !== null && "serverPid" in opened)) {
      t.skip(`another user cannot run this checkout: ${opened}`);
      return;
    }
    {
      await using holder = opened as Awaited<ReturnType<typeof holdElsewhere>>;
      assert.deepEqual(usersOf(holder.serverPid), [user, user]);
    }
    const database = await open(temp.dir);
    assert.deepEqual(usersOf(database.pid), [user, user]);
    await note(database, "one");
    await database.close();
    {
      await using holder = await holdElsewhere(temp.dir, user);
      assert.deepEqual(usersOf(holder.serverPid), [user, user]);
    }
    using roots = recordDir();
    await (await open(roots.dir)).close();
    if (chooseOwner().uid === user) return;
    assert.equal((await problemOf(holdElsewhere(roots.dir, user))).code, "RECORD_NOT_OURS");
  },
);
