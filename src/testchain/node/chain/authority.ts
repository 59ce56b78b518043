/** Accounts' permissions: authorities of keys and other permissions, what is a valid one, and which keys satisfy one. */
import { parsePublicKey } from "../../../chain/keys/text.ts";
import { nameToU64 } from "../../../chain/name.ts";
import type { PermissionLevel } from "../../../chain/transaction.ts";
import { getChainConfig } from "./chain-config.ts";
import type { Row, Tables } from "./tables.ts";

/** As in `newaccount` and `get_account`. */
export interface Authority {
  threshold: number;
  keys: { key: string; weight: number }[];
  accounts: { permission: PermissionLevel; weight: number }[];
  waits: { wait_sec: number; weight: number }[];
}

export interface PermissionRow {
  parent: string;
  auth: Authority;
}

/** The permission that only an account's own code has; no key satisfies it. */
export const CODE_PERMISSION = "eosio.code";

export function keyAuthority(key: string): Authority {
  return { threshold: 1, keys: [{ key, weight: 1 }], accounts: [], waits: [] };
}

export function getPermission(tables: Tables, account: string, permission: string): PermissionRow | undefined {
  return tables.get<Row>("permission", `${account}/${permission}`) as PermissionRow | undefined;
}

export function setPermission(tables: Tables, account: string, permission: string, row: PermissionRow): void {
  tables.set("permission", `${account}/${permission}`, row as unknown as Row);
}

export function removePermission(tables: Tables, account: string, permission: string): void {
  tables.delete("permission", `${account}/${permission}`);
}

/** All permissions of an account, by name. */
export function permissionsOf(tables: Tables, account: string): [string, PermissionRow][] {
  const prefix = `${account}/`;
  return (tables.entries("permission") as unknown as [string, PermissionRow][])
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, row]): [string, PermissionRow] => [key.slice(prefix.length), row])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * True for an authority that nodeos stores: its entries of each kind in ascending order and none twice, and
 * heavy enough together to reach the threshold.
 */
export function isValidAuthority({ threshold, keys, accounts, waits }: Authority): boolean {
  const weight = [...keys, ...accounts, ...waits].reduce((sum, entry) => sum + entry.weight, 0);
  const levels = accounts.map(
    ({ permission }) => [nameToU64(permission.actor), nameToU64(permission.permission)] as const,
  );
  return (
    threshold > 0 &&
    weight >= threshold &&
    ascending(keys, (a, b) => compareKeys(a.key, b.key)) &&
    ascending(levels, (a, b) => (a[0] === b[0] ? compare(a[1], b[1]) : compare(a[0], b[0]))) &&
    ascending(waits, (a, b) => compare(a.wait_sec, b.wait_sec)) &&
    waits.every((wait) => wait.wait_sec > 0)
  );
}

function ascending<T>(items: readonly T[], order: (a: T, b: T) => number): boolean {
  return items.slice(1).every((item, i) => order(items[i] as T, item) < 0);
}

function compare<T extends number | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** By kind, then by their bytes. */
function compareKeys(a: string, b: string): number {
  const [x, y] = [parsePublicKey(a), parsePublicKey(b)];
  return x.kind === y.kind ? x.bytes.compare(y.bytes) : x.kind < y.kind ? -1 : 1;
}

/**
 * True when the keys satisfy an authority, following permissions of other accounts. Heavier entries are tried
 * first, as nodeos does, and `used` collects the keys that counted: none of an authority that fails. A wait never
 * counts, since no transaction can be delayed.
 */
export function satisfiesAuthority(
  tables: Tables,
  auth: Authority,
  keys: ReadonlySet<string>,
  used: Set<string>,
  depth = 0,
): boolean {
  const counted = new Set(used);
  let weight = 0;
  for (const entry of [...auth.keys, ...auth.accounts].sort((a, b) => b.weight - a.weight)) {
    if (
      !("key" in entry
        ? takeKey(entry.key, keys, counted)
        : satisfiesLevel(tables, entry.permission, keys, counted, depth))
    )
      continue;
    weight += entry.weight;
    if (weight < auth.threshold) continue;
    for (const key of counted) used.add(key);
    return true;
  }
  return false;
}

function takeKey(key: string, keys: ReadonlySet<string>, counted: Set<string>): boolean {
  if (!keys.has(key)) return false;
  counted.add(key);
  return true;
}

function satisfiesLevel(
  tables: Tables,
  { actor, permission }: PermissionLevel,
  keys: ReadonlySet<string>,
  counted: Set<string>,
  depth: number,
): boolean {
  const row = getPermission(tables, actor, permission);
  if (row === undefined || depth >= getChainConfig(tables).max_authority_depth) return false;
  return satisfiesAuthority(tables, row.auth, keys, counted, depth + 1);
}

/** True when `declared` is `required` or one of its ancestors. */
export function satisfiesPermission(tables: Tables, account: string, declared: string, required: string): boolean {
  for (let name = required; name !== ""; ) {
    if (name === declared) return true;
    const row = getPermission(tables, account, name);
    if (row === undefined) return false;
    name = row.parent;
  }
  return false;
}

/** The permission that an action needs: the linked one, else `active`. */
export function requiredPermission(tables: Tables, actor: string, code: string, action: string): string {
  const link = (type: string) => tables.get<string>("link", `${actor}/${code}/${type}`);
  return link(action) ?? link("") ?? "active";
}
