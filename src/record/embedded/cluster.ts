/**
 * The directories of an embedded PostgreSQL: its data, its socket, and the passwords. They are made on the
 * first start.
 */
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Problem } from "../../kit/problem.ts";
import { socketDirFor } from "../../kit/socket-dir.ts";
import { canUse, chooseOwner, identity, type Owner } from "./owner.ts";
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
  const owner = chooseOwner();
  const place = findPlace(resolve(dir), owner);
  const programs = findPrograms(owner, place);
  const cluster = {
    data: join(place, "data"),
    socketDir: socketDirFor(place, owner),
    logFile: join(place, "postgres.log"),
    programs,
    owner,
    passwords: passwordsIn(join(place, "passwords.json")),
  };
  const version = versionOf(cluster.data);
  if (version === undefined) initialise(cluster, place);
  else checkVersion(version, programs, cluster.data);
  return cluster;
}

/** Under `dir` if the owner can get there, in the system's place for state otherwise. */
function findPlace(dir: string, owner: Owner | undefined): string {
  const near = join(dir, "postgres");
  makeOwned(near, owner);
  if (canUse(owner, near, "write")) return near;
  rmSync(near, { recursive: true, force: true });
  const far = join(SYSTEM_DIR, `postgres-${createHash("sha256").update(dir).digest("hex").slice(0, 12)}`);
  // open to pass through; the cluster itself is not
  mkdirSync(SYSTEM_DIR, { recursive: true, mode: 0o755 });
  makeOwned(far, owner);
  return far;
}

function makeOwned(path: string, owner: Owner | undefined): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
}

function passwordsIn(file: string): Passwords {
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as Passwords;
  const passwords = { postgres: newPassword(), atalaya: newPassword() };
  const unfinished = `${file}.new`;
  writeFileSync(unfinished, JSON.stringify(passwords), { mode: 0o600 });
  renameSync(unfinished, file);
  return passwords;
}

function newPassword(): string {
  return randomBytes(24).toString("base64url");
}

/** Major version that wrote the data; `undefined` when there is none, or when making it was interrupted. */
function versionOf(data: string): string | undefined {
  const file = join(data, "PG_VERSION");
  // written by initdb's first steps; the last thing that it writes is this one, by our order
  return existsSync(join(data, DONE)) ? readFileSync(file, "utf8").trim() : undefined;
}

const DONE = "atalaya-initialised";

function initialise(cluster: Cluster, place: string): void {
  const { owner, data, programs, passwords } = cluster;
  rmSync(data, { recursive: true, force: true });
  const passwordFile = join(place, "password.new");
  writeFileSync(passwordFile, passwords.postgres, { mode: 0o600 });
  if (owner !== undefined) chownSync(passwordFile, owner.uid, owner.gid);
  try {
    const args = ["-D", data, "-U", "postgres", "-A", "scram-sha-256", `--pwfile=${passwordFile}`];
    const locale = ["--encoding=UTF8", "--locale=C", "--data-checksums"];
    const { status, stderr, error } = spawnSync(programs.initdb, [...args, ...locale], {
      ...identity(owner),
      cwd: place,
      env: { ...programs.env, TZ: "UTC" },
      encoding: "utf8",
    });
    if (status !== 0) throw initProblem(data, error?.message ?? lastWords(stderr));
    writeFileSync(join(data, DONE), "");
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

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

function checkVersion(version: string, programs: ServerPrograms, data: string): void {
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
