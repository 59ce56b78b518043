/**
 * The chain of one node: takes blocks from peers into the fork database, applies the best branch to the
 * state, builds and commits blocks of its own, and moves irreversibility on.
 *
 * Accepting a block (header and signature) is cheap and done as it arrives; applying it is up to the
 * producer loop, which does not apply while it produces, as nodeos does not.
 */
import { decodeBlock } from "../../../chain/block/block.ts";
import { blockId } from "../../../chain/block/header.ts";
import type { ProducerSchedule } from "../../../chain/block/schedule.ts";
import { messageOf } from "../../../kit/problem.ts";
import { type BlockState, irreversibleOf } from "../consensus/block-state.ts";
import { type Draft, draftBlock, savannaBase } from "../consensus/draft.ts";
import { ForkDatabase } from "../consensus/fork-database.ts";
import { makeState } from "../consensus/make-state.ts";
import { policyAt } from "../consensus/savanna.ts";
import { failure } from "../failure.ts";
import type { NodeLog } from "../log.ts";
import { applyBlock } from "./apply-block.ts";
import { BlockBuilder } from "./block-builder.ts";
import { BlockLines } from "./block-lines.ts";
import type { BlockLog } from "./block-log.ts";
import { BlockLookup } from "./block-lookup.ts";
import { completeBlock } from "./complete-block.ts";
import { checkHeader } from "./header-check.ts";
import { type IncomingTransaction, openTransaction } from "./incoming-transaction.ts";
import { PendingFinality } from "./pending-finality.ts";
import type { Tables } from "./tables.ts";

export type AcceptResult = "appended" | "fork_switch" | "added" | "duplicate";

export interface ControllerEvents {
  /** A block of our own is complete: peers want it. Comes before `applied`. */
  produced(state: BlockState): void;
  /** A block became head, ours or a peer's. */
  applied(state: BlockState): void;
  /** A block is irreversible; in order. */
  irreversible(state: BlockState): void;
  /** Transactions of blocks that a fork switch took back. */
  forkedOut(transactions: IncomingTransaction[]): void;
}

export class Controller {
  readonly chainId: string;
  readonly tables: Tables;
  readonly forks: ForkDatabase;
  readonly blocks: BlockLookup;
  /** The block under construction or speculation. */
  building: BlockBuilder | undefined;
  private headState: BlockState;
  private readonly blockLog: BlockLog;
  private readonly finality: PendingFinality;
  private readonly events: ControllerEvents;
  private readonly lines: BlockLines;

  constructor(
    start: { chainId: string; tables: Tables; root: BlockState; blockLog: BlockLog },
    context: { events: ControllerEvents; log: NodeLog; now: () => number },
  ) {
    this.chainId = start.chainId;
    this.tables = start.tables;
    this.forks = new ForkDatabase(start.root);
    this.headState = start.root;
    this.finality = new PendingFinality(this.forks);
    this.blockLog = start.blockLog;
    this.blocks = new BlockLookup(this.forks, start.blockLog, () => this.headState);
    this.events = context.events;
    this.lines = new BlockLines(context.log, context.now);
  }

  /** The newest block whose content is in the state. */
  get head(): BlockState {
    return this.headState;
  }

  /** The last irreversible block. */
  get root(): BlockState {
    return this.forks.root;
  }

  /** Blocks that were on disk but not in the state, in order; those up to number `final` are irreversible already. */
  load(blocks: readonly Buffer[], final: number): void {
    for (const raw of blocks) {
      this.accept(raw);
      this.applyBest();
    }
    const settled = this.forks.ancestorAt(this.headState, final);
    if (settled !== undefined) this.moveRoot(settled);
  }

  /** Takes a block into the fork database. Throws a failure when it does not link or its header is wrong. */
  accept(raw: Buffer): { result: AcceptResult; state: BlockState } {
    const block = decodeBlock(raw);
    const id = blockId(block.header);
    const known = this.forks.get(id);
    if (known !== undefined) return { result: "duplicate", state: known };
    const parent = this.forks.get(block.header.previous);
    if (parent === undefined) {
      throw failure("unlinkable_block_exception", `unlinkable block ${id}`, "controller.cpp:accept_block");
    }
    const state = makeState(this.forks, checkHeader(block, parent, this.forks), block, raw, id);
    this.finality.note(state);
    const before = this.forks.head;
    this.forks.add(state);
    if (this.forks.head !== state) return { result: "added", state };
    return { result: state.previous === before.id ? "appended" : "fork_switch", state };
  }

  /**
   * Makes the best branch the head, taking back blocks if it must, and goes no further than block number `until`.
   * Returns how many blocks were applied.
   */
  applyBest(until = Number.POSITIVE_INFINITY): number {
    let count = 0;
    for (let best = this.forks.head; best !== this.headState; best = this.forks.head) {
      const branch = this.forks.branch(best.id).reverse();
      const removed = this.rewindTo(branch, best);
      const applied: BlockState[] = [];
      for (const state of branch.slice(branch.indexOf(this.headState) + 1)) {
        if (state.num > until || !this.apply(state)) break;
        applied.push(state);
      }
      if (removed.length > 0 && this.headState === best) this.lines.switched(best, removed, applied);
      count += applied.length;
      if (this.headState.num >= until) break;
    }
    return count;
  }

  /** False when what is known to be final is not on the head's branch: nothing may be built on that head. */
  headHoldsFinal(): boolean {
    return this.finality.isHeldBy(this.headState);
  }

  /** Takes blocks back until the head is on `branch` or the root; returns them, oldest first. */
  private rewindTo(branch: readonly BlockState[], best: BlockState): BlockState[] {
    const kept = new Set(branch);
    const removed: BlockState[] = [];
    while (this.headState !== this.root && !kept.has(this.headState)) {
      removed.unshift(this.headState);
      this.tables.undo();
      this.headState = this.forks.get(this.headState.previous) as BlockState;
    }
    const last = removed.at(-1);
    if (last === undefined) return removed;
    this.lines.switching(last, best);
    const forked = removed.toReversed().flatMap((state) => transactionsOf(this.chainId, state));
    if (forked.length > 0) this.events.forkedOut(forked);
    return removed;
  }

  /** False when the block is not what its header says: it is dropped, with everything built on it. */
  private apply(state: BlockState): boolean {
    const started = performance.now();
    try {
      applyBlock(this.chainId, this.tables, state, this.headState);
    } catch (thrown) {
      this.lines.failed(state, messageOf(thrown));
      this.forks.remove(state.id);
      return false;
    }
    state.applied = true;
    this.headState = state;
    this.advanceRoot();
    this.lines.received(state, Math.round((performance.now() - started) * 1000));
    this.becameHead(state);
    return true;
  }

  /**
   * Opens a block on the head; an `ephemeral` one will never be completed. Throws a failure when nobody is
   * scheduled for the slot.
   */
  startBlock(slot: number, confirmed: number, features: readonly string[], ephemeral = false): BlockBuilder {
    const draft = draftBlock(this.headState, slot, confirmed);
    if (draft === undefined) throw failure("block_validate_exception", `nobody is scheduled for slot ${slot}`);
    this.building = new BlockBuilder(this.chainId, this.tables, draft, features, ephemeral);
    return this.building;
  }

  /** Drops the block under construction and returns its transactions. */
  abortBlock(): IncomingTransaction[] {
    const { building } = this;
    this.building = undefined;
    if (building === undefined) return [];
    this.tables.undo();
    return building.transactions;
  }

  /**
   * Completes the block under construction: header, signatures from `sign`, and it is the head. While `sign`
   * runs the head is still the parent. What `sign` throws comes through, and the block is still open.
   */
  async produceBlock(sign: (digest: Buffer) => Promise<string[]>): Promise<BlockState> {
    const { building } = this;
    if (building === undefined) throw failure("block_validate_exception", "no block under construction");
    const { id, block, raw } = await completeBlock(building, this.forks, sign);
    // a second node with our key may have made the very same block
    const state = this.forks.get(id) ?? makeState(this.forks, building.draft, block, raw, id);
    this.finality.note(state);
    this.forks.add(state);
    state.applied = true;
    this.building = undefined;
    this.headState = state;
    this.events.produced(state);
    this.advanceRoot();
    this.lines.produced(state, Math.round((performance.now() - building.startedAt) * 1000));
    this.becameHead(state);
    return state;
  }

  /** The schedule in force for a block that is being built. */
  scheduleOf(draft: Draft): ProducerSchedule {
    return draft.kind === "legacy"
      ? draft.legacy.base.active
      : policyAt(draft.base, draft.parent.slot, draft.slot).schedule;
  }

  private becameHead(state: BlockState): void {
    const { consensus } = state;
    if (consensus.kind === "legacy" && savannaBase(state) !== undefined) {
      this.lines.transition(irreversibleOf(consensus), state.num);
    }
    this.events.applied(state);
  }

  private advanceRoot(): void {
    const target = this.finality.finalOn(this.headState);
    if (target !== undefined) this.moveRoot(target);
  }

  private moveRoot(target: BlockState): void {
    if (target.num <= this.root.num) return;
    const passed = this.forks.advance(target.id);
    this.tables.commit(passed.length);
    for (const state of passed) {
      this.blockLog.append(state.num, state.id, state.raw);
      this.events.irreversible(state);
    }
    this.finality.advanced();
  }
}

function transactionsOf(chainId: string, state: BlockState): IncomingTransaction[] {
  return (state.block?.receipts ?? []).flatMap(({ transaction }) =>
    "id" in transaction ? [] : [openTransaction(chainId, transaction)],
  );
}
