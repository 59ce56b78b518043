/**
 * The system account `eosio`: the actions built into nodeos itself (accounts, permissions, code) and the
 * boot and bios contracts (protocol features, producers, finalizers).
 */
import { makeAbi } from "../../../chain/abi/definition.ts";
import { AbiSerializer, decodeAbi } from "../../../chain/abi/serializer.ts";
import type { ScheduledProducer, SigningAuthority } from "../../../chain/block/schedule.ts";
import { parseBls } from "../../../chain/keys/bls.ts";
import { isName } from "../../../chain/name.ts";
import { getAccount, putAccount } from "../chain/accounts.ts";
import { type Authority, getPermission, setPermission } from "../chain/authority.ts";
import { failure } from "../failure.ts";
import { contractAssert } from "./assert.ts";
import { type ActionContext, type ActionData, codeHash, type NativeContract, nativeContractOf } from "./contract.ts";

const AUTHORITY_STRUCTS = {
  permission_level: "actor:name permission:name",
  key_weight: "key:public_key weight:uint16",
  permission_level_weight: "permission:permission_level weight:uint16",
  wait_weight: "wait_sec:uint32 weight:uint16",
  authority: "threshold:uint32 keys:key_weight[] accounts:permission_level_weight[] waits:wait_weight[]",
};

const NATIVE_STRUCTS = {
  newaccount: "creator:name name:name owner:authority active:authority",
  setcode: "account:name vmtype:uint8 vmversion:uint8 code:bytes",
  setabi: "account:name abi:bytes",
  updateauth: "account:name permission:name parent:name auth:authority",
  deleteauth: "account:name permission:name",
  linkauth: "account:name code:name type:name requirement:name",
  unlinkauth: "account:name code:name type:name",
};

const BOOT_STRUCTS = {
  activate: "feature_digest:checksum256",
  reqactivated: "feature_digest:checksum256",
  reqauth: "from:name",
};

const BIOS_STRUCTS = {
  block_signing_authority_v0: "threshold:uint32 keys:key_weight[]",
  producer_authority: "producer_name:name authority:block_signing_authority",
  setprods: "schedule:producer_authority[]",
  finalizer_authority: "description:string weight:uint64 public_key:string pop:string",
  finalizer_policy: "threshold:uint64 finalizers:finalizer_authority[]",
  setfinalizer: "finalizer_policy:finalizer_policy",
  setpriv: "account:name is_priv:uint8",
};

const bootAbi = makeAbi({
  structs: { ...AUTHORITY_STRUCTS, ...NATIVE_STRUCTS, ...BOOT_STRUCTS },
  actions: [...Object.keys(NATIVE_STRUCTS), ...Object.keys(BOOT_STRUCTS)],
});

const biosAbi = makeAbi({
  structs: { ...AUTHORITY_STRUCTS, ...NATIVE_STRUCTS, ...BOOT_STRUCTS, ...BIOS_STRUCTS },
  actions: [...Object.keys(NATIVE_STRUCTS), ...Object.keys(BOOT_STRUCTS), "setprods", "setfinalizer", "setpriv"],
  types: { block_signing_authority: "variant_block_signing_authority_v0" },
  variants: { variant_block_signing_authority_v0: ["block_signing_authority_v0"] },
});

/** Reads the data of the actions that are built into nodeos. */
export const nativeSerializer = new AbiSerializer(bootAbi);

const name = (data: ActionData, field: string) => String(data[field]);

function newaccount(context: ActionContext, data: ActionData): void {
  const account = name(data, "name");
  context.requireAuth(name(data, "creator"));
  if (account === "" || !isName(account) || account.length > 12) {
    throw failure(
      "action_validate_exception",
      "account name cannot be empty or over 12 characters",
      "eosio_contract.cpp:apply_eosio_newaccount",
    );
  }
  if (getAccount(context.tables, account) !== undefined) {
    throw failure(
      "account_name_exists_exception",
      `Cannot create account named ${account}, as that name is already taken`,
      "eosio_contract.cpp:apply_eosio_newaccount",
    );
  }
  putAccount(context.tables, account, {
    created: context.slot,
    privileged: false,
    contract: "",
    codeHash: "",
    code: "",
    abi: "",
    codeUpdated: 0,
  });
  setPermission(context.tables, account, "owner", { parent: "", auth: data.owner as unknown as Authority });
  setPermission(context.tables, account, "active", { parent: "owner", auth: data.active as unknown as Authority });
}

function setcode(context: ActionContext, data: ActionData): void {
  const account = name(data, "account");
  context.requireAuth(account);
  const code = Buffer.from(String(data.code), "hex");
  const contract = code.length === 0 ? "" : nativeContractOf(code);
  if (contract === undefined) {
    throw failure(
      "wasm_exception",
      "the test chain runs its built-in contracts only, not WebAssembly",
      "eosio_contract.cpp:apply_eosio_setcode",
    );
  }
  const row = requireAccount(context, account);
  const hash = code.length === 0 ? "" : codeHash(code);
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
  context.requireAuth(account);
  const parent = permission === "owner" ? "" : name(data, "parent");
  if (parent !== "" && getPermission(context.tables, account, parent) === undefined) {
    throw failure(
      "action_validate_exception",
      `no permission ${parent} of ${account}`,
      "eosio_contract.cpp:apply_eosio_updateauth",
    );
  }
  setPermission(context.tables, account, permission, { parent, auth: data.auth as unknown as Authority });
}

function deleteauth(context: ActionContext, data: ActionData): void {
  context.requireAuth(name(data, "account"));
  context.tables.delete("permission", `${name(data, "account")}/${name(data, "permission")}`);
}

function linkauth(context: ActionContext, data: ActionData): void {
  context.requireAuth(name(data, "account"));
  context.tables.set(
    "link",
    `${name(data, "account")}/${name(data, "code")}/${name(data, "type")}`,
    name(data, "requirement"),
  );
}

function unlinkauth(context: ActionContext, data: ActionData): void {
  context.requireAuth(name(data, "account"));
  context.tables.delete("link", `${name(data, "account")}/${name(data, "code")}/${name(data, "type")}`);
}

function requireAccount(context: ActionContext, account: string) {
  const row = getAccount(context.tables, account);
  if (row === undefined) {
    throw failure("action_validate_exception", `no account ${account}`, "eosio_contract.cpp:get_account");
  }
  return row;
}

/** Handled by nodeos itself when `eosio` receives them, with or without a contract. */
export const NATIVE_ACTIONS: NativeContract["actions"] = {
  newaccount,
  setcode,
  setabi,
  updateauth,
  deleteauth,
  linkauth,
  unlinkauth,
};

function activate(context: ActionContext, data: ActionData): void {
  context.requireAuth("eosio");
  context.preactivateFeature(String(data.feature_digest));
}

function reqactivated(context: ActionContext, data: ActionData): void {
  const digest = String(data.feature_digest);
  contractAssert(context.tables.get("feature", digest) !== undefined, "protocol feature is not activated");
}

function reqauth(context: ActionContext, data: ActionData): void {
  context.requireAuth(name(data, "from"));
}

function setprods(context: ActionContext, data: ActionData): void {
  context.requireAuth("eosio");
  const given = data.schedule as unknown as { producer_name: string; authority: [string, SigningAuthority] }[];
  const producers: ScheduledProducer[] = given.map((entry) => ({
    name: entry.producer_name,
    authority: entry.authority[1],
  }));
  contractAssert(producers.length > 0, "producer schedule cannot be empty");
  for (const producer of producers) {
    contractAssert(
      getAccount(context.tables, producer.name) !== undefined,
      "producer schedule includes a nonexisting account",
    );
  }
  contractAssert(
    new Set(producers.map((p) => p.name)).size === producers.length,
    "duplicate producer name in producer schedule",
  );
  context.proposeSchedule(producers);
}

function setfinalizer(context: ActionContext, data: ActionData): void {
  context.requireAuth("eosio");
  const policy = data.finalizer_policy as unknown as {
    threshold: number | string;
    finalizers: { description: string; weight: number | string; public_key: string }[];
  };
  const finalizers = policy.finalizers.map((finalizer) => ({
    description: finalizer.description,
    weight: BigInt(finalizer.weight),
    publicKey: parseBls("PUB_BLS_", finalizer.public_key).toString("hex"),
  }));
  const total = finalizers.reduce((sum, { weight }) => sum + weight, 0n);
  const threshold = BigInt(policy.threshold);
  contractAssert(finalizers.length > 0, "require at least one finalizer");
  contractAssert(
    threshold > total / 2n,
    "finalizer policy threshold must be greater than half of the sum of the weights",
  );
  contractAssert(threshold <= total, "finalizer policy threshold must be less than or equal to the sum of the weights");
  context.proposeFinalizers({ threshold, finalizers });
}

function setpriv(context: ActionContext, data: ActionData): void {
  context.requireAuth("eosio");
  const account = name(data, "account");
  putAccount(context.tables, account, { ...requireAccount(context, account), privileged: data.is_priv === 1 });
}

export const bootContract: NativeContract = {
  name: "eosio.boot",
  abi: bootAbi,
  actions: { activate, reqactivated, reqauth },
};

export const biosContract: NativeContract = {
  name: "eosio.bios",
  abi: biosAbi,
  actions: { ...bootContract.actions, setprods, setfinalizer, setpriv },
};
