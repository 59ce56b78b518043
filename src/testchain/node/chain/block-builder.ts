/**
 * Runs one block on the state, within one session: what happens by itself at its start, then its
 * transactions. The producer fills it and asks for the header; everyone else fills it from a received block
 * and compares.
 */
import { receiptDigest, type TransactionReceipt } from "../../../chain/block/block.ts";
import type { QcClaim } from "../../../chain/block/finality.ts";
import type { BlockHeader } from "../../../chain/block/header.ts";
import { legacyMerkleRoot, savannaMerkleRoot } from "../../../chain/block/merkle.ts";
import type { ScheduledProducer } from "../../../chain/block/schedule.ts";
import { sha256 } from "../../../chain/hash.ts";
import type { Draft } from "../consensus/draft.ts";
import { makeHeader } from "../consensus/draft.ts";
import type { BlockContext } from "./block-context.ts";
import { applyTransaction } from "./execution.ts";
import type { IncomingTransaction } from "./incoming-transaction.ts";
import { activateFeature } from "./protocol-features.ts";
import { expireTransactions, rememberBlock } from "./recent.ts";
import { receiptDigestOf } from "./run-action.ts";
import type { Row, Tables } from "./tables.ts";
import type { TransactionTrace } from "./trace.ts";

/** A schedule that a legacy contract proposed; announced once the proposing block is irreversible. */
interface ProposedSchedule {
  num: number;
  producers: ScheduledProducer[];
}

export class BlockBuilder {
  readonly draft: Draft;
  readonly features: readonly string[];
  readonly receipts: TransactionReceipt[] = [];
  /** What was run with success, in the order of running. */
  readonly transactions: IncomingTransaction[] = [];
  readonly startedAt = performance.now();
  private readonly context: BlockContext;
  private readonly actionDigests: Buffer[] = [];
  /** The legacy schedule that this block announces. */
  private readonly announced: ScheduledProducer[] | undefined;
  /** Nothing that is run here stays: each transaction runs on the head's state, and is kept to be run again. */
  private readonly ephemeral: boolean;

  /** Opens a session on the state; end it with {@link Tables.undo} or keep it as the block's. */
  constructor(chainId: string, tables: Tables, draft: Draft, features: readonly string[], ephemeral = false) {
    this.draft = draft;
    this.ephemeral = ephemeral;
    this.features = features;
    this.context = { chainId, num: draft.num, slot: draft.slot, tables, effects: {} };
    tables.begin();
    rememberBlock(tables, draft.parent.id);
    expireTransactions(tables, draft.slot);
    for (const digest of features) activateFeature(tables, digest, draft.num);
    this.announced = this.takeProposedSchedule(tables);
    this.actionDigests.push(sha256(Buffer.from(`onblock ${draft.parent.id}`)));
  }

  /** Runs a transaction; when it succeeds it becomes part of the block. */
  push(incoming: IncomingTransaction, billedUs?: number): TransactionTrace {
    const trace = this.ephemeral ? this.compute(incoming) : applyTransaction(this.context, incoming, billedUs);
    if (trace.receipt !== undefined && this.ephemeral) {
      if (!this.transactions.some(({ id }) => id === incoming.id)) this.transactions.push(incoming);
    } else if (trace.receipt !== undefined) {
      this.transactions.push(incoming);
      this.receipts.push({ status: "executed", ...trace.receipt, transaction: incoming.packed });
      for (const { receipt } of trace.actions)
        if (receipt !== undefined) this.actionDigests.push(receiptDigestOf(receipt));
    }
    return trace;
  }

  /** Runs a transaction and takes everything back: a dry run. */
  compute(incoming: IncomingTransaction): TransactionTrace {
    this.context.tables.begin();
    const trace = applyTransaction({ ...this.context, effects: {} }, incoming);
    this.context.tables.undo();
    return trace;
  }

  /** The header that goes with what was run so far. Legacy proposals of this block are noted in the state. */
  header(claim: QcClaim | undefined): BlockHeader {
    const { draft, context } = this;
    const merkleRoot = draft.kind === "legacy" ? legacyMerkleRoot : savannaMerkleRoot;
    const legacy = draft.kind === "legacy";
    if (legacy && context.effects.schedule !== undefined) {
      const proposed: ProposedSchedule = { num: draft.num, producers: context.effects.schedule };
      context.tables.set("global", "proposed", proposed as unknown as Row);
    }
    return makeHeader(draft, {
      transactionMroot: merkleRoot(this.receipts.map(receiptDigest)).toString("hex"),
      actionMroot: merkleRoot(this.actionDigests).toString("hex"),
      features: this.features,
      producers: legacy ? this.announced : context.effects.schedule,
      finalizers: context.effects.finalizers,
      claim,
    });
  }

  private takeProposedSchedule(tables: Tables): ScheduledProducer[] | undefined {
    const { draft } = this;
    const proposed = tables.get<Row>("global", "proposed") as unknown as ProposedSchedule | undefined;
    if (draft.kind !== "legacy" || proposed === undefined) return undefined;
    const free = draft.legacy.base.pending.schedule.producers.length === 0 && !draft.legacy.promoted;
    if (!free || proposed.num > draft.legacy.irreversible) return undefined;
    tables.delete("global", "proposed");
    return proposed.producers;
  }
}
