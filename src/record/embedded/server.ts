/**
 * An embedded PostgreSQL server as a child process: started on a Unix socket only, small, stopped in order.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Client } from "pg";
import { messageOf, Problem } from "../../kit/problem.ts";
import { endingWithUs, runsWith } from "../../kit/process.ts";
import type { Cluster } from "./cluster.ts";
import { identity } from "./owner.ts";

export interface EmbeddedServer {
  /** For `pg`. */
  connection: { host: string; user: string; password: string; database: string };
  pid: number | undefined;
  /** Resolves when the server ends, wanted or not, with what its log says last. */
  ended: Promise<string>;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
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

/** Starts the server of a cluster. Throws `RECORD_START_FAILED`. */
export async function startServer(cluster: Cluster): Promise<EmbeddedServer> {
  await endLeftover(cluster);
  const child = launch(cluster);
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  try {
    await setUp(cluster, child, ended);
  } catch (thrown) {
    await end(child, ended);
    throw thrown;
  }
  return {
    connection: { ...socketOf(cluster), user: "atalaya", password: cluster.passwords.atalaya, database: "atalaya" },
    pid: child.pid,
    ended: ended.then(() => lastLine(cluster.logFile)),
    stop: () => end(child, ended),
  };
}

function socketOf(cluster: Cluster) {
  return { host: cluster.socketDir, port: 5432 };
}

function launch({ data, programs, owner, socketDir, logFile }: Cluster): ChildProcess {
  if (existsSync(logFile) && statSync(logFile).size > LOG_LIMIT_BYTES) truncateSync(logFile);
  const log = openSync(logFile, "a", 0o600);
  const settings = Object.entries({ ...SETTINGS, unix_socket_directories: socketDir });
  const args = ["-D", data, ...settings.flatMap(([name, value]) => ["-c", `${name}=${value}`])];
  const [command, ...first] = endingWithUs([programs.postgres, ...args], "INT");
  const child = spawn(command, first, {
    ...identity(owner),
    cwd: data,
    env: programs.env,
    // not in our terminal's process group: Ctrl-C is for us, and we stop it last
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  return child;
}

/** A server that a killed run left behind, where the kernel could not end it with us. */
async function endLeftover({ data, socketDir }: Cluster): Promise<void> {
  const file = join(data, "postmaster.pid");
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, "utf8").split("\n")[0]);
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  if (runsWith(pid, data)) process.kill(pid, "SIGINT");
  while (runsWith(pid, data) && Date.now() < deadline) await setTimeout(POLL_MS);
  if (runsWith(pid, data)) process.kill(pid, "SIGQUIT");
  while (runsWith(pid, data)) await setTimeout(POLL_MS);
  // the pid may be another process's by now, which would keep PostgreSQL from starting
  rmSync(file, { force: true });
  rmSync(join(socketDir, ".s.PGSQL.5432.lock"), { force: true });
}

/** Waits until the server answers; makes role and database the first time. */
async function setUp(cluster: Cluster, child: ChildProcess, ended: Promise<void>): Promise<void> {
  const state = { ended: false };
  void ended.then(() => {
    state.ended = true;
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  let words = "";
  while (!state.ended && Date.now() < deadline) {
    const admin = {
      ...socketOf(cluster),
      user: "postgres",
      password: cluster.passwords.postgres,
      database: "postgres",
    };
    const client = new Client(admin);
    // the server may end while we talk, which the awaited call reports
    client.on("error", () => {});
    try {
      await client.connect();
      await makeDatabase(client, cluster.passwords.atalaya);
      return;
    } catch (thrown) {
      words = messageOf(thrown);
      if (!isStarting(thrown)) break;
    } finally {
      await client.end().catch(() => {});
    }
    await setTimeout(POLL_MS);
  }
  throw new Problem({
    code: "RECORD_START_FAILED",
    message: `PostgreSQL ${state.ended || child.exitCode !== null ? "ended at once" : "did not get ready"}: ${state.ended ? lastLine(cluster.logFile) : words}`,
    where: cluster.logFile,
    help: "read the end of that log; a full or read-only disk and too little memory are the usual reasons",
  });
}

/** No socket yet, nobody behind it yet, or "the database system is starting up". */
function isStarting(thrown: unknown): boolean {
  const code = (thrown as { code?: string }).code ?? "";
  return ["ENOENT", "ECONNREFUSED", "ECONNRESET", "57P03"].includes(code);
}

async function makeDatabase(client: Client, password: string): Promise<void> {
  const role = await client.query("select 1 from pg_roles where rolname = 'atalaya'");
  if (role.rowCount === 0) await client.query(`create role atalaya login password ${client.escapeLiteral(password)}`);
  const database = await client.query("select 1 from pg_database where datname = 'atalaya'");
  if (database.rowCount === 0) await client.query("create database atalaya owner atalaya");
}

async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  // "fast": connections are cut, everything is written
  child.kill("SIGINT");
  const patience = new AbortController();
  const late = setTimeout(STOP_TIMEOUT_MS, undefined, { signal: patience.signal }).then(
    () => child.kill("SIGQUIT"),
    () => false,
  );
  await ended;
  patience.abort();
  await late;
}

function lastLine(file: string): string {
  const line = existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n").at(-1) : undefined;
  return (line ?? "its log is empty").replace(/^[-\d]+ [:.\d]+ \w+ \[\d+\] /, "");
}
