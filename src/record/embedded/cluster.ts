/**
 * The directories of an embedded PostgreSQL: its data, its socket, and the passwords. They are made on the
 * first start; what is there already is never removed and never given to somebody else.
 */
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { messageOf, Problem } from "../../kit/problem.ts";
import { endingWithUs } from "../../kit/process.ts";
import { socketDirFor } from "../../kit/socket-dir.ts";
import { canUse, chooseOwner, identity, type Owner, ownerOf } from "./owner.ts";
import { findPrograms, type ServerPrograms, SYSTEM_DIR } from "./programs.ts";

export interface Cluster {
  /** Absolute. */
  data: string;
  /** For the Unix socket; the server listens nowhere else. */
  socketDir: string;
  logFile: string;
  programs: ServerPrograms;
  owner: Owner | undefined;
  passwords: Passwords;
}

interface Passwords {
  /** The superuser, used only to set the database up. */
  postgres: string;
  /** Who Atalaya connects as: owner of its own database and nothing else. */
  atalaya: string;
}

/** Finds the cluster that belongs to `dir` (Atalaya's data directory), or makes one. */
export function openCluster(dir: string): Cluster {
  const path = resolve(dir);
  try {
    return open(path);
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw new Problem({
      code: "RECORD_DIR_UNUSABLE",
      message: `the record's directory cannot be used: ${messageOf(cause)}`,
      where: path,
      help: "check its permissions and its disk, choose another with --data, or set DATABASE_URL to a PostgreSQL of your own",
      cause,
    });
  }
}

function open(dir: string): Cluster {
  const { place, owner } = findPlace(dir);
  const programs = findPrograms(owner, place);
  const data = join(place, "data");
  const isNew = !existsSync(data);
  const cluster = {
    data,
    socketDir: socketDirFor(place, owner),
    logFile: join(place, "postgres.log"),
    programs,
    owner,
    passwords: isNew ? makePasswords(place) : readPasswords(place),
  };
  if (isNew) initialise(cluster, place);
  else checkVersion(programs, data);
  return cluster;
}

interface Placed {
  place: string;
  owner: Owner | undefined;
}

/**
 * Where the data is already; else under `dir` if the server's account can get there, and in the system's place for
 * state otherwise.
 */
function findPlace(dir: string): Placed {
  const near = join(dir, "postgres");
  const isRoot = process.getuid?.() === 0;
  // a stranger cannot look into it
  if (existsSync(isRoot ? join(near, "data") : near)) {
    const owner = ownerOf(isRoot ? join(near, "data") : near);
    if (!canUse(owner, near, "execute")) throw unreachable(near, owner);
    return { place: near, owner };
  }
  if (!isRoot) {
    mkdirSync(near, { recursive: true, mode: 0o700 });
    return { place: near, owner: undefined };
  }
  const owner = chooseOwner();
  const far = join(SYSTEM_DIR, `postgres-${createHash("sha256").update(dir).digest("hex").slice(0, 12)}`);
  if (existsSync(join(far, "data"))) return { place: far, owner: ownerOf(join(far, "data")) };
  makeOwned(near, owner);
  if (canUse(owner, near, "write")) return { place: near, owner };
  rmdirSync(near);
  // open to pass through; the cluster itself is not
  mkdirSync(SYSTEM_DIR, { recursive: true, mode: 0o755 });
  makeOwned(far, owner);
  return { place: far, owner };
}

function makeOwned(path: string, { uid, gid }: Owner): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  // made by us just now, or by a run that was interrupted right here
  if (statSync(path).uid === 0) chownSync(path, uid, gid);
}

function unreachable(place: string, owner: Owner | undefined): Problem {
  return new Problem({
    code: "RECORD_UNREACHABLE_DIR",
    message: `${owner?.name ?? "our user"} cannot get to the record, which belongs to it`,
    where: place,
    expected: "permission to pass through every directory above it (`namei -l` shows them)",
    help: `run \`chmod o+x\` on the one that is closed, or move ${place} away to begin a new record`,
  });
}

const passwordsFile = (place: string): string => join(place, "passwords.json");

function makePasswords(place: string): Passwords {
  const passwords = { postgres: newPassword(), atalaya: newPassword() };
  const unfinished = `${passwordsFile(place)}.new`;
  writeFileSync(unfinished, JSON.stringify(passwords), { mode: 0o600 });
  renameSync(unfinished, passwordsFile(place));
  return passwords;
}

function newPassword(): string {
  return randomBytes(24).toString("base64url");
}

function readPasswords(place: string): Passwords {
  const file = passwordsFile(place);
  try {
    const { postgres, atalaya } = JSON.parse(readFileSync(file, "utf8")) as Partial<Passwords>;
    if (typeof postgres === "string" && typeof atalaya === "string") return { postgres, atalaya };
  } catch (cause) {
    // what it holds is not for an error's text, nor its position in it
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT" && !(cause instanceof SyntaxError)) throw cause;
  }
  throw new Problem({
    code: "RECORD_NO_PASSWORDS",
    message: "the passwords of the record are lost: their file is missing or damaged",
    where: file,
    help: `put the file back from a copy, or move ${place} away to begin a new record`,
  });
}

/** Made beside its place and then moved there, so that `data` is whole whenever it is there. */
function initialise(cluster: Cluster, place: string): void {
  const { owner, data, programs, passwords } = cluster;
  const unfinished = `${data}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  const passwordFile = join(place, "password.new");
  rmSync(passwordFile, { force: true });
  writeFileSync(passwordFile, passwords.postgres, { mode: 0o600, flag: "wx" });
  if (owner !== undefined) chownSync(passwordFile, owner.uid, owner.gid);
  try {
    const args = ["-D", unfinished, "-U", "postgres", "-A", "scram-sha-256", `--pwfile=${passwordFile}`];
    const locale = ["--encoding=UTF8", "--locale=C", "--data-checksums"];
    const [command, ...first] = endingWithUs([programs.initdb, ...args, ...locale], "KILL");
    const { status, stderr, error } = spawnSync(command, first, {
      ...identity(owner),
      cwd: place,
      env: { ...programs.env, TZ: "UTC" },
      ...OWN_GROUP,
      encoding: "utf8",
    });
    if (status !== 0) throw initProblem(data, error?.message ?? lastWords(stderr));
    renameSync(unfinished, data);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Ctrl-C at the terminal is for us alone: what it interrupts would look like a failure. @types/node forgets this option. */
const OWN_GROUP = { detached: true } as const;

function initProblem(data: string, words: string): Problem {
  return new Problem({
    code: "RECORD_INIT_FAILED",
    message: `the database could not be made: ${words}`,
    where: data,
    help: "check that the disk has room and can be written to, or set DATABASE_URL to a PostgreSQL of your own",
  });
}

/** What initdb complains about, without its advice about its own options. */
function lastWords(stderr: string): string {
  const errors = stderr.split("\n").filter((line) => /error|fatal/i.test(line));
  return (errors.at(-1) ?? stderr.trim().split("\n").at(-1) ?? "").replace(/^initdb: error: /, "");
}

/** Major version that wrote the data. */
function versionOf(data: string): string {
  const file = join(data, "PG_VERSION");
  if (existsSync(file)) return readFileSync(file, "utf8").trim();
  throw new Problem({
    code: "RECORD_FOREIGN",
    message: "what lies here is not the data of a PostgreSQL",
    where: data,
    expected: "a file `PG_VERSION` in it",
    help: `move ${data} away to begin a new record`,
  });
}

function checkVersion(programs: ServerPrograms, data: string): void {
  const version = versionOf(data);
  const { stdout } = spawnSync(programs.postgres, ["--version"], { env: programs.env, encoding: "utf8" });
  const ours = /\s(\d+)\./.exec(stdout)?.[1];
  if (ours === version) return;
  throw new Problem({
    code: "RECORD_OTHER_VERSION",
    message: `the database was made by PostgreSQL ${version}, and this is PostgreSQL ${ours ?? "of an unknown version"}`,
    where: data,
    help: `run the Atalaya that made it, or move ${data} away to begin a new record`,
  });
}
