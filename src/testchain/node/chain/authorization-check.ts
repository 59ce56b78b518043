/** Whether a transaction's signatures cover what its actions declare; nodeos's `check_authorization`. */
import type { Action, PermissionLevel } from "../../../chain/transaction.ts";
import type { ActionData } from "../contracts/contract.ts";
import { nativeSerializer } from "../contracts/system.ts";
import { failure } from "../failure.ts";
import { getPermission, requiredPermission, satisfiesAuthority, satisfiesPermission } from "./authority.ts";
import { getChainConfig } from "./chain-config.ts";
import type { Tables } from "./tables.ts";

/** Throws unless the keys that signed satisfy every declared authorization, and every key was needed. */
export function checkAuthorization(tables: Tables, actions: readonly Action[], keys: ReadonlySet<string>): void {
  const used = new Set<string>();
  for (const action of actions) {
    for (const level of action.authorization) {
      checkLevel(tables, action, level);
      requireKeys(tables, level, keys, used);
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

/** Throws `unsatisfied_authorization` unless the keys satisfy a permission; `used` collects those that counted. */
export function requireKeys(
  tables: Tables,
  level: PermissionLevel,
  keys: ReadonlySet<string>,
  used: Set<string>,
): void {
  const row = getPermission(tables, level.actor, level.permission);
  if (row !== undefined && satisfiesAuthority(tables, row.auth, keys, used)) return;
  const provided = JSON.stringify([...keys]);
  const maxDelayMs = getChainConfig(tables).max_transaction_delay * 1000;
  throw failure(
    "unsatisfied_authorization",
    `transaction declares authority '${JSON.stringify(level)}', but does not have signatures for it under a ` +
      `provided delay of 0 ms, provided permissions [], provided keys ${provided}, and a delay max limit of ${maxDelayMs} ms`,
    "authorization_manager.cpp:566:check_authorization",
  );
}

/** The permission must exist and be the one the action is linked to, or above it. */
function checkLevel(tables: Tables, action: Action, level: PermissionLevel): void {
  if (getPermission(tables, level.actor, level.permission) === undefined) {
    throw failure(
      "transaction_exception",
      tables.get("account", level.actor) === undefined
        ? `action's authorizing actor '${level.actor}' does not exist`
        : `action's authorizations include a non-existent permission: ${JSON.stringify(level)}`,
      "transaction_context.cpp:validate_referenced_accounts",
    );
  }
  const required = minimumPermission(tables, action, level);
  if (!satisfiesPermission(tables, level.actor, level.permission, required)) {
    throw failure(
      "irrelevant_auth_exception",
      `action declares irrelevant authority '${JSON.stringify(level)}'; minimum authority is ` +
        JSON.stringify({ actor: level.actor, permission: required }),
      "authorization_manager.cpp:check_authorization",
    );
  }
}

/** Changes of permissions need the permission that is changed, whatever is linked; all else what it is linked to. */
function minimumPermission(tables: Tables, action: Action, { actor }: PermissionLevel): string {
  const { account, name } = action;
  if (account !== "eosio" || !["updateauth", "deleteauth", "linkauth", "unlinkauth"].includes(name)) {
    return requiredPermission(tables, actor, account, name);
  }
  const data = nativeSerializer.decode(name, action.data) as ActionData;
  if (action.authorization.length !== 1 || data.account !== actor) {
    throw failure(
      "irrelevant_auth_exception",
      action.authorization.length === 1
        ? "the owner of the affected permission needs to be the actor of the declared authorization"
        : `${name} action should only have one declared authorization`,
      `authorization_manager.cpp:check_${name}_authorization`,
    );
  }
  const permission = String(data.permission);
  if (name === "deleteauth") return permission;
  if (name === "updateauth") return getPermission(tables, actor, permission) ? permission : String(data.parent);
  return requiredPermission(tables, actor, String(data.code), String(data.type));
}
