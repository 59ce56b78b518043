/** Brings the record's schema up to date; several may try at once, one does it. */
import { readdirSync } from "node:fs";
import type { Client } from "pg";
import { messageOf, Problem } from "../kit/problem.ts";

const MIGRATIONS = new URL("./migrations", import.meta.url).pathname;

/** Throws `RECORD_NEWER` or `RECORD_SCHEMA_FAILED`. */
export async function migrate(client: Client, where: string): Promise<void> {
  try {
    const { rows } = await client.query<{ schema: boolean; table: boolean }>(
      `select to_regnamespace('atalaya') is not null as schema, to_regclass('atalaya.migration') is not null as table`,
    );
    if (rows[0]?.table) await refuseNewer(client, where);
    const { runner } = await import("node-pg-migrate");
    await runner({
      dbClient: client,
      dir: MIGRATIONS,
      direction: "up",
      schema: "atalaya",
      // where an administrator has made it for us, we need no right to make one
      createSchema: !rows[0]?.schema,
      migrationsTable: "migration",
      advisoryLockMode: "wait",
      logger: { info() {}, warn() {}, error() {} },
    });
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw new Problem({
      code: "RECORD_SCHEMA_FAILED",
      message: `the database could not be brought up to date: ${messageOf(cause)}`,
      where,
      expected: "a schema `atalaya` that belongs to this user, or the right to create it",
      help: "with a database of your own: `create schema atalaya authorization USER`",
      cause,
    });
  }
}

/** A newer version may write what this one misreads, and this one may spoil what that one wrote. */
async function refuseNewer(client: Client, where: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>("select name from atalaya.migration order by id");
  const known = readdirSync(MIGRATIONS).map((file) => file.replace(/\.sql$/, ""));
  const unknown = rows.find(({ name }) => !known.includes(name));
  if (unknown === undefined) return;
  throw new Problem({
    code: "RECORD_NEWER",
    message: `the record was written by a newer Atalaya: it has \`${unknown.name}\`, which this one does not know`,
    where,
    help: "run that version, or keep the record of this one elsewhere",
  });
}
