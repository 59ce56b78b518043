/**
 * The chain of one node: takes blocks from peers into the fork database, applies the best branch to the
 * state, builds and commits blocks of its own, and moves irreversibility on.
 *
 * Accepting a block (header and signature) is cheap and done as it arrives; applying it is up to the
 * producer loop, which does not apply while it produces, as nodeos does not.
 */
import { certificateOf, decodeBlock, encodeBlock, type SignedBlock, signaturesOf } from "../../../chain/block/block.ts";
import {
  encodeQuorumCertificate,
  finalityExtension,
  type QcClaim,
  type QuorumCertificate,
} from "../../../chain/block/finality.ts";
import { BLOCK_EXTENSION, blockId, type Extension, isSavanna } from "../../../chain/block/header.ts";
import { type ProducerSchedule, satisfies } from "../../../chain/block/schedule.ts";
import { signersOf, signingDigest } from "../../../chain/block/signing.ts";
import { pack } from "../../../chain/codec/writer.ts";
import { formatBlockTime, timeOf } from "../../../chain/time.ts";
import { messageOf } from "../../../kit/problem.ts";
import { type BlockState, irreversibleOf } from "../consensus/block-state.ts";
import { activatedFeatures, consensusAfter, type Draft, draftBlock, pastOf } from "../consensus/draft.ts";
import { ForkDatabase } from "../consensus/fork-database.ts";
import { policyAt } from "../consensus/savanna.ts";
import { certifies, VoteTally } from "../consensus/votes.ts";
import { failure } from "../failure.ts";
import { type NodeLog, shortId } from "../log.ts";
import { BlockBuilder } from "./block-builder.ts";
import type { BlockLog } from "./block-log.ts";
import { type IncomingTransaction, openTransaction } from "./execution.ts";
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
  readonly blockLog: BlockLog;
  /** The block under construction or speculation. */
  building: BlockBuilder | undefined;
  private headState: BlockState;
  /** Best block known to be final, by certificates inside blocks that may not be applied yet. */
  private pendingFinal: { num: number; id: string };
  private readonly events: ControllerEvents;
  private readonly log: NodeLog;
  private readonly now: () => number;

  constructor(
    start: { chainId: string; tables: Tables; root: BlockState; blockLog: BlockLog },
    context: { events: ControllerEvents; log: NodeLog; now: () => number },
  ) {
    this.chainId = start.chainId;
    this.tables = start.tables;
    this.forks = new ForkDatabase(start.root);
    this.headState = start.root;
    this.pendingFinal = start.root;
    this.blockLog = start.blockLog;
    this.events = context.events;
    this.log = context.log;
    this.now = context.now;
  }

  /** The newest block whose content is in the state. */
  get head(): BlockState {
    return this.headState;
  }

  /** The last irreversible block. */
  get root(): BlockState {
    return this.forks.root;
  }

  // ---- blocks of others

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
    const draft = this.checkHeader(block, parent);
    const state = this.makeState(draft, block, raw, id);
    this.noteFinality(state);
    const before = this.forks.head;
    this.forks.add(state);
    if (this.forks.head !== state) return { result: "added", state };
    return { result: state.previous === before.id ? "appended" : "fork_switch", state };
  }

  /** Makes the best branch the head, taking back blocks if it must. Returns how many were applied. */
  applyBest(): number {
    let applied = 0;
    for (let best = this.forks.head; best !== this.headState; best = this.forks.head) {
      const branch = this.forks.branch(best.id).reverse();
      const common = this.rewindTo(branch, best);
      try {
        for (const state of branch) {
          if (state.num <= common) continue;
          this.apply(state);
          applied++;
        }
      } catch (thrown) {
        this.log.write(
          "error",
          "nodeos",
          "controller.cpp:apply_block",
          `exception thrown while applying block ${best.num} : ${messageOf(thrown)}`,
        );
      }
    }
    return applied;
  }

  /** False when what is known to be final is not on the head's branch: nothing may be built on that head. */
  headHoldsFinal(): boolean {
    return this.pendingFinal.num <= this.root.num || this.finalOnHead() !== undefined;
  }

  private checkHeader(block: SignedBlock, parent: BlockState): Draft {
    const { header } = block;
    const at = "block_header_state.cpp:next";
    if (header.slot <= parent.slot) throw failure("block_validate_exception", "next block must be in the future", at);
    const draft = draftBlock(parent, header.slot, header.confirmed);
    if (draft === undefined || header.producer !== draft.producer) {
      throw failure("wrong_producer", `wrong producer specified: ${header.producer}, expected ${draft?.producer}`, at);
    }
    if (isSavanna(header) !== (draft.kind === "savanna")) {
      throw failure("block_validate_exception", "block is of the wrong consensus for its parent", at);
    }
    const signers = signersOf(header, signaturesOf(block), pastOf(draft));
    if (!satisfies(draft.authority, signers)) {
      throw failure(
        "wrong_signing_key",
        `block signed by unexpected key: ${signers.join(", ")}, expected: ${draft.authority.keys.map(({ key }) => key).join(", ")}`,
        "block_header_state.cpp:verify_signee",
      );
    }
    if (draft.kind === "savanna") this.checkClaim(block, parent, draft.base.claim);
    return draft;
  }

  private checkClaim(block: SignedBlock, parent: BlockState, before: QcClaim): void {
    const claim = finalityExtension(block.header)?.qcClaim;
    const at = "controller.cpp:verify_qc_claim";
    if (claim === undefined || claim.blockNum < before.blockNum || claim.blockNum > parent.num) {
      throw failure(
        "block_validate_exception",
        `block claims a certificate for block ${claim?.blockNum}, its parent for ${before.blockNum}`,
        at,
      );
    }
    if (claim.blockNum === before.blockNum && claim.strong === before.strong) return;
    const claimed = this.forks.ancestorAt(parent, claim.blockNum);
    const certificate = certificateOf(block);
    if (claimed?.consensus.kind !== "savanna" || certificate?.blockNum !== claim.blockNum) {
      throw failure("block_validate_exception", `block claims block ${claim.blockNum} without its certificate`, at);
    }
    if (!certifies(certificate, claimed.consensus.finalizers, claimed.consensus.pendingFinalizers?.policy)) {
      throw failure("block_validate_exception", `the certificate for block ${claim.blockNum} has no quorum`, at);
    }
    claimed.tally?.receive(certificate);
  }

  private makeState(draft: Draft, block: SignedBlock, raw: Buffer, id: string): BlockState {
    const { parent } = draft;
    const consensus = consensusAfter(draft, block.header, id, (num) => this.forks.ancestorAt(parent, num));
    const tally =
      consensus.kind === "savanna"
        ? new VoteTally(consensus.finalizers, consensus.pendingFinalizers?.policy)
        : undefined;
    const { header } = block;
    return {
      id,
      num: draft.num,
      slot: header.slot,
      previous: parent.id,
      header,
      block,
      raw,
      consensus,
      tally,
      applied: false,
    };
  }

  /** A strong claim makes final what the claimed block itself claims, whether or not the carrier is ever applied. */
  private noteFinality(state: BlockState): void {
    const { consensus } = state;
    if (consensus.kind !== "savanna" || consensus.final <= this.pendingFinal.num) return;
    const parent = this.forks.get(state.previous);
    const final = parent && this.forks.ancestorAt(parent, consensus.final);
    if (final !== undefined) this.pendingFinal = final;
  }

  private rewindTo(branch: readonly BlockState[], best: BlockState): number {
    const ids = new Set(branch.map(({ id }) => id));
    const old = this.headState;
    const forked: IncomingTransaction[] = [];
    while (this.headState !== this.root && !ids.has(this.headState.id)) {
      for (const receipt of this.headState.block?.receipts ?? []) {
        if (!("id" in receipt.transaction)) forked.push(openTransaction(this.chainId, receipt.transaction));
      }
      this.tables.undo();
      this.headState = this.forks.get(this.headState.previous) as BlockState;
    }
    if (this.headState !== old) {
      const [was, is] = [old, best].map((s) => `${s.id} (block number ${s.num} ${s.header.producer})`);
      this.log.write("info", "nodeos", "controller.cpp:maybe_switch_forks", `switching forks from ${was} to ${is}`);
      if (old.header.producer === best.header.producer && old.num === best.num) {
        this.log.write(
          "warn",
          "nodeos",
          "controller.cpp:maybe_switch_forks",
          `${best.header.producer} double produced block ${best.num}`,
        );
      }
      if (forked.length > 0) this.events.forkedOut(forked);
    }
    return this.headState.num;
  }

  private apply(state: BlockState): void {
    const started = performance.now();
    try {
      this.runBlock(state);
    } catch (thrown) {
      this.forks.remove(state.id);
      throw thrown;
    }
    state.applied = true;
    this.headState = state;
    const latency = Math.round(this.now() - timeOf(state.slot));
    const elapsed = Math.round((performance.now() - started) * 1000);
    this.finishHead(state, "Received", `applying time: ${elapsed} us, latency: ${latency} ms`);
  }

  private runBlock(state: BlockState): void {
    const { block } = state;
    const parent = this.forks.get(state.previous);
    const draft = parent && draftBlock(parent, state.slot, state.header.confirmed);
    if (block === undefined || draft === undefined)
      throw failure("block_validate_exception", `block ${state.id} cannot be run`);
    const depth = this.tables.depth;
    try {
      const builder = new BlockBuilder(this.chainId, this.tables, draft, activatedFeatures(state.header));
      for (const receipt of block.receipts) {
        if ("id" in receipt.transaction)
          throw failure("block_validate_exception", "deferred transactions do not exist");
        const trace = builder.push(openTransaction(this.chainId, receipt.transaction), receipt.cpuUsageUs);
        if (trace.except !== undefined) throw trace.except;
      }
      const made = builder.header(finalityExtension(state.header)?.qcClaim);
      if (blockId(made) !== state.id) {
        throw failure(
          "block_validate_exception",
          `Block ID does not match, ${blockId(made)} != ${state.id}`,
          "controller.cpp:apply_block",
        );
      }
    } catch (thrown) {
      while (this.tables.depth > depth) this.tables.undo();
      throw thrown;
    }
  }

  // ---- blocks of our own

  /** Opens a block on the head. Throws a failure when nobody is scheduled for the slot. */
  startBlock(slot: number, confirmed: number, features: readonly string[]): BlockBuilder {
    const draft = draftBlock(this.headState, slot, confirmed);
    if (draft === undefined) throw failure("block_validate_exception", `nobody is scheduled for slot ${slot}`);
    this.building = new BlockBuilder(this.chainId, this.tables, draft, features);
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
    const { draft } = building;
    const certificate = draft.kind === "savanna" ? this.bestCertificate(draft.parent, draft.base.claim) : undefined;
    const strong =
      certificate !== undefined && certificate.active.weak === undefined && certificate.pending?.weak === undefined;
    const header = building.header(certificate && { blockNum: certificate.blockNum, strong });
    const [producerSignature, ...additional] = await sign(signingDigest(header, pastOf(draft)));
    if (producerSignature === undefined) throw failure("producer_priv_key_not_found", "no signature was made");
    const extensions = blockExtensions(additional, certificate);
    const block: SignedBlock = { header, producerSignature, receipts: building.receipts, extensions };
    this.checkSigners(draft, block);
    // a second node with our key may have made the very same block
    const state = this.forks.get(blockId(header)) ?? this.makeState(draft, block, encodeBlock(block), blockId(header));
    this.noteFinality(state);
    this.forks.add(state);
    state.applied = true;
    this.building = undefined;
    this.headState = state;
    this.events.produced(state);
    const time = Math.round((performance.now() - building.startedAt) * 1000);
    this.finishHead(state, "Produced", `producing time: ${time} us`);
    return state;
  }

  private checkSigners(draft: Draft, block: SignedBlock): void {
    const signers = signersOf(block.header, signaturesOf(block), pastOf(draft));
    if (satisfies(draft.authority, signers)) return;
    throw failure("wrong_signing_key", `block signed by unexpected key ${signers.join(", ")}`, "block_state.cpp:sign");
  }

  /** The newest ancestor with a quorum of votes that is not yet claimed. */
  private bestCertificate(parent: BlockState, claimed: QcClaim): QuorumCertificate | undefined {
    for (let state: BlockState | undefined = parent; state !== undefined && state.num > claimed.blockNum; ) {
      const certificate = state.tally?.certificate(state.num);
      if (certificate !== undefined) return certificate;
      state = this.forks.get(state.previous);
    }
    return undefined;
  }

  // ---- both

  private finishHead(state: BlockState, verb: "Produced" | "Received", timing: string): void {
    this.advanceRoot();
    const receipts = state.block?.receipts ?? [];
    const cpu = receipts.reduce((sum, receipt) => sum + receipt.cpuUsageUs, 100);
    const net = receipts.reduce((sum, receipt) => sum + receipt.netUsageWords * 8, 0);
    const confirmed =
      verb === "Produced" && state.consensus.kind === "legacy" ? `confirmed: ${state.header.confirmed}, ` : "";
    this.log.write(
      "info",
      "nodeos",
      "controller.cpp:log_applied",
      `${verb} block ${shortId(state.id)} #${state.num} @ ${formatBlockTime(state.slot)} signed by ${state.header.producer} ` +
        `[trxs: ${receipts.length}, lib: ${irreversibleOf(state.consensus)}, ${confirmed}net: ${net}, cpu: ${cpu} us, elapsed: ${cpu} us, ${timing}]`,
    );
    this.events.applied(state);
  }

  /** The newest block of the head's branch that is final; `undefined` when what is final is not on it. */
  private finalOnHead(): BlockState | undefined {
    const { consensus, num } = this.headState;
    if (consensus.kind === "legacy") return this.forks.ancestorAt(this.headState, consensus.irreversible);
    const final = this.forks.get(this.pendingFinal.id);
    if (final === undefined) return undefined;
    const common =
      final.num <= num ? this.forks.ancestorAt(this.headState, final.num) : this.forks.ancestorAt(final, num);
    return common?.id === (final.num <= num ? final.id : this.headState.id) ? common : undefined;
  }

  private advanceRoot(): void {
    const target = this.finalOnHead();
    if (target === undefined || target.num <= this.root.num) return;
    const passed = this.forks.advance(target.id);
    this.tables.commit(passed.length);
    for (const state of passed) {
      this.blockLog.append(state.num, state.id, state.raw);
      this.events.irreversible(state);
    }
    if (this.pendingFinal.num < this.root.num) this.pendingFinal = this.root;
  }

  /** The schedule in force for a block that is being built. */
  scheduleOf(draft: Draft): ProducerSchedule {
    return draft.kind === "legacy"
      ? draft.legacy.base.active
      : policyAt(draft.base, draft.parent.slot, draft.slot).schedule;
  }

  /** A serialised block of the current chain by number, reversible or not. */
  rawByNum(num: number): Buffer | undefined {
    if (num > this.headState.num) return undefined;
    if (num > this.root.num) return this.forks.ancestorAt(this.headState, num)?.raw;
    return this.blockLog.read(num);
  }

  /** A serialised block by id, on whatever branch. */
  rawById(id: string): Buffer | undefined {
    const state = this.forks.get(id);
    if (state !== undefined) return state.raw;
    const num = Number.parseInt(id.slice(0, 8), 16);
    return this.blockLog.idOf(num) === id ? this.blockLog.read(num) : undefined;
  }

  /** Id of a block of the current chain. */
  idByNum(num: number): string | undefined {
    if (num > this.headState.num) return undefined;
    if (num >= this.root.num) return this.forks.ancestorAt(this.headState, num)?.id;
    return this.blockLog.idOf(num);
  }
}

function blockExtensions(additional: readonly string[], certificate: QuorumCertificate | undefined): Extension[] {
  const extensions: Extension[] = [];
  if (additional.length > 0) {
    const data = pack((writer) => writer.vector(additional, (signature) => writer.signature(signature)));
    extensions.push({ type: BLOCK_EXTENSION.additionalSignatures, data });
  }
  if (certificate !== undefined) {
    extensions.push({ type: BLOCK_EXTENSION.quorumCertificate, data: encodeQuorumCertificate(certificate) });
  }
  return extensions;
}
