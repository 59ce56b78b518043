/**
 * nodeos's production loop: decides at each block start whether this node produces or only speculates, sleeps
 * until it must decide again, signs at the block's deadline, and applies the blocks of others in between.
 *
 * What matters to whoever runs producers: while it produces, incoming blocks are not applied; `pause` takes
 * effect at the next block start; `resume` starts building in the same call; a failed signature loses one slot
 * and is not retried. Everything here runs on the main thread.
 */
import { isSavanna } from "../../../chain/block/header.ts";
import type { ScheduledProducer } from "../../../chain/block/schedule.ts";
import { formatBlockTime, indexInRound, SLOT_MS, signingDeadline, slotOf, timeOf } from "../../../chain/time.ts";
import type { Controller } from "../chain/controller.ts";
import { preactivatedFeatures } from "../chain/protocol-features.ts";
import type { BlockState } from "../consensus/block-state.ts";
import { draftBlock } from "../consensus/draft.ts";
import { policyAt } from "../consensus/savanna.ts";
import { asFailure, failure } from "../failure.ts";
import type { NodeLog } from "../log.ts";
import { type MainThread, PRIORITY } from "../main-thread.ts";
import type { SignatureProviders } from "./signature-provider.ts";
import { wakeUpTime } from "./timing.ts";
import type { TransactionQueue } from "./transaction-queue.ts";
import type { VotePause } from "./vote-pause.ts";

const PLUGIN = "producer_plugin.cpp";
/** A speculating node this far behind does not build blocks that the next one would only replace. */
const SYNCING_MS = 5 * 60_000;
const RETRY_MS = SLOT_MS / 10;

export interface ProducerSettings {
  producers: readonly string[];
  offsetMs: number;
  /** Starts paused; `resume` ends it, a restart does not remember it. */
  pauseOnStartup: boolean;
  enableStaleProduction: boolean;
  /** Seconds; −1 for no limit. */
  maxIrreversibleAgeSec: number;
  /** 0 for no limit. */
  maxReversible: number;
}

export interface ProducerParts {
  controller: Controller;
  providers: SignatureProviders;
  queue: TransactionQueue;
  votePause: VotePause;
  main: MainThread;
  log: NodeLog;
  now: () => number;
}

type StartResult = "succeeded" | "failed" | "waiting_for_block" | "waiting_for_production";

export class Producer {
  readonly settings: ProducerSettings;
  /** Changed by `update_runtime_options`. */
  offsetMs: number;
  /** Block number at which this node stops applying and producing; 0 for never. */
  pauseAtBlock = 0;
  /** Features that the next block of this node will activate. */
  featuresToActivate: string[] = [];
  private readonly parts: ProducerParts;
  private paused: boolean;
  /** Becomes true when the node has caught up with the present; never false again. */
  private enabled: boolean;
  private mode: "producing" | "speculating" = "speculating";
  private deadline = 0;
  private timer: NodeJS.Timeout | undefined;
  private timerId = 0;
  private lastStartMs = Number.POSITIVE_INFINITY;
  /** Legacy: the newest block that each of our producers signed. */
  private readonly watermarks = new Map<string, { num: number; slot: number }>();

  constructor(settings: ProducerSettings, parts: ProducerParts) {
    this.settings = settings;
    this.offsetMs = settings.offsetMs;
    this.paused = settings.pauseOnStartup;
    this.enabled = settings.enableStaleProduction;
    this.parts = parts;
  }

  /** Paused explicitly, or for lack of votes. */
  get isPaused(): boolean {
    return this.paused || this.parts.votePause.reason(this.parts.now()) !== "none";
  }

  start(): void {
    if (this.settings.producers.length > 0) {
      this.log("info", "plugin_startup", `Launching block production for ${this.settings.producers.length} producers`);
    }
    this.loop();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timerId++;
  }

  pause(): void {
    this.log("info", "pause", "Producer paused.");
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.pauseAtBlock = 0;
    this.parts.votePause.reset();
    if (this.mode === "speculating") {
      this.abort();
      this.log("info", "resume", "Producer resumed. Scheduling production.");
      this.loop();
    } else {
      this.log("info", "resume", "Producer resumed.");
    }
  }

  /** A peer's block is in the fork database: apply it, unless we are producing. */
  incomingBlock(): void {
    const { controller } = this.parts;
    const best = controller.forks.head;
    if (this.mode === "producing") {
      this.log("info", "on_incoming_block", `producing, fork database head at: #${best.num} id: ${best.id}`);
      return;
    }
    if (best === controller.head || this.atPauseBlock()) return;
    this.abort();
    controller.applyBest();
    this.noticeCaughtUp();
    this.loop();
  }

  /** Every block whose header was accepted, ours too: legacy watermarks, and the clock of the vote pause. */
  acceptedHeader(state: BlockState): void {
    const { producer } = state.header;
    if (!isSavanna(state.header)) {
      const known = this.watermarks.get(producer);
      if (this.settings.producers.includes(producer) && (known === undefined || known.slot < state.slot)) {
        this.watermarks.set(producer, { num: state.num, slot: state.slot });
      }
    } else if (state.consensus.kind === "savanna") {
      const { finalizers, pendingFinalizers } = state.consensus;
      const all = [...finalizers.finalizers, ...(pendingFinalizers?.policy.finalizers ?? [])];
      this.parts.votePause.block(
        this.parts.now(),
        all.map(({ description }) => description),
      );
    }
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

  private noticeCaughtUp(): void {
    if (timeOf(this.parts.controller.head.slot) + SLOT_MS >= this.parts.now()) this.enabled = true;
  }

  private atPauseBlock(): boolean {
    return this.pauseAtBlock > 0 && this.parts.controller.head.num >= this.pauseAtBlock;
  }

  // ---- the loop

  private loop(): void {
    clearTimeout(this.timer);
    const result = this.startBlock();
    const { controller } = this.parts;
    if (result === "failed") {
      this.log("warn", "schedule_production_loop", "Failed to start a pending block, will try again later");
      this.wakeAt(this.parts.now() + RETRY_MS);
    } else if (result === "waiting_for_block") {
      this.wakeAt(this.nextWake(controller.head, this.pendingSlot(controller.head)));
    } else if (result === "succeeded" && this.mode === "producing") {
      this.produceAt(this.deadline);
    } else if (result === "succeeded") {
      const wake = this.nextWake(controller.head, controller.building?.draft.slot ?? 0);
      this.wakeAt(wake !== undefined && wake < this.parts.now() ? this.deadline : wake);
    }
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
    if (this.atPauseBlock()) return "waiting_for_block";
    for (;;) {
      const slot = this.pendingSlot(controller.head);
      const decided = this.chooseMode(controller.head, slot);
      if (decided !== "succeeded") return decided;
      // a producer starts on time and leaves blocks of others in the fork database
      if (this.mode === "producing" && controller.headHoldsFinal()) break;
      if (controller.applyBest() === 0) break;
      this.noticeCaughtUp();
      if (this.atPauseBlock()) return "waiting_for_block";
    }
    try {
      const slot = this.pendingSlot(controller.head);
      const builder = controller.startBlock(slot, this.blocksToConfirm(slot), this.features());
      if (this.mode === "producing") queue.fill(builder);
      queue.serveWaiting(builder);
      return "succeeded";
    } catch (thrown) {
      this.log("error", "start_block", asFailure(thrown).message);
      return "failed";
    }
  }

  private features(): string[] {
    const asked = preactivatedFeatures(this.parts.controller.tables);
    if (this.mode !== "producing") return asked;
    const all = [...new Set([...this.featuresToActivate, ...asked])];
    if (this.featuresToActivate.length > 0) {
      const num = this.parts.controller.head.num + 1;
      this.log(
        "info",
        "start_block",
        `signaling activation of the following protocol features in block ${num}: ${JSON.stringify(all)}`,
      );
    }
    return all;
  }

  /** Producing or speculating, with nodeos's checks in nodeos's order. */
  private chooseMode(head: BlockState, slot: number): StartResult {
    const now = this.parts.now();
    const due = draftBlock(head, slot, 0);
    const scheduled = due && { name: due.producer, authority: due.authority };
    const refusal = scheduled === undefined ? undefined : this.refusal(head, slot, scheduled, now);
    this.mode = scheduled !== undefined && refusal === undefined ? "producing" : "speculating";
    if (this.mode === "speculating") {
      const wasRecent = this.lastStartMs < now + SLOT_MS;
      if (refusal === "not ours") {
        if (wasRecent && now - timeOf(head.slot) > SYNCING_MS) return "waiting_for_block";
        this.lastStartMs = now;
      } else if (refusal !== undefined) {
        this.log(refusal.level, "determine_pending_block_mode", `Not producing block because ${refusal.because}`);
      }
      this.deadline = Math.max(signingDeadline(slot, this.offsetMs), now + SLOT_MS);
      return "succeeded";
    }
    if (indexInRound(slot) === 0 && now < timeOf(slot) - SLOT_MS) {
      this.mode = "speculating";
      this.wakeAt(timeOf(slot) - SLOT_MS);
      return "waiting_for_production";
    }
    this.deadline = signingDeadline(slot, this.offsetMs);
    return "succeeded";
  }

  /** Why this node does not produce the slot; `undefined` when it does. */
  private refusal(head: BlockState, slot: number, scheduled: ScheduledProducer, now: number) {
    const { votePause, providers, controller } = this.parts;
    const at = `block ${formatBlockTime(slot)}`;
    const ours = this.settings.producers.includes(scheduled.name);
    const because = (level: "warn" | "error", text: string) => ({ level, because: text });
    if (!this.enabled && ours) return because("error", `stale production not enabled, ${at}`);
    if (!this.enabled || !ours) return "not ours";
    if (!scheduled.authority.keys.some(({ key }) => providers.blocks.has(key))) {
      return because(
        "error",
        `I don't have any private keys relevant to authority: ${JSON.stringify(scheduled.authority)}, ${at}`,
      );
    }
    if (this.paused) return because("warn", `production is explicitly paused, ${at}`);
    const age = Math.floor((now - timeOf(controller.root.slot)) / 1000);
    const maxAge = this.settings.maxIrreversibleAgeSec;
    if (maxAge >= 0 && age >= maxAge)
      return because("error", `the irreversible block is too old [age:${age}s, max:${maxAge}s], ${at}`);
    const votes = votePause.reason(now);
    if (votes === "old_producer_vote")
      return because("error", `no recent votes received from configured producer, ${at}`);
    if (votes === "old_other_vote") return because("error", `no recent votes received from others, ${at}`);
    if (votes === "old_votes") return because("error", `no recent votes, ${at}`);
    const { maxReversible } = this.settings;
    if (maxReversible > 0 && head.num - controller.root.num > maxReversible) {
      return because(
        "error",
        `max-reversible-blocks ${maxReversible} reached, head ${head.num}, lib ${controller.root.num}, ${at}`,
      );
    }
    return this.watermarkRefusal(head, slot, scheduled.name);
  }

  private watermarkRefusal(head: BlockState, slot: number, name: string) {
    const watermark = head.consensus.kind === "legacy" ? this.watermarks.get(name) : undefined;
    if (watermark === undefined) return undefined;
    if (watermark.num > head.num) {
      const text = `"${name}" signed a block at a higher block number (${watermark.num}) than the current fork's head (${head.num})`;
      return { level: "error" as const, because: text };
    }
    if (watermark.slot >= slot) {
      const text =
        `"${name}" signed a block at the next block time or later (${formatBlockTime(watermark.slot)}) ` +
        `than the pending block time (${formatBlockTime(slot)})`;
      return { level: "error" as const, because: text };
    }
    return undefined;
  }

  /** Legacy: how many earlier blocks our producer confirms with this one. */
  private blocksToConfirm(slot: number): number {
    const { head, root } = this.parts.controller;
    const name = draftBlock(head, slot, 0)?.producer ?? "";
    const watermark = this.watermarks.get(name);
    if (
      this.mode !== "producing" ||
      head.consensus.kind !== "legacy" ||
      watermark === undefined ||
      watermark.num >= head.num
    )
      return 0;
    return Math.min(head.num - watermark.num, head.num - root.num, 0xffff);
  }

  // ---- timers: one at a time, always back on the main thread

  private arm(atMs: number, run: () => void | Promise<void>): void {
    clearTimeout(this.timer);
    const id = ++this.timerId;
    const fire = () => {
      if (id !== this.timerId) return;
      this.parts.main.post(PRIORITY.high, () => (id === this.timerId ? run() : undefined));
    };
    this.timer = setTimeout(fire, Math.max(0, atMs - this.parts.now()));
  }

  private wakeAt(atMs: number | undefined): void {
    if (atMs !== undefined) this.arm(atMs, () => this.loop());
  }

  private produceAt(atMs: number): void {
    this.arm(atMs, () => this.produce());
  }

  private async produce(): Promise<void> {
    const { controller, providers } = this.parts;
    const keys = controller.building?.draft.authority.keys.map(({ key }) => key) ?? [];
    const signers = keys.flatMap((key) => providers.blocks.get(key) ?? []);
    try {
      if (signers.length === 0)
        throw failure("producer_priv_key_not_found", "no relevant private keys", `${PLUGIN}:produce_block`);
      this.signaled(controller.building?.features ?? []);
      // one after the other, as nodeos asks them; every one must answer
      await controller.produceBlock(async (digest) => {
        const signatures: string[] = [];
        for (const sign of signers) signatures.push(await sign(digest));
        return signatures;
      });
      this.loop();
    } catch (thrown) {
      const { code, name, what, details, message } = asFailure(thrown);
      const lines =
        code === 10
          ? `${code} ${name}: ${what}\n${message}`
          : `${code} ${name}: ${what}\n${details.map((d) => d.message).join("\n")}`;
      this.log("warn", "maybe_produce_block", lines);
      this.abort();
      this.wakeAt(timeOf(this.pendingSlot(controller.head)));
    }
  }

  private signaled(features: readonly string[]): void {
    this.featuresToActivate = this.featuresToActivate.filter((digest) => !features.includes(digest));
  }

  private log(level: "info" | "warn" | "error", method: string, message: string): void {
    this.parts.log.write(level, "nodeos", `${PLUGIN}:${method}`, message);
  }
}

/** Names of the schedule that decides about `slot` on top of `head`. */
function scheduleNames(head: BlockState, slot: number): string[] {
  const { consensus } = head;
  const schedule = consensus.kind === "legacy" ? consensus.active : policyAt(consensus, head.slot, slot).schedule;
  return schedule.producers.map(({ name }) => name);
}
