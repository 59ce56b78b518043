/**
 * The watch loop of one chain: takes observations, keeps blocks, schedule, rounds, nodes and pairs, and tells
 * what changed. It is told the time and does no input or output of its own; observers feed it and whoever
 * runs it calls {@link Watch.tick} when {@link Watch.nextTick} is due.
 */
import { roundStart, SLOTS_PER_ROUND, slotOf, timeOf } from "../chain/time.ts";
import { BlockTree, type ForkSwitch } from "./block-tree.ts";
import { type NodeStatus, NodeStatuses } from "./node-status.ts";
import type { Observation } from "./observation.ts";
import { judgePair, type PairJudgement } from "./pair.ts";
import { judgeRound, type Round } from "./rounds.ts";
import { ScheduleHistory, type ScheduleInForce } from "./schedule-history.ts";
import type { WatchTarget } from "./target.ts";
import { OVERDUE_MS, QUORUM, type SlotVerdict, type VerdictView } from "./verdict.ts";
import { Witnesses } from "./witnesses.ts";

/** Rounds that are judged again and again: long enough for legacy finality of 21 producers. */
const LIVE_ROUNDS = 66;

export type WatchEvent =
  /** A round has a slot whose verdict changed. Rounds may come again, until they are final. */
  | { kind: "round"; round: Round }
  /** A slot turned out missed, late or orphaned, or not to be so after all. */
  | { kind: "slot"; producer: string; verdict: SlotVerdict; before: SlotVerdict["state"]; at: number }
  | { kind: "fork"; left: number; toNum: number; at: number }
  | { kind: "schedule"; schedule: ScheduleInForce; at: number }
  | { kind: "node"; node: NodeStatus; observer: string; at: number }
  | { kind: "pair"; pair: string; judgement: PairJudgement; at: number };

export class Watch {
  readonly target: WatchTarget;
  readonly tree = new BlockTree((LIVE_ROUNDS + 2) * SLOTS_PER_ROUND);
  readonly schedules = new ScheduleHistory();
  readonly nodes: NodeStatuses;
  private readonly witnesses: Witnesses;
  private readonly tell: (event: WatchEvent) => void;
  /** Judged before, by first slot; what a change is measured against. */
  private readonly rounds = new Map<number, Round>();
  private readonly pairs = new Map<string, PairJudgement>();
  private since = Number.POSITIVE_INFINITY;
  private lib: { num: number; id: string } = { num: 0, id: "" };

  constructor(target: WatchTarget, now: number, tell: (event: WatchEvent) => void) {
    this.target = target;
    this.tell = tell;
    this.witnesses = new Witnesses(target.nodes.filter(({ ours }) => ours).map(({ name }) => name));
    this.nodes = new NodeStatuses(
      target.nodes.map(({ name }) => name),
      now,
    );
  }

  /** The irreversible block that any node has got furthest to. */
  get irreversible(): { num: number; id: string; slot: number | undefined } {
    return { ...this.lib, slot: this.tree.get(this.lib.id)?.slot };
  }

  /** Judged rounds, oldest first, the one under way last. */
  recentRounds(): Round[] {
    return [...this.rounds.values()].sort((a, b) => a.startSlot - b.startSlot);
  }

  pair(name: string): PairJudgement | undefined {
    return this.pairs.get(name);
  }

  /** First slot that is judged; infinite until enough can be seen. */
  get watchingSince(): number {
    return this.since;
  }

  take(observation: Observation): void {
    const sightChanged = this.nodes.take(observation);
    if (observation.kind === "block") this.onBlock(observation);
    else if (observation.kind === "head") this.onHead(observation);
    else if (observation.kind === "schedule") this.onSchedule(observation);
    else if (sightChanged && (observation.kind === "up" || observation.kind === "down")) {
      const node = this.nodes.get(observation.node);
      if (node !== undefined) this.tell({ kind: "node", node, observer: observation.observer, at: observation.at });
    }
    this.begin(observation.at);
    this.judgePairs(observation.at);
  }

  /** Judges what time alone changes: blocks that are overdue by now. */
  tick(now: number): void {
    this.begin(now);
    const slot = slotOf(now - OVERDUE_MS);
    this.judge(slot, slot, now);
  }

  /** When to tick next: as soon as the next slot's block would be overdue. */
  nextTick(now: number): number {
    return timeOf(slotOf(now - OVERDUE_MS) + 1) + OVERDUE_MS;
  }

  private view(now: number): VerdictView {
    const libSlot = this.irreversible.slot ?? 0;
    return { tree: this.tree, now, libSlot, since: this.since, observers: this.nodes.visible };
  }

  /** Judging begins with the first whole slot after enough nodes can be seen and the schedule is known. */
  private begin(now: number): void {
    if (this.since !== Number.POSITIVE_INFINITY) return;
    const ready = this.nodes.visible >= QUORUM && this.schedules.current !== undefined && this.tree.head !== undefined;
    if (ready) this.since = slotOf(now) + 1;
  }

  private onBlock({ block, node, observer, at, exact }: Extract<Observation, { kind: "block" }>): void {
    if (this.tree.get(block.id) === undefined && !this.witnesses.believe(`block ${block.id}`, node)) return;
    const headBefore = this.tree.head?.slot ?? block.slot;
    const result = this.tree.see(block, observer, at, exact);
    if (result === "known") return;
    if (typeof result === "object") this.onFork(result, at);
    const from =
      typeof result === "object"
        ? Math.min(...result.left.map(({ slot }) => slot), block.slot)
        : Math.min(block.slot, headBefore);
    this.judge(from, Math.max(block.slot, headBefore), at);
  }

  private onFork({ left, head }: ForkSwitch, at: number): void {
    this.tell({ kind: "fork", left: left.length, toNum: head.num, at });
  }

  private onHead(observation: Extract<Observation, { kind: "head" }>): void {
    const { libNum, libId, node } = observation;
    if (libNum <= this.lib.num || !this.witnesses.believe(`LIB ${libId}`, node)) return;
    const before = this.irreversible.slot ?? 0;
    this.lib = { num: libNum, id: libId };
    const after = this.irreversible.slot;
    if (after !== undefined) this.judge(before, after, observation.at);
  }

  private onSchedule(observation: Extract<Observation, { kind: "schedule" }>): void {
    const { version, producers, node } = observation;
    if (!this.witnesses.believe(`schedule ${version} ${producers.join()}`, node)) return;
    const recent = this.tree.head === undefined ? [] : this.recentBlocks(this.tree.head.slot);
    const schedule = this.schedules.learn(observation, slotOf(observation.at), recent);
    if (schedule === undefined) return;
    this.tell({ kind: "schedule", schedule, at: observation.at });
    if (this.tree.head !== undefined) this.judge(schedule.fromSlot, this.tree.head.slot, observation.at);
  }

  private recentBlocks(headSlot: number) {
    const slots = Array.from({ length: SLOTS_PER_ROUND * 4 }, (_, i) => headSlot - i);
    return slots.flatMap((slot) => {
      const block = this.tree.canonical(slot);
      if (block === undefined) return [];
      const version = block.claim === undefined ? block.scheduleVersion : undefined;
      return [{ slot, producer: block.producer, version }];
    });
  }

  /** Judges the rounds between two slots anew and tells what came out differently. */
  private judge(fromSlot: number, toSlot: number, now: number): void {
    // of what nobody watched there is nothing to say
    if (!Number.isFinite(this.since)) return;
    const view = this.view(now);
    const oldest = roundStart(toSlot) - LIVE_ROUNDS * SLOTS_PER_ROUND;
    for (let start = roundStart(Math.max(fromSlot, oldest, this.since)); start <= toSlot; start += SLOTS_PER_ROUND) {
      const round = judgeRound(start, this.schedules, view);
      if (round === undefined) return;
      this.compare(this.rounds.get(start), round, now);
      this.rounds.set(start, round);
    }
    for (const start of this.rounds.keys()) if (start < oldest) this.rounds.delete(start);
  }

  private compare(before: Round | undefined, round: Round, at: number): void {
    let changed = before === undefined || before.producer !== round.producer || before.final !== round.final;
    for (const [i, verdict] of round.slots.entries()) {
      const earlier = before?.slots[i];
      const was = earlier?.state ?? "due";
      // after a fork switch another block may be the one that was produced
      const sameBlock = earlier?.block?.id === verdict.block?.id;
      if (was === verdict.state && earlier?.certainty === verdict.certainty && sameBlock) continue;
      changed = true;
      const bad = (state: SlotVerdict["state"]) => state === "missed" || state === "orphaned" || state === "late";
      if (was !== verdict.state && (bad(was) || bad(verdict.state))) {
        const producer = this.schedules.dueAt(verdict.slot) ?? round.producer;
        this.tell({ kind: "slot", producer, verdict, before: was, at });
      }
    }
    if (changed) this.tell({ kind: "round", round });
  }

  private judgePairs(at: number): void {
    for (const pair of this.target.pairs) {
      const judgement = judgePair(pair, this.nodes.list(), this.tree.head?.num ?? 0);
      const before = this.pairs.get(pair.name);
      this.pairs.set(pair.name, judgement);
      const same =
        before?.active === judgement.active &&
        before?.level === judgement.level &&
        before?.because === judgement.because;
      if (!same) this.tell({ kind: "pair", pair: pair.name, judgement, at });
    }
  }
}
