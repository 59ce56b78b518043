/** The contracts of the system account `eosio`: boot (protocol features) and bios (producers, finalizers). */
import { makeAbi } from "../../../chain/abi/definition.ts";
import { AbiSerializer } from "../../../chain/abi/serializer.ts";
import type { ScheduledProducer, SigningAuthority } from "../../../chain/block/schedule.ts";
import { parseBls } from "../../../chain/keys/bls.ts";
import { getAccount, putAccount } from "../chain/accounts.ts";
import { contractAssert } from "./assert.ts";
import type { ActionContext, ActionData, NativeContract } from "./contract.ts";
import { NATIVE_ACTION_NAMES, NATIVE_STRUCTS } from "./native-actions.ts";

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
  structs: { ...NATIVE_STRUCTS, ...BOOT_STRUCTS },
  actions: [...NATIVE_ACTION_NAMES, ...Object.keys(BOOT_STRUCTS)],
});

const biosAbi = makeAbi({
  structs: { ...NATIVE_STRUCTS, ...BOOT_STRUCTS, ...BIOS_STRUCTS },
  actions: [...NATIVE_ACTION_NAMES, ...Object.keys(BOOT_STRUCTS), "setprods", "setfinalizer", "setpriv"],
  types: { block_signing_authority: "variant_block_signing_authority_v0" },
  variants: { variant_block_signing_authority_v0: ["block_signing_authority_v0"] },
});

/** Reads the data of the actions that are built into nodeos. */
export const nativeSerializer = new AbiSerializer(bootAbi);

const name = (data: ActionData, field: string) => String(data[field]);

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
  const row = getAccount(context.tables, account);
  contractAssert(row !== undefined, "account does not exist");
  putAccount(context.tables, account, { ...row, privileged: data.is_priv === 1 });
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
