/**
 * The state at block 1. By nodeos's rules that is `eosio` with the genesis key and nothing else; a test chain
 * may start *booted* instead, as if the boot procedure had already run: accounts, a token, a producer
 * schedule and, for Savanna, a finalizer policy. Both are part of the chain's id.
 */
import * as v from "valibot";
import { encodeAbi } from "../../../chain/abi/serializer.ts";
import { formatAsset, parseAsset } from "../../../chain/asset.ts";
import { encodeBlock } from "../../../chain/block/block.ts";
import { singleKey } from "../../../chain/block/schedule.ts";
import { chainIdOf, type Genesis, genesisBlock, genesisSchema } from "../../../chain/genesis.ts";
import { parseBls } from "../../../chain/keys/bls.ts";
import { formatPublicKey, parsePublicKey } from "../../../chain/keys/text.ts";
import { NO_SIGNATURE } from "../../../chain/p2p/messages.ts";
import type { BlockState, Consensus } from "../consensus/block-state.ts";
import { legacyGenesis } from "../consensus/legacy.ts";
import { tallyFor } from "../consensus/make-state.ts";
import { savannaStart } from "../consensus/savanna.ts";
import { codeHash, nativeCode } from "../contracts/contract.ts";
import { biosContract } from "../contracts/system.ts";
import { tokenContract } from "../contracts/token.ts";
import { putAccount } from "./accounts.ts";
import { keyAuthority, setPermission } from "./authority.ts";
import { setChainConfig } from "./chain-config.ts";
import { activateFeature, PROTOCOL_FEATURES } from "./protocol-features.ts";
import { actionContext } from "./run-action.ts";
import { Tables } from "./tables.ts";

const text = v.string();

/** The extra part of `genesis.json` that only the test chain reads. */
export const bootedSchema = v.object({
  producers: v.array(v.object({ name: text, key: text })),
  /** Empty for a legacy chain. */
  finalizers: v.array(v.object({ description: text, key: text })),
  threshold: v.number(),
  accounts: v.array(v.object({ name: text, key: text })),
  /** Balances of the token, e.g. `{alice: "1000.0000 EOS"}`. */
  balances: v.record(text, text),
});
export type Booted = v.InferOutput<typeof bootedSchema>;

export const testGenesisSchema = v.object({ ...genesisSchema.entries, booted: v.optional(bootedSchema) });
export type TestGenesis = Genesis & { booted?: Booted | undefined };

export interface ChainStart {
  chainId: string;
  tables: Tables;
  root: BlockState;
}

export function startFromGenesis(genesis: TestGenesis): ChainStart {
  const { booted } = genesis;
  const chainId = chainIdOf(genesis, booted === undefined ? undefined : Buffer.from(JSON.stringify(booted)));
  const { header, id } = genesisBlock(genesis, chainId);
  const key = canonical(genesis.initial_key);
  const tables = new Tables();
  setChainConfig(tables, genesis.initial_configuration);
  addAccount(tables, "eosio", key, header.slot, true);
  addAccount(tables, "eosio.null", key, header.slot, false);
  addAccount(tables, "eosio.prods", key, header.slot, false);
  let consensus: Consensus = legacyGenesis(id, key);
  if (booted !== undefined) consensus = boot(tables, booted, consensus, { chainId, slot: header.slot, key });
  const root: BlockState = {
    id,
    num: 1,
    slot: header.slot,
    previous: header.previous,
    header,
    block: undefined,
    raw: encodeBlock({ header, producerSignature: NO_SIGNATURE, receipts: [], extensions: [] }),
    consensus,
    tally: tallyFor(consensus),
    applied: true,
  };
  return { chainId, tables, root };
}

function boot(
  tables: Tables,
  booted: Booted,
  legacy: Extract<Consensus, { kind: "legacy" }>,
  at: { chainId: string; slot: number; key: string },
): Consensus {
  for (const { digest } of PROTOCOL_FEATURES) activateFeature(tables, digest, 1);
  install(tables, "eosio", biosContract, at.slot);
  addAccount(tables, "eosio.token", at.key, at.slot, false);
  install(tables, "eosio.token", tokenContract, at.slot);
  for (const { name, key } of booted.accounts) addAccount(tables, name, canonical(key), at.slot, false);
  fundAccounts(tables, booted.balances, at);
  const producers = booted.producers.map(({ name, key }) => ({ name, authority: singleKey(canonical(key)) }));
  const schedule = { version: 1, producers };
  if (booted.finalizers.length === 0) return { ...legacy, active: schedule, wtmsig: true };
  const finalizers = booted.finalizers.map(({ description, key }) => ({
    description,
    weight: 1n,
    publicKey: parseBls("PUB_BLS_", key).toString("hex"),
  }));
  return savannaStart({ num: 1, slot: at.slot }, schedule, {
    generation: 1,
    threshold: BigInt(booted.threshold),
    finalizers,
  });
}

function addAccount(tables: Tables, name: string, key: string, slot: number, privileged: boolean): void {
  putAccount(tables, name, {
    created: slot,
    privileged,
    contract: "",
    code: "",
    codeHash: "",
    abi: "",
    codeUpdated: 0,
  });
  setPermission(tables, name, "owner", { parent: "", auth: keyAuthority(key) });
  setPermission(tables, name, "active", { parent: "owner", auth: keyAuthority(key) });
}

function install(tables: Tables, account: string, contract: typeof tokenContract, slot: number): void {
  const code = nativeCode(contract.name);
  putAccount(tables, account, {
    created: slot,
    privileged: account === "eosio",
    contract: contract.name,
    code: code.toString("hex"),
    codeHash: codeHash(code),
    abi: encodeAbi(contract.abi).toString("hex"),
    codeUpdated: slot,
  });
}

/** Creates the token and gives each account its balance, through the token contract itself. */
function fundAccounts(tables: Tables, balances: Record<string, string>, at: { chainId: string; slot: number }): void {
  const [first] = Object.values(balances);
  if (first === undefined) return;
  const { symbol } = parseAsset(first);
  const block = { chainId: at.chainId, num: 1, slot: at.slot, tables, effects: {} };
  const run = (name: keyof typeof tokenContract.actions, actor: string, data: Record<string, string>) => {
    const action = {
      account: "eosio.token",
      name,
      authorization: [{ actor, permission: "active" }],
      data: Buffer.alloc(0),
    };
    tokenContract.actions[name]?.(
      actionContext(block, action, () => {}),
      data,
    );
  };
  const total = Object.values(balances).reduce((sum, balance) => sum + parseAsset(balance).amount, 0n);
  run("create", "eosio.token", { issuer: "eosio", maximum_supply: formatAsset({ amount: total * 1000n, symbol }) });
  run("issue", "eosio", { to: "eosio", quantity: formatAsset({ amount: total, symbol }), memo: "" });
  for (const [to, quantity] of Object.entries(balances))
    run("transfer", "eosio", { from: "eosio", to, quantity, memo: "" });
}

function canonical(key: string): string {
  return formatPublicKey(parsePublicKey(key));
}
