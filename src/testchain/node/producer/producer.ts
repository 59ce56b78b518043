/**
 * nodeos's production loop: decides at each block start whether this node produces or only speculates, sleeps
 * until it must decide again, signs at the block's deadline, and applies the blocks of others in between.
 *
 * What matters to whoever runs producers: while it produces, incoming blocks are not applied; `pause` takes
 * effect at the next block start; `resume` starts building in the same call; a failed signature loses one slot
 * and is not retried. Everything here runs on the main thread.
 */
import { formatTimePoint, indexInRound, SLOT_MS, signingDeadline, slotOf, timeOf } from "../../../chain/time.ts";
import type { Controller } from "../chain/controller.ts";
import { preactivatedFeatures } from "../chain/protocol-features.ts";
import type { BlockState } from "../consensus/block-state.ts";
import { draftBlock } from "../consensus/draft.ts";
import { policyAt } from "../consensus/savanna.ts";
import { asFailure, detailLines } from "../failure.ts";
import type { Level, NodeLog } from "../log.ts";
import type { MainThread } from "../main-thread.ts";
import { LoopTimer } from "./loop-timer.ts";
import { productionRefusal } from "./refusal.ts";
import type { RuntimeOptions } from "./runtime-options.ts";
import { type SignatureProviders, signaturesOver } from "./signature-provider.ts";
import { wakeUpTime } from "./timing.ts";
import type { TransactionQueue } from "./transaction-queue.ts";
import type { VotePause } from "./vote-pause.ts";
import { Watermarks } from "./watermarks.ts";

const PLUGIN = "producer_plugin.cpp";
/** A speculating node this far behind does not build blocks that the next one would only replace. */
const SYNCING_MS = 5 * 60_000;
const RETRY_MS = SLOT_MS / 10;

export interface ProducerSettings {
  producers: readonly string[];
  /** Starts paused; `resume` ends it, a restart does not remember it. */
  pauseOnStartup: boolean;
  enableStaleProduction: boolean;
  /** 0 for no limit. */
  maxReversible: number;
}

export interface ProducerParts {
  controller: Controller;
  providers: SignatureProviders;
  queue: TransactionQueue;
  votePause: VotePause;
  /** Changed by `update_runtime_options`. */
  runtime: RuntimeOptions;
  main: MainThread;
  log: NodeLog;
  now: () => number;
}

type StartResult = "succeeded" | "failed" | "waiting_for_block" | "waiting_for_production";

export class Producer {
  /** Features that the next block of this node will activate. */
  featuresToActivate: string[] = [];
  private readonly settings: ProducerSettings;
  private readonly parts: ProducerParts;
  private readonly timer: LoopTimer;
  private readonly watermarks: Watermarks;
  private started = false;
  private paused: boolean;
  /** Block number at which this node stops applying and producing; 0 for never. */
  private pauseBlock = 0;
  /** Becomes true when the node has caught up with the present; never false again. */
  private enabled: boolean;
  /** `stopped`: at the block that `pause_at_block` named. */
  private mode: "producing" | "speculating" | "stopped" = "speculating";
  private deadline = 0;
  private lastStartMs = Number.POSITIVE_INFINITY;

  constructor(settings: ProducerSettings, parts: ProducerParts) {
    this.settings = settings;
    this.paused = settings.pauseOnStartup;
    this.enabled = settings.enableStaleProduction;
    this.parts = parts;
    this.timer = new LoopTimer(parts.main, parts.now);
    this.watermarks = new Watermarks(settings.producers);
  }

  /** Paused explicitly, or for lack of votes. */
  get isPaused(): boolean {
    return this.paused || this.parts.votePause.reason(this.parts.now()) !== "none";
  }

  start(): void {
    this.started = true;
    const count = this.settings.producers.length;
    if (count > 0) {
      const at = formatTimePoint(this.parts.now());
      this.log("info", "1662:plugin_startup", `Launching block production for ${count} producers at ${at}.`);
    }
    this.loop();
  }

  stop(): void {
    this.timer.cancel();
  }

  pause(): void {
    this.log("info", "1736:pause", "Producer paused.");
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.pauseBlock = 0;
    this.parts.votePause.reset();
    if (this.mode !== "producing") {
      this.abort();
      this.log("info", "1224:resume", "Producer resumed. Scheduling production.");
      this.loop();
    } else {
      this.log("info", "resume", "Producer resumed.");
    }
  }

  /** Stops applying and producing once the head has this number; 0 for never. */
  pauseAtBlock(num: number): void {
    this.log("info", "pause_at_block", `Set pause at block #${num}`);
    this.pauseBlock = num;
  }

  /** A peer's block is in the fork database: apply it, unless we are producing. */
  incomingBlock(): void {
    const { controller } = this.parts;
    const best = controller.forks.head;
    if (this.mode === "producing") {
      this.log("info", "944:on_incoming_block", `producing, fork database head at: #${best.num} id: ${best.id}`);
      return;
    }
    if (best === controller.head || this.atPauseBlock()) return;
    this.abort();
    this.applyBest();
    this.loop();
  }

  /**
   * A block is on the head's branch, one of others or ours: legacy watermarks, and the clock of the vote pause. A
   * block of others that waits in the fork database while we produce moves neither, and what was replayed before
   * the start left no trace.
   */
  appliedBlock(state: BlockState): void {
    if (!this.started) return;
    this.watermarks.note(state);
    if (state.consensus.kind === "legacy") return;
    const { finalizers, pendingFinalizers } = state.consensus;
    const all = [...finalizers.finalizers, ...(pendingFinalizers?.policy.finalizers ?? [])];
    const descriptions = all.map(({ description }) => description);
    this.parts.votePause.block(this.parts.now(), descriptions);
  }

  /** Drops the block under construction, does `work` on the bare head, and begins again. */
  interrupted<T>(work: () => T): T {
    this.abort();
    try {
      return work();
    } finally {
      this.loop();
    }
  }

  private abort(): void {
    this.parts.queue.returnAborted(this.parts.controller.abortBlock());
  }

  /** How many blocks were applied. */
  private applyBest(): number {
    const { controller, now } = this.parts;
    const applied = controller.applyBest(this.pauseBlock > 0 ? this.pauseBlock : undefined);
    if (applied > 0 && timeOf(controller.head.slot) + SLOT_MS >= now()) this.enabled = true;
    return applied;
  }

  private atPauseBlock(): boolean {
    return this.pauseBlock > 0 && this.parts.controller.head.num >= this.pauseBlock;
  }

  // ---- the loop

  private loop(): void {
    this.timer.cancel();
    const result = this.startBlock();
    const { controller, now } = this.parts;
    if (result === "failed") {
      this.log("warn", "schedule_production_loop", "Failed to start a pending block, will try again later");
      this.wakeAt(now() + RETRY_MS);
    } else if (result === "waiting_for_block") {
      this.wakeAt(this.nextWake(controller.head, this.pendingSlot(controller.head)));
    } else if (result === "succeeded" && this.mode === "producing") {
      this.timer.set(this.deadline, () => this.produce());
    } else if (result === "succeeded") {
      const wake = this.nextWake(controller.head, controller.building?.draft.slot ?? 0);
      this.wakeAt(wake !== undefined && wake < now() ? this.deadline : wake);
    }
  }

  private wakeAt(atMs: number | undefined): void {
    if (atMs !== undefined) this.timer.set(atMs, () => this.loop());
  }

  private nextWake(head: BlockState, pendingSlot: number): number | undefined {
    return wakeUpTime(this.settings.producers, scheduleNames(head, pendingSlot), pendingSlot);
  }

  /** nodeos builds for the present when it has producers, else for the slot behind its head. */
  private pendingSlot(head: BlockState): number {
    const now = this.settings.producers.length > 0 ? slotOf(this.parts.now()) : 0;
    return Math.max(now, head.slot) + 1;
  }

  private startBlock(): StartResult {
    const { controller, queue } = this.parts;
    this.abort();
    for (;;) {
      if (this.atPauseBlock()) {
        if (this.mode !== "stopped") this.log("info", "start_block", `Pausing at block #${this.pauseBlock}`);
        this.mode = "stopped";
        return "waiting_for_block";
      }
      const decided = this.chooseMode(controller.head, this.pendingSlot(controller.head));
      if (decided !== "succeeded") return decided;
      // a producer starts on time and leaves blocks of others in the fork database
      if (this.mode === "producing" && controller.headHoldsFinal()) break;
      if (this.applyBest() === 0) break;
    }
    try {
      const { head, root } = controller;
      const slot = this.pendingSlot(head);
      const producer = this.mode === "producing" ? (draftBlock(head, slot, 0)?.producer ?? "") : "";
      const confirmed = this.watermarks.blocksToConfirm(head, root.num, producer);
      const ephemeral = this.mode !== "producing";
      const builder = controller.startBlock(slot, confirmed, this.features(), ephemeral);
      queue.removeExpired(slot);
      if (this.mode === "producing") queue.fill(builder);
      queue.serveWaiting(builder);
      return "succeeded";
    } catch (thrown) {
      this.log("error", "start_block", asFailure(thrown).message);
      return "failed";
    }
  }

  private features(): string[] {
    const { tables, head } = this.parts.controller;
    const asked = preactivatedFeatures(tables);
    if (this.mode !== "producing" || this.featuresToActivate.length === 0) return asked;
    const all = [...new Set([...this.featuresToActivate, ...asked])];
    const signaling = `signaling activation of the following protocol features in block ${head.num + 1}: ${JSON.stringify(all)}`;
    this.log("info", "2351:start_block", signaling);
    return all;
  }

  /** Producing or speculating, and until when. */
  private chooseMode(head: BlockState, slot: number): StartResult {
    const nowMs = this.parts.now();
    const { offsetMs } = this.parts.runtime;
    const refusal = this.refusal(head, slot, nowMs);
    this.mode = refusal === undefined ? "producing" : "speculating";
    if (refusal === undefined) {
      if (indexInRound(slot) === 0 && nowMs < timeOf(slot) - SLOT_MS) {
        this.mode = "speculating";
        this.wakeAt(timeOf(slot) - SLOT_MS);
        return "waiting_for_production";
      }
      this.deadline = signingDeadline(slot, offsetMs);
      return "succeeded";
    }
    if (refusal === "not ours") {
      const wasRecent = this.lastStartMs < nowMs + SLOT_MS;
      if (wasRecent && nowMs - timeOf(head.slot) > SYNCING_MS) return "waiting_for_block";
      this.lastStartMs = nowMs;
    } else {
      this.log(refusal.level, "2110:determine_pending_block_mode", `Not producing block because ${refusal.because}`);
    }
    this.deadline = Math.max(signingDeadline(slot, offsetMs), nowMs + SLOT_MS);
    return "succeeded";
  }

  private refusal(head: BlockState, slot: number, nowMs: number) {
    const { controller, providers, votePause, runtime } = this.parts;
    const due = draftBlock(head, slot, 0);
    if (due === undefined) return "not ours";
    return productionRefusal({
      head,
      root: controller.root,
      slot,
      scheduled: { name: due.producer, authority: due.authority },
      nowMs,
      producers: this.settings.producers,
      keys: providers.blocks,
      enabled: this.enabled,
      paused: this.paused,
      votes: votePause.reason(nowMs),
      maxIrreversibleAgeSec: runtime.maxIrreversibleAgeSec,
      maxReversible: this.settings.maxReversible,
      watermarks: this.watermarks,
    });
  }

  /**
   * Signs and commits the block under construction. After a failure its slot is lost, and slept through; so is the
   * next one when the failure came only after the slot had begun, as a late signer's does.
   */
  private async produce(): Promise<void> {
    const { controller, providers } = this.parts;
    const { building } = controller;
    if (building === undefined) return this.loop();
    const { draft, features } = building;
    try {
      this.featuresToActivate = this.featuresToActivate.filter((digest) => !features.includes(digest));
      await controller.produceBlock((digest) => signaturesOver(providers, draft.authority, digest));
      this.loop();
    } catch (thrown) {
      this.log("warn", "2937:maybe_produce_block", detailLines(asFailure(thrown)));
      this.abort();
      this.wakeAt(timeOf(this.pendingSlot(controller.head)));
    }
  }

  private log(level: Level, method: string, message: string): void {
    this.parts.log.write(level, "nodeos", `${PLUGIN}:${method}`, message);
  }
}

/** Names of the schedule that decides about `slot` on top of `head`. */
function scheduleNames(head: BlockState, slot: number): string[] {
  const { consensus } = head;
  const schedule = consensus.kind === "legacy" ? consensus.active : policyAt(consensus, head.slot, slot).schedule;
  return schedule.producers.map(({ name }) => name);
}
