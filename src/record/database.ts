/**
 * The database behind the record: the embedded PostgreSQL of a data directory, or the one that a URL names.
 * Brought to the schema that this version writes, before anything else touches it.
 */
import { setTimeout } from "node:timers/promises";
import { Client, type ClientConfig, Pool } from "pg";
import { messageOf, Problem } from "../kit/problem.ts";
import { openCluster } from "./embedded/cluster.ts";
import { type EmbeddedServer, startServer } from "./embedded/server.ts";

export interface Database {
  pool: Pool;
  /** For people: which database, without its password. */
  where: string;
  /** Process of the embedded server. */
  pid: number | undefined;
  close(): Promise<void>;
}

const MIGRATIONS = new URL("./migrations", import.meta.url).pathname;
const CONNECTIONS = 4;
const CONNECT_TIMEOUT_MS = 5_000;
/** No query of ours takes long; one that does must not hold its connection for ever. */
const STATEMENT_TIMEOUT_MS = 20_000;
const RESTART_AFTER_MS = 1_000;

export interface DatabaseOptions {
  /** Data directory of the embedded server; absolute or relative to where we run. */
  dir: string;
  /** `postgres://…`: use this one instead. */
  url?: string | undefined;
  /** Hears what goes wrong with the embedded server while it runs. */
  complain: (problem: Problem) => void;
}

/** Throws `RECORD_*` problems. */
export async function openDatabase({ dir, url, complain }: DatabaseOptions): Promise<Database> {
  return url === undefined ? openEmbedded(dir, complain) : openForeign(url);
}

async function openForeign(url: string): Promise<Database> {
  const where = withoutPassword(url);
  const config = { connectionString: url };
  await migrate(config, where);
  const pool = makePool(config);
  return { pool, where, pid: undefined, close: () => pool.end() };
}

async function openEmbedded(dir: string, complain: (problem: Problem) => void): Promise<Database> {
  const cluster = openCluster(dir);
  let server = await startServer(cluster);
  let closing = false;
  const supervise = async (running: EmbeddedServer): Promise<void> => {
    const words = await running.ended;
    while (!closing) {
      complain(
        new Problem({
          code: "RECORD_SERVER_ENDED",
          message: `PostgreSQL ended: ${words}`,
          where: cluster.logFile,
          help: "it is started again; nothing is lost meanwhile",
        }),
      );
      await setTimeout(RESTART_AFTER_MS);
      try {
        server = await startServer(cluster);
        void supervise(server);
        return;
      } catch (thrown) {
        if (thrown instanceof Problem) complain(thrown);
      }
    }
  };
  void supervise(server);
  const end = async (): Promise<void> => {
    closing = true;
    await server.stop();
  };
  try {
    await migrate(server.connection, cluster.data);
  } catch (thrown) {
    await end();
    throw thrown;
  }
  const pool = makePool(server.connection);
  const close = async (): Promise<void> => {
    await pool.end();
    await end();
  };
  return {
    pool,
    where: cluster.data,
    get pid() {
      return server.pid;
    },
    close,
  };
}

function makePool(config: ClientConfig): Pool {
  const pool = new Pool({
    ...config,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    application_name: "atalaya",
  });
  // an idle connection was cut: the next query opens another, or says why it cannot
  pool.on("error", () => {});
  return pool;
}

/** Brings the schema up to date; several may try at once, one does it. */
async function migrate(config: ClientConfig, where: string): Promise<void> {
  const client = new Client({ ...config, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on("error", () => {});
  try {
    await client.connect();
  } catch (cause) {
    throw new Problem({
      code: "RECORD_UNREACHABLE",
      message: `the database does not answer: ${messageOf(cause)}`,
      where,
      help: "check DATABASE_URL, and that the server runs and lets this user in",
      cause,
    });
  }
  try {
    const { runner } = await import("node-pg-migrate");
    await runner({
      dbClient: client,
      dir: MIGRATIONS,
      direction: "up",
      schema: "atalaya",
      createSchema: true,
      migrationsTable: "migration",
      advisoryLockMode: "wait",
      logger: { info() {}, warn() {}, error() {} },
    });
  } catch (cause) {
    throw new Problem({
      code: "RECORD_SCHEMA_FAILED",
      message: `the database could not be brought up to date: ${messageOf(cause)}`,
      where,
      expected: "the right to create the schema `atalaya`, and a record not written by a newer Atalaya",
      help: "with a database of your own: `grant create on database NAME to USER`",
      cause,
    });
  } finally {
    await client.end().catch(() => {});
  }
}

function withoutPassword(url: string): string {
  if (!URL.canParse(url)) {
    throw new Problem({
      code: "RECORD_BAD_URL",
      message: "DATABASE_URL is not an address",
      expected: "postgres://user:password@host:5432/database",
    });
  }
  const parsed = new URL(url);
  parsed.password = "";
  parsed.search = "";
  return parsed.href;
}
