/** A PostgreSQL that runs already, as somebody's own would: for tests of `DATABASE_URL`. */
import { Client } from "pg";
import { openCluster } from "../../src/record/embedded/cluster.ts";
import { type EmbeddedServer, startServer } from "../../src/record/embedded/server.ts";
import { recordDir } from "./rig.ts";

export interface OwnServer extends AsyncDisposable {
  /** The address of a database of it. */
  url(user: string, password: string, database?: string): string;
  /** Does something as the superuser. */
  admin(sql: string): Promise<void>;
  pid: number;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** With an empty database `own` and its owner `operator`, whose password is `PASSWORD`. */
export async function ownServer(): Promise<OwnServer> {
  const temp = recordDir();
  const cluster = openCluster(temp.dir);
  let server: EmbeddedServer = await startServer(cluster);
  const made: OwnServer = {
    url: (user, password, database = "own") =>
      `postgres://${user}:${encodeURIComponent(password)}@${encodeURIComponent(cluster.socketDir)}/${database}`,
    async admin(sql) {
      const client = new Client({
        connectionString: made.url("postgres", cluster.passwords.postgres, "postgres"),
      });
      await client.connect();
      for (const statement of sql.split(";")) await client.query(statement);
      await client.end();
    },
    get pid() {
      return server.pid ?? 0;
    },
    stop: () => server.stop(),
    async start() {
      server = await startServer(cluster);
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      temp[Symbol.dispose]();
    },
  };
  await made.admin(`create role operator login password '${PASSWORD}'; create database own owner operator`);
  return made;
}

/** With every character that an address has a meaning for. */
export const PASSWORD = "se/cret@word:#?%41&";
