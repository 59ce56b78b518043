/**
 * An embedded PostgreSQL server as a child process: started on a Unix socket only, small, stopped in order.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, constants, existsSync, openSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Client } from "pg";
import { messageOf, Problem } from "../../kit/problem.ts";
import { commandLine, endingWithUs, isChildOfOurKind, runsWith } from "../../kit/process.ts";
import type { Cluster } from "./cluster.ts";
import { identity } from "./owner.ts";

export interface EmbeddedServer {
  /** For `pg`. */
  connection: { host: string; port: number; user: string; password: string; database: string; ssl: false };
  pid: number | undefined;
  /** Resolves when the server ends, wanted or not, with how, as its log says it. */
  ended: Promise<string>;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;
const POLL_MS = 25;
/** Then connections are cut without ceremony; PostgreSQL recovers from its log at the next start. */
const STOP_TIMEOUT_MS = 10_000;
const LOG_LIMIT_BYTES = 8 * 1024 * 1024;

/** Sized for one writer and a few readers on a small machine; durability is PostgreSQL's own default. */
const SETTINGS = {
  listen_addresses: "",
  unix_socket_permissions: "0700",
  max_connections: "12",
  shared_buffers: "32MB",
  // no replicas: neither senders nor the extra they write
  wal_level: "minimal",
  max_wal_senders: "0",
  max_wal_size: "128MB",
  min_wal_size: "32MB",
  // no processes beside the few that are needed
  io_method: "sync",
  max_parallel_workers: "0",
  max_logical_replication_workers: "0",
  jit: "off",
  log_min_messages: "warning",
  log_line_prefix: "%m [%p] ",
  timezone: "UTC",
  log_timezone: "UTC",
};

/** Starts the server of a cluster. Throws `RECORD_IN_USE`, `RECORD_FOREIGN` or `RECORD_START_FAILED`. */
export async function startServer(cluster: Cluster): Promise<EmbeddedServer> {
  try {
    return await start(cluster);
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw startFailed(`PostgreSQL could not be started: ${messageOf(cause)}`, cluster.logFile, cause);
  }
}

async function start(cluster: Cluster): Promise<EmbeddedServer> {
  await endLeftover(cluster);
  const log = openLog(cluster.logFile);
  const child = launch(cluster, log);
  const ended = new Promise<string>((resolve) => {
    child.once("error", (cause) => resolve(messageOf(cause)));
    child.once("exit", (code, signal) => {
      resolve(signal === null ? (lastWords(cluster.logFile, log.from) ?? `with code ${code}`) : `by ${signal}`);
    });
  });
  try {
    await setUp(cluster, ended);
  } catch (thrown) {
    await end(child, ended);
    throw thrown;
  }
  return {
    connection: { ...socketOf(cluster), user: "atalaya", password: cluster.passwords.atalaya, database: "atalaya" },
    pid: child.pid,
    ended,
    stop: () => end(child, ended),
  };
}

function socketOf(cluster: Cluster) {
  // whatever the environment says of other servers
  return { host: cluster.socketDir, port: 5432, ssl: false as const };
}

/** The server's log, to be written on. `from`: its length so far. */
function openLog(file: string): { fd: number; from: number } {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  if (existsSync(file) && statSync(file).size > LOG_LIMIT_BYTES) truncateSync(file);
  const fd = openSync(file, flags, 0o600);
  return { fd, from: statSync(file).size };
}

function launch({ data, programs, owner, socketDir }: Cluster, log: { fd: number }): ChildProcess {
  const settings = Object.entries({ ...SETTINGS, unix_socket_directories: socketDir });
  const args = ["-D", data, ...settings.flatMap(([name, value]) => ["-c", `${name}=${value}`])];
  const [command, ...first] = endingWithUs([programs.postgres, ...args], "INT");
  const child = spawn(command, first, {
    ...identity(owner),
    cwd: data,
    env: programs.env,
    // not in our terminal's process group: Ctrl-C is for us, and we stop it last
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
  });
  closeSync(log.fd);
  return child;
}

/**
 * A server that a killed run left behind, where the kernel could not end it with us. A lock whose process is gone is
 * left to PostgreSQL, which also knows whether parts of the old server still work on the data.
 */
async function endLeftover({ data, socketDir }: Cluster): Promise<void> {
  const file = join(data, "postmaster.pid");
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, "utf8").split("\n")[0]);
  const hasEnded = async (withinMs: number): Promise<boolean> => {
    const deadline = Date.now() + withinMs;
    while (runsWith(pid, data) && Date.now() < deadline) await setTimeout(POLL_MS);
    return !runsWith(pid, data);
  };
  if (isChildOfOurKind(pid) && runsWith(pid, data)) throw inUse(pid, data);
  if (runsWith(pid, data)) process.kill(pid, "SIGINT");
  if (!(await hasEnded(STOP_TIMEOUT_MS))) process.kill(pid, "SIGQUIT");
  if (!(await hasEnded(STOP_TIMEOUT_MS))) throw inUse(pid, data);
  if (commandLine(pid) === undefined) return;
  // the pid is another process's by now, or nobody has taken notice of its end: PostgreSQL would take it for a server
  rmSync(file, { force: true });
  rmSync(join(socketDir, ".s.PGSQL.5432.lock"), { force: true });
}

function inUse(pid: number, data: string): Problem {
  return new Problem({
    code: "RECORD_IN_USE",
    message: `another Atalaya uses this record: its PostgreSQL is process ${pid}`,
    where: data,
    help: "stop that one, or give this one another directory with --data",
  });
}

/** Waits until the server answers; makes role and database the first time. */
async function setUp(cluster: Cluster, ended: Promise<string>): Promise<void> {
  const end: { words?: string } = {};
  void ended.then((words) => {
    end.words = words;
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  let words = "";
  while (end.words === undefined && Date.now() < deadline) {
    const admin = {
      ...socketOf(cluster),
      user: "postgres",
      password: cluster.passwords.postgres,
      database: "postgres",
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    };
    const client = new Client(admin);
    // the server may end while we talk, which the awaited call reports
    client.on("error", () => {});
    try {
      await client.connect();
      await makeDatabase(client, cluster.passwords.atalaya);
      return;
    } catch (thrown) {
      if (codeOf(thrown) === WRONG_PASSWORD) throw foreign(cluster.data, thrown);
      words = messageOf(thrown);
      if (!isStarting(thrown)) break;
    } finally {
      await client.end().catch(() => {});
    }
    await setTimeout(POLL_MS);
  }
  throw startFailed(
    end.words === undefined ? `PostgreSQL did not get ready: ${words}` : `PostgreSQL ended at once: ${end.words}`,
    cluster.logFile,
  );
}

function startFailed(message: string, logFile: string, cause?: unknown): Problem {
  return new Problem({
    code: "RECORD_START_FAILED",
    message,
    where: logFile,
    help: "read the end of that log; a full or read-only disk and too little memory are the usual reasons",
    cause,
  });
}

/** No socket yet, nobody behind it yet, or "the database system is starting up". */
function isStarting(thrown: unknown): boolean {
  return ["ENOENT", "ECONNREFUSED", "ECONNRESET", "57P03"].includes(codeOf(thrown));
}

const WRONG_PASSWORD = "28P01";

function codeOf(thrown: unknown): string {
  return (thrown as { code?: string }).code ?? "";
}

function foreign(data: string, cause: unknown): Problem {
  return new Problem({
    code: "RECORD_FOREIGN",
    message: "the database that lies here is not one of ours: it does not take our password",
    where: data,
    help: `move ${data} away to begin a new record, or start that database and set DATABASE_URL to it`,
    cause,
  });
}

async function makeDatabase(client: Client, password: string): Promise<void> {
  const role = await client.query("select 1 from pg_roles where rolname = 'atalaya'");
  if (role.rowCount === 0) await client.query(`create role atalaya login password ${client.escapeLiteral(password)}`);
  const database = await client.query("select 1 from pg_database where datname = 'atalaya'");
  if (database.rowCount === 0) await client.query("create database atalaya owner atalaya");
}

async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const patience = new AbortController();
  const insist = async (): Promise<void> => {
    // "fast": connections are cut, everything is written
    for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
      child.kill(signal);
      // one that was frozen has to wake to hear it
      child.kill("SIGCONT");
      await setTimeout(STOP_TIMEOUT_MS, undefined, { signal: patience.signal });
    }
  };
  const insisting = insist().catch(() => {});
  await ended;
  patience.abort();
  await insisting;
}

/** What the log says was fatal, last, since it had the length `from`; without what PostgreSQL writes around it. */
function lastWords(file: string, from: number): string | undefined {
  // somebody may have tidied up
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file).subarray(from).toString("utf8").split("\n");
  const line = lines.findLast((line) => /\b(FATAL|PANIC): |^\S+: /.test(line));
  return line?.replace(/^[-\d]+ [:.\d]+ \w+ \[\d+\] /, "");
}
