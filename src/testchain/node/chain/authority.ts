/** Accounts' permissions: authorities of keys and other permissions, and whether a set of keys satisfies one. */
import type { PermissionLevel } from "../../../chain/transaction.ts";
import { failure } from "../failure.ts";
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

/** Genesis's `max_authority_depth`. */
const MAX_AUTHORITY_DEPTH = 6;

export function keyAuthority(key: string): Authority {
  return { threshold: 1, keys: [{ key, weight: 1 }], accounts: [], waits: [] };
}

export function getPermission(tables: Tables, account: string, permission: string): PermissionRow | undefined {
  return tables.get<Row>("permission", `${account}/${permission}`) as PermissionRow | undefined;
}

export function setPermission(tables: Tables, account: string, permission: string, row: PermissionRow): void {
  tables.set("permission", `${account}/${permission}`, row as unknown as Row);
}

/** All permissions of an account, by name. */
export function permissionsOf(tables: Tables, account: string): [string, PermissionRow][] {
  const prefix = `${account}/`;
  return (tables.entries("permission") as unknown as [string, PermissionRow][])
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, row]): [string, PermissionRow] => [key.slice(prefix.length), row])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** True when the keys satisfy an authority, following permissions of other accounts. `used` collects the keys that counted. */
export function satisfiesAuthority(
  tables: Tables,
  auth: Authority,
  keys: ReadonlySet<string>,
  used: Set<string>,
  depth = 0,
): boolean {
  let weight = 0;
  for (const entry of auth.keys) {
    if (!keys.has(entry.key)) continue;
    used.add(entry.key);
    weight += entry.weight;
    if (weight >= auth.threshold) return true;
  }
  for (const entry of auth.accounts) {
    const row = getPermission(tables, entry.permission.actor, entry.permission.permission);
    if (row === undefined || depth >= MAX_AUTHORITY_DEPTH) continue;
    if (satisfiesAuthority(tables, row.auth, keys, used, depth + 1)) weight += entry.weight;
    if (weight >= auth.threshold) return true;
  }
  return false;
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

/** Throws unless the keys that signed satisfy every declared authorization, and every key was needed. */
export function checkAuthorization(
  tables: Tables,
  actions: readonly { account: string; name: string; authorization: PermissionLevel[] }[],
  keys: ReadonlySet<string>,
): void {
  const used = new Set<string>();
  for (const action of actions) {
    for (const level of action.authorization) {
      checkLevel(tables, action, level);
      const row = getPermission(tables, level.actor, level.permission);
      if (row === undefined || !satisfiesAuthority(tables, row.auth, keys, used)) {
        const provided = JSON.stringify([...keys]);
        throw failure(
          "unsatisfied_authorization",
          `transaction declares authority '${JSON.stringify(level)}', but does not have signatures for it under a ` +
            `provided delay of 0 ms, provided permissions [], provided keys ${provided}, and a delay max limit of 3888000000 ms`,
          "authorization_manager.cpp:check_authorization",
        );
      }
    }
  }
  const irrelevant = [...keys].filter((key) => !used.has(key));
  if (irrelevant.length > 0) {
    throw failure(
      "tx_irrelevant_sig",
      `transaction bears irrelevant signatures from these keys: ${JSON.stringify(irrelevant)}`,
      "authorization_manager.cpp:check_authorization",
    );
  }
}

function checkLevel(tables: Tables, action: { account: string; name: string }, level: PermissionLevel): void {
  if (getPermission(tables, level.actor, level.permission) === undefined) {
    throw failure(
      "transaction_exception",
      tables.get("account", level.actor) === undefined
        ? `action's authorizing actor '${level.actor}' does not exist`
        : `action's authorizations include a non-existent permission: ${JSON.stringify(level)}`,
      "transaction_context.cpp:validate_referenced_accounts",
    );
  }
  const required = requiredPermission(tables, level.actor, action.account, action.name);
  if (!satisfiesPermission(tables, level.actor, level.permission, required)) {
    throw failure(
      "irrelevant_auth_exception",
      `action declares irrelevant authority '${JSON.stringify(level)}'; minimum authority is ` +
        JSON.stringify({ actor: level.actor, permission: required }),
      "authorization_manager.cpp:check_authorization",
    );
  }
}
