/** The actions that nodeos itself handles when `eosio` receives them: accounts, permissions, code. */
import { decodeAbi } from "../../../chain/abi/serializer.ts";
import { isName } from "../../../chain/name.ts";
import { getAccount, putAccount } from "../chain/accounts.ts";
import {
  type Authority,
  CODE_PERMISSION,
  getPermission,
  isValidAuthority,
  removePermission,
  setPermission,
} from "../chain/authority.ts";
import { failure } from "../failure.ts";
import type { FailureKind } from "../failure-kinds.ts";
import { type ActionContext, type ActionData, codeHash, type NativeContract, nativeContractOf } from "./contract.ts";

const AUTHORITY_STRUCTS = {
  permission_level: "actor:name permission:name",
  key_weight: "key:public_key weight:uint16",
  permission_level_weight: "permission:permission_level weight:uint16",
  wait_weight: "wait_sec:uint32 weight:uint16",
  authority: "threshold:uint32 keys:key_weight[] accounts:permission_level_weight[] waits:wait_weight[]",
};

const ACTION_STRUCTS = {
  newaccount: "creator:name name:name owner:authority active:authority",
  setcode: "account:name vmtype:uint8 vmversion:uint8 code:bytes",
  setabi: "account:name abi:bytes",
  updateauth: "account:name permission:name parent:name auth:authority",
  deleteauth: "account:name permission:name",
  linkauth: "account:name code:name type:name requirement:name",
  unlinkauth: "account:name code:name type:name",
};

/** For the ABI of the contract on `eosio`. */
export const NATIVE_STRUCTS = { ...AUTHORITY_STRUCTS, ...ACTION_STRUCTS };
export const NATIVE_ACTION_NAMES = Object.keys(ACTION_STRUCTS);

const name = (data: ActionData, field: string) => String(data[field]);

/** Throws the failure unless the condition holds; `action` is whose rule it is. */
function require(condition: boolean, action: string, message: string, kind: FailureKind = "action_validate_exception") {
  if (!condition) throw failure(kind, message, `eosio_contract.cpp:apply_eosio_${action}`);
}

function newaccount(context: ActionContext, data: ActionData): void {
  const account = name(data, "name");
  const creator = name(data, "creator");
  context.requireAuth(creator);
  const well = (ok: boolean, message: string) => require(ok, "newaccount", message);
  well(account !== "" && isName(account), "account name cannot be empty");
  well(account.length <= 12, "account names can only be 12 chars long");
  const privileged = getAccount(context.tables, creator)?.privileged === true;
  const reserved = account.startsWith("eosio.");
  well(!reserved || privileged, "only privileged accounts can have names that start with 'eosio.'");
  const taken = `Cannot create account named ${account}, as that name is already taken`;
  require(getAccount(context.tables, account) === undefined, "newaccount", taken, "account_name_exists_exception");
  putAccount(context.tables, account, {
    created: context.slot,
    privileged: false,
    contract: "",
    codeHash: "",
    code: "",
    abi: "",
    codeUpdated: 0,
  });
  const owner = authority(context, data.owner, "newaccount", "owner ");
  const active = authority(context, data.active, "newaccount", "active ");
  setPermission(context.tables, account, "owner", { parent: "", auth: owner });
  setPermission(context.tables, account, "active", { parent: "owner", auth: active });
}

/** An authority that may be stored: well-formed, and what it refers to exists. */
function authority(context: ActionContext, given: unknown, action: string, what = ""): Authority {
  const auth = given as Authority;
  require(isValidAuthority(auth), action, `Invalid ${what}authority: ${JSON.stringify(auth)}`);
  for (const { permission } of auth.accounts) {
    require(getAccount(context.tables, permission.actor) !==
      undefined, action, `account '${permission.actor}' does not exist`);
    const known =
      permission.permission === CODE_PERMISSION ||
      getPermission(context.tables, permission.actor, permission.permission) !== undefined;
    require(known, action, `permission '${JSON.stringify(permission)}' does not exist`);
  }
  return auth;
}

function setcode(context: ActionContext, data: ActionData): void {
  const account = name(data, "account");
  context.requireAuth(account);
  const code = Buffer.from(String(data.code), "hex");
  const contract = code.length === 0 ? "" : nativeContractOf(code);
  const row = requireAccount(context, account);
  const hash = code.length === 0 ? "" : codeHash(code);
  require(hash !== row.codeHash, "setcode", "contract is already running this version of code", "set_exact_code");
  if (contract === undefined) {
    const message = "the test chain runs its built-in contracts only, not WebAssembly";
    throw failure("wasm_exception", message, "eosio_contract.cpp:apply_eosio_setcode");
  }
  putAccount(context.tables, account, {
    ...row,
    contract,
    codeHash: hash,
    code: code.toString("hex"),
    codeUpdated: context.slot,
  });
}

function setabi(context: ActionContext, data: ActionData): void {
  const account = name(data, "account");
  context.requireAuth(account);
  const abi = String(data.abi);
  if (abi !== "") decodeAbi(Buffer.from(abi, "hex"));
  putAccount(context.tables, account, { ...requireAccount(context, account), abi });
}

function updateauth(context: ActionContext, data: ActionData): void {
  const account = name(data, "account");
  const permission = name(data, "permission");
  const parent = name(data, "parent");
  context.requireAuth(account);
  const well = (ok: boolean, message: string) => require(ok, "updateauth", message);
  well(permission !== "", "Cannot create authority with empty name");
  well(!permission.startsWith("eosio."), "Permission names that start with 'eosio.' are reserved");
  well(permission !== parent, "Cannot set an authority as its own parent");
  well(getAccount(context.tables, account) !== undefined, `unable to retrieve account info for ${account}`);
  const auth = authority(context, data.auth, "updateauth");
  if (permission === "owner") well(parent === "", "Cannot change owner authority's parent");
  else well(parent !== "", "Only owner can have no parent");
  if (permission === "active") well(parent === "owner", "Cannot change active authority's parent from owner");
  if (parent !== "") {
    const known = getPermission(context.tables, account, parent) !== undefined;
    well(known, `Failed to retrieve permission: ${JSON.stringify({ actor: account, permission: parent })}`);
  }
  setPermission(context.tables, account, permission, { parent, auth });
}

function deleteauth(context: ActionContext, data: ActionData): void {
  const account = name(data, "account");
  const permission = name(data, "permission");
  context.requireAuth(account);
  const well = (ok: boolean, message: string) => require(ok, "deleteauth", message);
  well(permission !== "active", "Cannot delete active authority");
  well(permission !== "owner", "Cannot delete owner authority");
  const links = context.tables.entries<string>("link").filter(([key]) => key.startsWith(`${account}/`));
  const linked = links.some(([, requirement]) => requirement === permission);
  well(!linked, `Cannot delete a linked authority. Unlink the authority first.`);
  removePermission(context.tables, account, permission);
}

function linkauth(context: ActionContext, data: ActionData): void {
  const account = name(data, "account");
  const code = name(data, "code");
  const requirement = name(data, "requirement");
  context.requireAuth(account);
  const well = (ok: boolean, message: string) => require(ok, "linkauth", message);
  well(requirement !== "", "Required permission cannot be empty");
  well(getAccount(context.tables, code) !== undefined, `Failed to retrieve code for account: ${code}`);
  const known = requirement === "eosio.any" || getPermission(context.tables, account, requirement) !== undefined;
  well(known, `Failed to retrieve permission: ${requirement}`);
  const key = `${account}/${code}/${name(data, "type")}`;
  well(
    context.tables.get("link", key) !== requirement,
    "Attempting to update required authority, but new requirement is same as old",
  );
  context.tables.set("link", key, requirement);
}

function unlinkauth(context: ActionContext, data: ActionData): void {
  context.requireAuth(name(data, "account"));
  const key = `${name(data, "account")}/${name(data, "code")}/${name(data, "type")}`;
  require(context.tables.get("link", key) !==
    undefined, "unlinkauth", "Attempting to unlink authority, but no link found");
  context.tables.delete("link", key);
}

function requireAccount(context: ActionContext, account: string) {
  const row = getAccount(context.tables, account);
  if (row === undefined) {
    throw failure("account_query_exception", `no account ${account}`, "eosio_contract.cpp:get_account");
  }
  return row;
}

/** With or without a contract on `eosio`. */
export const NATIVE_ACTIONS: NativeContract["actions"] = {
  newaccount,
  setcode,
  setabi,
  updateauth,
  deleteauth,
  linkauth,
  unlinkauth,
};
