/**
 * Transactions that are known but not in a block: aborted with a speculative block, taken back by a fork
 * switch, or waiting for a block to be started. A producing block takes them in; an applied block removes
 * those it holds.
 */

import { timeOf } from "../../../chain/time.ts";
import type { BlockBuilder } from "../chain/block-builder.ts";
import type { Controller } from "../chain/controller.ts";
import type { IncomingTransaction } from "../chain/incoming-transaction.ts";
import type { TransactionTrace } from "../chain/trace.ts";
import { duplicate, expired } from "../chain/transaction-check.ts";

export type Origin = "aborted" | "forked" | "incoming_api" | "incoming_p2p";

export interface Queued {
  incoming: IncomingTransaction;
  origin: Origin;
}

/** Beyond this many, the oldest is dropped. */
const MAX_QUEUED = 10_000;

/** Arrived while no block was open; answered as soon as one is. */
interface Waiting {
  run: (builder: BlockBuilder) => void;
}

export class TransactionQueue {
  private readonly queued = new Map<string, Queued>();
  private waiting: Waiting[] = [];

  get size(): number {
    return this.queued.size;
  }

  list(): Queued[] {
    return [...this.queued.values()];
  }

  /**
   * A transaction from the API or a peer: runs it in the block under construction, or in the next one when
   * there is none. Rejects with the failure unless `failureTrace` asks for a trace of it. nodeos's
   * `process_incoming_transaction_async`.
   */
  async process(
    controller: Controller,
    incoming: IncomingTransaction,
    failureTrace: boolean,
  ): Promise<TransactionTrace> {
    const { building } = controller;
    const slot = building?.draft.slot ?? controller.head.slot;
    const expirationMs = incoming.transaction.expiration * 1000;
    if (expirationMs < timeOf(slot)) throw expired(incoming.id, expirationMs, timeOf(slot));
    if (controller.tables.get("transaction", incoming.id) !== undefined) throw duplicate(incoming.id);
    const trace = building?.push(incoming) ?? (await this.wait((builder) => builder.push(incoming)));
    if (trace.except !== undefined && !failureTrace) throw trace.except;
    return trace;
  }

  /** Runs a transaction without any effect. */
  async compute({ building }: Controller, incoming: IncomingTransaction): Promise<TransactionTrace> {
    return building?.compute(incoming) ?? this.wait((builder) => builder.compute(incoming));
  }

  private wait(work: (builder: BlockBuilder) => TransactionTrace): Promise<TransactionTrace> {
    return new Promise((resolve) => {
      this.waiting.push({ run: (builder) => resolve(work(builder)) });
    });
  }

  /** A block was opened: whoever waited for one gets an answer. */
  serveWaiting(builder: BlockBuilder): void {
    const { waiting } = this;
    this.waiting = [];
    for (const { run } of waiting) run(builder);
  }

  returnAborted(transactions: readonly IncomingTransaction[]): void {
    for (const incoming of transactions) this.put(incoming, "aborted");
  }

  returnForked(transactions: readonly IncomingTransaction[]): void {
    for (const incoming of transactions) this.put(incoming, "forked");
  }

  /** Runs what is queued in a block that will be produced; what fails is dropped. */
  fill(builder: BlockBuilder): void {
    const waiting = this.list();
    this.queued.clear();
    for (const { incoming } of waiting) builder.push(incoming);
  }

  /** A block for this slot was opened: what expires before it can be in no block any more. */
  removeExpired(slot: number): void {
    for (const [id, { incoming }] of this.queued) {
      if (incoming.transaction.expiration * 1000 < timeOf(slot)) this.queued.delete(id);
    }
  }

  /** A block was applied: its transactions need no other. */
  applied(ids: Iterable<string>): void {
    for (const id of ids) this.queued.delete(id);
  }

  private put(incoming: IncomingTransaction, origin: Origin): void {
    if (this.queued.size >= MAX_QUEUED) {
      const oldest = this.queued.keys().next().value;
      if (oldest !== undefined) this.queued.delete(oldest);
    }
    this.queued.set(incoming.id, { incoming, origin });
  }
}
