/** Contract tables as rows of the state: code, scope, table, primary key → payer and bytes. */
import { nameToU64, u64ToName } from "../../../chain/name.ts";
import type { Row, Tables } from "./tables.ts";

export interface TableRow {
  payer: string;
  data: Buffer;
}

interface StoredRow {
  readonly payer: string;
  /** Hex. */
  readonly data: string;
}

/** Scopes and keys are names or 64-bit numbers; both forms of the same value are the same. */
type U64 = string | bigint;

const toU64 = (value: U64): bigint => (typeof value === "bigint" ? value : nameToU64(value));
const spaceOf = (code: string, scope: U64, table: string) => `row/${code}/${toU64(scope)}/${table}`;

export function getRow(tables: Tables, code: string, scope: U64, table: string, key: bigint): TableRow | undefined {
  const stored = tables.get<Row>(spaceOf(code, scope, table), String(key)) as StoredRow | undefined;
  return stored === undefined ? undefined : { payer: stored.payer, data: Buffer.from(stored.data, "hex") };
}

export function setRow(tables: Tables, code: string, scope: U64, table: string, key: bigint, row: TableRow): void {
  const stored: StoredRow = { payer: row.payer, data: row.data.toString("hex") };
  tables.set(spaceOf(code, scope, table), String(key), stored as unknown as Row);
}

export function removeRow(tables: Tables, code: string, scope: U64, table: string, key: bigint): void {
  tables.delete(spaceOf(code, scope, table), String(key));
}

/** Rows of a table in the order of their keys. */
export function scanRows(tables: Tables, code: string, scope: U64, table: string): (TableRow & { key: bigint })[] {
  return (tables.entries(spaceOf(code, scope, table)) as unknown as [string, StoredRow][])
    .map(([key, stored]) => ({ key: BigInt(key), payer: stored.payer, data: Buffer.from(stored.data, "hex") }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The tables of a contract that hold rows: scope, table, how many, who paid first; by scope, then table. */
export function listTables(tables: Tables, code: string) {
  return tables
    .spacesWith(`row/${code}/`)
    .map((space) => {
      const [, , scope = "0", table = ""] = space.split("/");
      const first = tables.entries(space)[0]?.[1] as unknown as StoredRow | undefined;
      return { scope: BigInt(scope), table, count: tables.count(space), payer: first?.payer ?? "" };
    })
    .sort((a, b) =>
      a.scope === b.scope ? (nameToU64(a.table) < nameToU64(b.table) ? -1 : 1) : a.scope < b.scope ? -1 : 1,
    )
    .map((entry) => ({ ...entry, scope: u64ToName(entry.scope) }));
}
