/** A booted chain inside the test's own process: blocks are made when a test says so, in whatever slots it says. */
import type { Json } from "../../src/chain/abi/builtin.ts";
import { AbiSerializer } from "../../src/chain/abi/serializer.ts";
import { refBlockPrefix } from "../../src/chain/block/header.ts";
import { makeGenesis } from "../../src/chain/genesis.ts";
import { sha256 } from "../../src/chain/hash.ts";
import { formatBls } from "../../src/chain/keys/bls.ts";
import { PrivateKey } from "../../src/chain/keys/k1.ts";
import { formatPrivateKey } from "../../src/chain/keys/text.ts";
import { producerAt, slotOf, timeOf } from "../../src/chain/time.ts";
import { type Action, encodeTransaction, type Transaction, transactionDigest } from "../../src/chain/transaction.ts";
import type { BlockLog } from "../../src/testchain/node/chain/block-log.ts";
import { Controller, type ControllerEvents } from "../../src/testchain/node/chain/controller.ts";
import { startFromGenesis, type TestGenesis } from "../../src/testchain/node/chain/genesis-state.ts";
import { type IncomingTransaction, openTransaction } from "../../src/testchain/node/chain/incoming-transaction.ts";
import type { TransactionTrace } from "../../src/testchain/node/chain/trace.ts";
import type { BlockState } from "../../src/testchain/node/consensus/block-state.ts";
import { finalizerKeyOf, voteSignature } from "../../src/testchain/node/consensus/votes.ts";
import { tokenContract } from "../../src/testchain/node/contracts/token.ts";

/** 2026-01-01T00:00:00Z */
const START_MS = Date.UTC(2026, 0, 1);
const token = new AbiSerializer(tokenContract.abi);

/** An account's key, the same in every run. */
export function keyOf(account: string): PrivateKey {
  return PrivateKey.parse(formatPrivateKey({ kind: "K1", bytes: sha256(Buffer.from(account)) }));
}

/** A finalizer's public key, hex. */
export function finalizerOf(name: string): string {
  return finalizerKeyOf(sha256(Buffer.from(name)));
}

export interface SmallFacts {
  producers: readonly string[];
  /** None: legacy consensus. */
  finalizers?: readonly string[];
  accounts?: readonly string[];
  balances?: Readonly<Record<string, string>>;
}

export function smallGenesis({ producers, finalizers = [], accounts = [], balances = {} }: SmallFacts): TestGenesis {
  const keyed = (name: string) => ({ name, key: keyOf(name).publicKeyPrefixed });
  return {
    ...makeGenesis(keyOf("eosio").publicKeyPrefixed, START_MS),
    booted: {
      producers: producers.map(keyed),
      finalizers: finalizers.map((description) => ({
        description,
        key: formatBls("PUB_BLS_", Buffer.from(finalizerOf(description), "hex")),
      })),
      threshold: Math.floor((finalizers.length * 2) / 3) + 1,
      accounts: [...producers, ...accounts].map(keyed),
      balances: { ...balances },
    },
  };
}

/** A block log in memory. */
class MemoryLog {
  private readonly blocks: { id: string; raw: Buffer }[] = [];

  constructor({ id, raw }: BlockState) {
    this.blocks.push({ id, raw });
  }

  get first(): number {
    return 1;
  }

  get last(): number {
    return this.blocks.length;
  }

  append(_num: number, id: string, raw: Buffer): void {
    this.blocks.push({ id, raw });
  }

  idOf(num: number): string | undefined {
    return this.blocks[num - 1]?.id;
  }

  read(num: number): Buffer | undefined {
    return this.blocks[num - 1]?.raw;
  }
}

const SILENT = { write() {} };
const NO_EVENTS: ControllerEvents = { produced() {}, applied() {}, irreversible() {}, forkedOut() {} };

export class SmallChain {
  readonly controller: Controller;
  private readonly finalizers: readonly string[];
  private readonly producers: readonly string[];

  constructor(facts: SmallFacts, events: Partial<ControllerEvents> = {}) {
    this.finalizers = facts.finalizers ?? [];
    this.producers = facts.producers;
    const start = startFromGenesis(smallGenesis(facts));
    this.controller = new Controller(
      { ...start, blockLog: new MemoryLog(start.root) as unknown as BlockLog },
      { events: { ...NO_EVENTS, ...events }, log: SILENT, now: () => START_MS },
    );
  }

  get tables() {
    return this.controller.tables;
  }

  get nextSlot(): number {
    return this.controller.head.slot + 1;
  }

  /** Makes a block on the head, with what `fill` pushes, signed by who is due; every finalizer votes on it. */
  async produce({
    slot = this.nextSlot,
    fill = [],
    voters = this.finalizers,
  }: {
    slot?: number;
    fill?: readonly IncomingTransaction[];
    voters?: readonly string[];
  } = {}): Promise<{ state: BlockState; traces: TransactionTrace[] }> {
    const builder = this.controller.startBlock(slot, 0, []);
    const traces = fill.map((incoming) => builder.push(incoming));
    const key = keyOf(producerAt(this.producers, slot) ?? "");
    const state = await this.controller.produceBlock(async (digest) => [key.sign(digest)]);
    this.vote(state, voters);
    return { state, traces };
  }

  vote(state: BlockState, voters: readonly string[]): void {
    for (const voter of voters) vote(state, voter);
  }

  /** A transaction in the terms of the head, signed by the keys of `signers`. */
  transaction(
    actions: readonly Action[],
    signers: readonly string[],
    changes: Partial<Transaction> = {},
  ): IncomingTransaction {
    const { head, root, chainId } = this.controller;
    const transaction: Transaction = {
      expiration: timeOf(head.slot) / 1000 + 60,
      refBlockNum: root.num & 0xffff,
      refBlockPrefix: refBlockPrefix(root.id),
      maxNetUsageWords: 0,
      maxCpuUsageMs: 0,
      delaySec: 0,
      contextFreeActions: [],
      actions: [...actions],
      extensions: [],
      ...changes,
    };
    const packedTrx = encodeTransaction({ ...transaction, expiration: Math.floor(transaction.expiration) });
    const digest = transactionDigest(chainId, packedTrx);
    const signatures = signers.map((signer) => keyOf(signer).sign(digest));
    return openTransaction(chainId, {
      signatures,
      compression: "none",
      packedContextFreeData: Buffer.alloc(0),
      packedTrx,
    });
  }
}

export function vote(state: BlockState, finalizer: string, strong = true): void {
  const key = finalizerOf(finalizer);
  state.tally?.add(key, state.id, strong, voteSignature(key, state.id, strong));
}

/** An action of the token contract by `actor`. */
export function tokenAction(name: string, actor: string, data: Json, permission = "active"): Action {
  return { account: "eosio.token", name, authorization: [{ actor, permission }], data: token.encodeAction(name, data) };
}

export const startSlot = slotOf(START_MS);
