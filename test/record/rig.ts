/** For tests of the record: directories of their own, a holder of one in another process, and Problems looked at closely. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { Problem } from "../../src/kit/problem.ts";
import { type Database, openDatabase } from "../../src/record/database.ts";

/** Whether the tests run as root, for whom the server runs as another user. */
export const IS_ROOT = process.getuid?.() === 0;

/** A directory that any account can get to, removed at the end. */
export function recordDir(): { dir: string } & Disposable {
  const dir = mkdtempSync(join(tmpdir(), "atalaya-record-"));
  chmodSync(dir, 0o755);
  return {
    dir,
    [Symbol.dispose]() {
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const opened: Database[] = [];

/** Opens the record of a directory, or of the database at an address. Nothing may be complained about by itself. */
export async function openRecord(
  at: { dir: string } | { url: string },
  complain: (problem: Problem) => void = assert.fail,
): Promise<Database> {
  const database = await openDatabase({ dir: "/nonexistent", ...at, complain });
  opened.push(database);
  return database;
}

/** For the end of a file: a test that failed has not closed its own. */
export async function closeRecords(): Promise<void> {
  await Promise.allSettled(opened.map((database) => database.close()));
}

/** The Problem that `act` fails with: it says what to do, and not one word of it holds any of `secrets`. */
export async function problemOf(act: Promise<unknown>, secrets: readonly string[] = []): Promise<Problem> {
  const thrown = await act.then(
    () => assert.fail("it should not succeed"),
    (thrown: unknown) => thrown,
  );
  assert.ok(thrown instanceof Problem, `not a Problem: ${inspect(thrown)}`);
  assert.match(thrown.code, /^RECORD_[A-Z_]+$/);
  assert.ok((thrown.help ?? thrown.expected ?? "").length > 10, `${thrown.code} does not say what to do`);
  // the cause is shown with --verbose
  const said = JSON.stringify(thrown) + String(thrown) + String(thrown.cause);
  for (const secret of secrets) assert.ok(!said.includes(secret), `${thrown.code} tells a secret: ${said}`);
  return thrown;
}

export interface Holder extends AsyncDisposable {
  child: ChildProcess;
  /** Process of its database server. */
  serverPid: number;
}

const HOLDER = new URL("holder.ts", import.meta.url).pathname;

/** Another process that has the record of `dir` open, as `uid` if given. Throws what it says when it cannot. */
export async function holdElsewhere(dir: string, uid?: number): Promise<Holder> {
  const child = spawn(process.execPath, [HOLDER, dir], {
    stdio: ["pipe", "pipe", "inherit"],
    ...(uid !== undefined && { uid, gid: uid }),
  });
  // rejects when it cannot be started at all
  const ended = once(child, "close").then(([code]) => {
    throw new Error(`it ended with code ${code} and said nothing`);
  });
  const [said] = await Promise.race([once(child.stdout, "data") as Promise<[Buffer]>, ended]);
  ended.catch(() => {});
  const { pid: serverPid, problem } = JSON.parse(said.toString("utf8"));
  if (problem !== undefined) throw new Problem(problem);
  return {
    child,
    serverPid,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.stdin.end();
      await ended;
    },
  };
}
