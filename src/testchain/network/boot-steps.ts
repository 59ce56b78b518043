/** What booting a chain consists of, step by step; boot.ts runs them. */
import type { Json } from "../../chain/abi/builtin.ts";
import { AbiSerializer, encodeAbi } from "../../chain/abi/serializer.ts";
import { formatAsset, parseAsset } from "../../chain/asset.ts";
import { sha256 } from "../../chain/hash.ts";
import type { NodeClient } from "../../chain/http/client.ts";
import {
  getActivatedProtocolFeatures,
  getFinalizerInfo,
  getInfo,
  getProducerSchedule,
  getSupportedProtocolFeatures,
  scheduleProtocolFeatures,
} from "../../chain/http/endpoints.ts";
import { isNodeosError, NODEOS } from "../../chain/http/errors.ts";
import { getAccount, getCodeHash, getCurrencyBalance } from "../../chain/http/state-endpoints.ts";
import type { Action } from "../../chain/transaction.ts";
import { Problem } from "../../kit/problem.ts";
import { nativeSerializer } from "../node/contracts/system.ts";
import type { Contract, Contracts } from "./contracts.ts";
import type { FinalizerKey, KeyPair } from "./keys.ts";
import type { Transactor } from "./transact.ts";

/** What the chain shall have when it is booted. */
export interface BootPlan {
  /** Without them only the accounts are made. */
  contracts: Contracts | undefined;
  /** Accounts with their public keys: producers and others. */
  accounts: readonly { name: string; key: string }[];
  /** The schedule, in its order. */
  producers: readonly { name: string; key: string }[];
  /** None: the chain stays under legacy consensus. */
  finalizers: readonly { description: string; key: FinalizerKey }[];
  /** What each of these accounts gets of the token, e.g. `1000.0000 EOS`. */
  balances: Readonly<Record<string, string>>;
  /** Of `eosio`, and of the token's account. */
  systemKey: KeyPair;
  privateKeyOf(account: string): string;
}

/** One thing that booting does. */
export interface BootStep {
  /** In plain words, for whoever waits: “activate 22 protocol features”. */
  title: string;
  done(): Promise<boolean>;
  act(): Promise<void>;
}

type FullPlan = BootPlan & { contracts: Contracts };

const TOKEN = "eosio.token";
/** Newly made accounts in one transaction. */
const BATCH = 10;
/** So many times what is handed out may ever be issued. */
const SUPPLY_FACTOR = 1000n;

export function bootSteps(client: NodeClient, plan: BootPlan, transactor: Transactor): BootStep[] {
  const { contracts } = plan;
  if (contracts === undefined) return [firstBlocks(client), newAccounts(client, transactor, plan.accounts)];
  const full = { ...plan, contracts };
  const accounts = [{ name: TOKEN, key: plan.systemKey.publicKey }, ...plan.accounts];
  return [
    firstBlocks(client),
    preactivation(client),
    installation(client, transactor, "eosio", contracts.boot, [contracts.bios]),
    features(client, transactor, contracts),
    installation(client, transactor, "eosio", contracts.bios),
    newAccounts(client, transactor, accounts),
    installation(client, transactor, TOKEN, contracts.token),
    issue(client, transactor, full),
    ...(plan.finalizers.length === 0 ? [] : [finality(client, transactor, full)]),
    ...(plan.producers.length === 0 ? [] : [schedule(client, transactor, full)]),
  ];
}

/** Votes that finality takes: enough to lose one of three, and more than two thirds of many. */
export function finalityThreshold(finalizers: number): number {
  return finalizers <= 3 ? Math.floor(finalizers / 2) + 1 : Math.floor((finalizers * 2) / 3) + 1;
}

function action(account: string, name: string, actor: string, data: Buffer): Action {
  return { account, name, authorization: [{ actor, permission: "active" }], data };
}

/** An action that nodeos itself carries out. */
function native(name: string, actor: string, data: Json): Action {
  return action("eosio", name, actor, nativeSerializer.encodeAction(name, data));
}

/** An action of a contract, which `account` runs. */
function contractAction(contract: Contract, account: string, name: string, actor: string, data: Json): Action {
  return action(account, name, actor, new AbiSerializer(contract.abi).encodeAction(name, data));
}

function firstBlocks(client: NodeClient): BootStep {
  return {
    title: "wait for the first blocks",
    done: async () => (await client.call(getInfo)).head_block_num >= 3,
    act: async () => {},
  };
}

interface Feature {
  digest: string;
  codename: string;
}

/** All features of this nodeos, each behind those it depends on. */
async function supportedFeatures(client: NodeClient): Promise<Feature[]> {
  const answer = await client.call(getSupportedProtocolFeatures, {
    exclude_disabled: true,
    exclude_unactivatable: true,
  });
  const byDigest = new Map(answer.map((feature) => [feature.feature_digest, feature]));
  const ordered = new Map<string, Feature>();
  const add = (digest: string): void => {
    const feature = byDigest.get(digest);
    if (feature === undefined || ordered.has(digest)) return;
    for (const dependency of feature.dependencies) add(dependency);
    const codename = feature.specification.find(({ name }) => name === "builtin_feature_codename")?.value ?? digest;
    ordered.set(digest, { digest, codename });
  };
  for (const digest of byDigest.keys()) add(digest);
  return [...ordered.values()];
}

async function missingFeatures(client: NodeClient): Promise<Feature[]> {
  const active = await client.call(getActivatedProtocolFeatures, { limit: 1000 });
  const digests = new Set(active.activated_protocol_features.map(({ feature_digest }) => feature_digest));
  return (await supportedFeatures(client)).filter(({ digest }) => !digests.has(digest));
}

const PREACTIVATE = "PREACTIVATE_FEATURE";

function preactivation(client: NodeClient): BootStep {
  const missing = async () => (await missingFeatures(client)).find(({ codename }) => codename === PREACTIVATE);
  return {
    title: "let contracts ask for protocol features",
    done: async () => (await missing()) === undefined,
    async act() {
      const feature = await missing();
      if (feature === undefined) return;
      await client.call(scheduleProtocolFeatures, { protocol_features_to_activate: [feature.digest] });
    },
  };
}

function features(client: NodeClient, transactor: Transactor, { boot }: Contracts): BootStep {
  return {
    title: "activate all protocol features",
    done: async () => (await missingFeatures(client)).length === 0,
    async act() {
      for (const { digest, codename } of await missingFeatures(client)) {
        try {
          await transactor.send([contractAction(boot, "eosio", "activate", "eosio", { feature_digest: digest })]);
        } catch (cause) {
          if (!isNodeosError(cause)) throw cause;
          throw new Problem({ code: "TESTCHAIN_BOOT_FAILED", message: `${codename}: ${cause.message}`, cause });
        }
      }
    },
  };
}

async function codeHash(client: NodeClient, account: string): Promise<string> {
  return (await client.call(getCodeHash, { account_name: account })).code_hash;
}

/** Code and ABI at once, so that neither is ever read with the other's predecessor. */
function installation(
  client: NodeClient,
  transactor: Transactor,
  account: string,
  contract: Contract,
  successors: readonly Contract[] = [],
): BootStep {
  const accepted = [contract, ...successors].map(({ code }) => sha256(code).toString("hex"));
  return {
    title: `install ${contract.name}`,
    done: async () => accepted.includes(await codeHash(client, account)),
    async act() {
      const abi = encodeAbi(contract.abi).toString("hex");
      await transactor.send([
        native("setcode", account, { account, vmtype: 0, vmversion: 0, code: contract.code.toString("hex") }),
        native("setabi", account, { account, abi }),
      ]);
    },
  };
}

function newAccounts(client: NodeClient, transactor: Transactor, accounts: BootPlan["accounts"]): BootStep {
  const missing = async () => {
    const lacking = [];
    for (const account of accounts) if (!(await exists(client, account.name))) lacking.push(account);
    return lacking;
  };
  return {
    title: `create ${accounts.length} accounts`,
    done: async () => (await missing()).length === 0,
    async act() {
      const lacking = await missing();
      for (let i = 0; i < lacking.length; i += BATCH) {
        await transactor.send(lacking.slice(i, i + BATCH).map(({ name, key }) => newAccount(name, key)));
      }
    },
  };
}

/** An account of one key, made by `eosio`; needs no contract. */
export function newAccount(name: string, key: string): Action {
  const authority = { threshold: 1, keys: [{ key, weight: 1 }], accounts: [], waits: [] };
  return native("newaccount", "eosio", { creator: "eosio", name, owner: authority, active: authority });
}

async function exists(client: NodeClient, account: string): Promise<boolean> {
  try {
    await client.call(getAccount, { account_name: account });
    return true;
  } catch (thrown) {
    if (isNodeosError(thrown, NODEOS.accountQuery)) return false;
    throw thrown;
  }
}

function issue(client: NodeClient, transactor: Transactor, { contracts, balances }: FullPlan): BootStep {
  const wanted = Object.entries(balances).map(([account, text]) => ({ account, asset: parseAsset(text) }));
  const [first] = wanted;
  return {
    title: "issue the token",
    async done() {
      for (const { account } of wanted) {
        const held = await client.call(getCurrencyBalance, { code: TOKEN, account });
        if (held.length === 0) return false;
      }
      return true;
    },
    async act() {
      if (first === undefined) return;
      const amount = wanted.reduce((sum, { asset }) => sum + asset.amount, 0n);
      const of = (share: bigint) => formatAsset({ amount: share, symbol: first.asset.symbol });
      const run = (name: string, actor: string, data: Json) =>
        contractAction(contracts.token, TOKEN, name, actor, data);
      await transactor.send([
        run("create", TOKEN, { issuer: "eosio", maximum_supply: of(amount * SUPPLY_FACTOR) }),
        run("issue", "eosio", { to: "eosio", quantity: of(amount), memo: "" }),
        ...wanted.map(({ account, asset }) =>
          run("transfer", "eosio", { from: "eosio", to: account, quantity: of(asset.amount), memo: "" }),
        ),
      ]);
    },
  };
}

function finality(client: NodeClient, transactor: Transactor, { contracts, finalizers }: FullPlan): BootStep {
  return {
    title: `hand finality to ${finalizers.length} finalizers`,
    async done() {
      const { active_finalizer_policy } = await client.call(getFinalizerInfo);
      return active_finalizer_policy !== null;
    },
    async act() {
      const policy = {
        threshold: finalityThreshold(finalizers.length),
        finalizers: finalizers.map(({ description, key }) => ({
          description,
          weight: 1,
          public_key: key.publicKey,
          pop: key.proof,
        })),
      };
      await transactor.send([
        contractAction(contracts.bios, "eosio", "setfinalizer", "eosio", { finalizer_policy: policy }),
      ]);
    },
  };
}

function schedule(client: NodeClient, transactor: Transactor, { contracts, producers }: FullPlan): BootStep {
  const names = producers.map(({ name }) => name).join();
  return {
    title: `put ${producers.length} producers on the schedule, which takes two rounds`,
    async done() {
      const { active } = await client.call(getProducerSchedule);
      if (active.producers.map(({ producer_name }) => producer_name).join() !== names) return false;
      return (await client.call(getInfo)).head_block_producer !== "eosio";
    },
    async act() {
      const entries = producers.map(({ name, key }) => ({
        producer_name: name,
        authority: ["block_signing_authority_v0", { threshold: 1, keys: [{ key, weight: 1 }] }],
      }));
      await transactor.send([contractAction(contracts.bios, "eosio", "setprods", "eosio", { schedule: entries })]);
    },
  };
}
