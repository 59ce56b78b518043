/**
 * The database behind the record: the embedded PostgreSQL of a data directory, or the one that a URL names.
 * Brought to the schema that this version writes, before anything else touches it.
 *
 * Who writes has a connection of its own, so that no number of readers can hold up what has to be written.
 */
import { setTimeout } from "node:timers/promises";
import { Client, type ClientConfig, Pool } from "pg";
import { messageOf, Problem } from "../kit/problem.ts";
import { openCluster } from "./embedded/cluster.ts";
import { superviseServer } from "./embedded/supervised.ts";
import { migrate } from "./migrate.ts";

export interface Database {
  reader: Pool;
  writer: Pool;
  /** For people: which database, without its password. */
  where: string;
  /** Process of the embedded server. */
  readonly pid: number | undefined;
  close(): Promise<void>;
}

const READERS = 4;
const CONNECT_TIMEOUT_MS = 5_000;
/** No query of ours takes long; one that does must not hold its connection for ever. */
const READ_TIMEOUT_MS = 15_000;
const WRITE_TIMEOUT_MS = 5_000;
/** A server that says nothing at all, not even that it gave up, is given up so much later. */
const GRACE_MS = 1_000;
/** A connection to a server that is away is not waited for any longer than this. */
const CLOSE_TIMEOUT_MS = 2_000;

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
  const config = { connectionString: url };
  const where = placeOf(config);
  await setUp(config, where);
  const { reader, writer, close } = makePools(config);
  return { reader, writer, where, pid: undefined, close };
}

async function openEmbedded(dir: string, complain: (problem: Problem) => void): Promise<Database> {
  const cluster = openCluster(dir);
  const supervised = await superviseServer(cluster, complain);
  const { connection } = supervised.server;
  try {
    await setUp(connection, cluster.data);
  } catch (thrown) {
    await supervised.stop();
    throw thrown;
  }
  const { reader, writer, close } = makePools(connection);
  return {
    reader,
    writer,
    where: cluster.data,
    get pid() {
      return supervised.server.pid;
    },
    async close() {
      await close();
      await supervised.stop();
    },
  };
}

function makePools(config: ClientConfig): { reader: Pool; writer: Pool; close(): Promise<void> } {
  const reader = makePool(config, READERS, READ_TIMEOUT_MS);
  const writer = makePool(config, 1, WRITE_TIMEOUT_MS);
  const close = async (): Promise<void> => {
    const ends = Promise.all([reader.end(), writer.end()]);
    await Promise.race([ends, setTimeout(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
  };
  return { reader, writer, close };
}

function makePool(config: ClientConfig, max: number, timeoutMs: number): Pool {
  const pool = new Pool({
    ...config,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: timeoutMs,
    query_timeout: timeoutMs + GRACE_MS,
    keepAlive: true,
    // a connection that cannot be closed in order must not keep us running
    allowExitOnIdle: true,
    application_name: "atalaya",
  });
  // an idle connection was cut: the next query opens another, or says why it cannot
  pool.on("error", () => {});
  return pool;
}

/** Connects for the first time and brings the schema up to date. */
async function setUp(config: ClientConfig, where: string): Promise<void> {
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
    await migrate(client, where);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Which database is meant, without its password. Throws `RECORD_BAD_URL`. */
function placeOf(config: { connectionString: string }): string {
  const expected = "postgres://user:password@host:5432/database";
  const help = "write characters like / @ : in the password as %2F %40 %3A";
  if (!/^postgres(ql)?:\/\//i.test(config.connectionString)) {
    throw new Problem({ code: "RECORD_BAD_URL", message: "DATABASE_URL is not the address of a PostgreSQL", expected });
  }
  try {
    const { user, host, port, database } = new Client(config);
    return `postgres://${user ?? ""}@${host}:${port}/${database ?? ""}`;
  } catch (cause) {
    const message = `DATABASE_URL is not understood: ${messageOf(cause)}`;
    throw new Problem({ code: "RECORD_BAD_URL", message, expected, help, cause });
  }
}
