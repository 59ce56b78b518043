/**
 * The list of what happened, made from the watch loop's events: one entry a round however many of its slots
 * were missed, one for each time a node goes or comes, a pair changes, the chain forks.
 */
import { timeOf } from "../chain/time.ts";
import type { Round } from "../watch/rounds.ts";
import type { WatchTarget } from "../watch/target.ts";
import type { WatchEvent } from "../watch/watch.ts";
import type { HappeningView } from "./views.ts";

/** Kept to be shown; the record keeps more. */
const KEPT = 100;
/** Rounds whose entry may still have to be corrected: more than the watch loops of a few chains go on judging. */
const CORRECTABLE = 1_000;
/** Fewer late blocks than this in a round are the network's everyday noise. */
const LATE_WORTH_TELLING = 3;

type Event<Kind extends WatchEvent["kind"]> = Extract<WatchEvent, { kind: Kind }>;

export class Happenings {
  private readonly entries = new Map<string, HappeningView>();
  private changed = new Map<string, HappeningView>();
  /** Ids of rounds that did not go well: their entry may be forgotten here and still stand in the record. */
  private readonly badRounds = new Set<string>();
  /** Nodes that cannot be seen in some way, by name. */
  private readonly outages = new Map<string, { since: number; ways: Set<"http" | "p2p"> }>();

  /** Newest first. */
  list(): HappeningView[] {
    return [...this.entries.values()].sort((a, b) => b.at - a.at);
  }

  /** Entries from an earlier run, which need not be told again. */
  remember(past: readonly HappeningView[]): void {
    for (const entry of past) {
      if (this.entries.has(entry.id)) continue;
      this.entries.set(entry.id, entry);
      this.noteRound(entry);
    }
    this.forget();
  }

  /** Entries that are new or different since the last call. */
  takeChanged(): HappeningView[] {
    const changed = [...this.changed.values()];
    this.changed = new Map();
    return changed;
  }

  /** Takes an event; returns the entries that it made or changed. */
  take(target: WatchTarget, event: WatchEvent): HappeningView[] {
    const entry = this.entryOf(target, event);
    if (entry === undefined || isSame(entry, this.entries.get(entry.id))) return [];
    this.entries.set(entry.id, entry);
    this.changed.set(entry.id, entry);
    this.noteRound(entry);
    this.forget();
    return [entry];
  }

  private noteRound({ id, kind, level }: HappeningView): void {
    if (kind !== "round") return;
    if (level === "ok") this.badRounds.delete(id);
    else this.badRounds.add(id);
  }

  private entryOf({ chain, accounts }: WatchTarget, event: WatchEvent): HappeningView | undefined {
    switch (event.kind) {
      case "round":
        return this.round(chain, event.round, accounts.includes(event.round.producer));
      case "fork":
        return forkEntry(chain, event);
      case "schedule":
        return scheduleEntry(chain, event);
      case "node":
        return this.node(chain, event);
      case "pair":
        return pairEntry(chain, event);
      case "slot":
        // told with its round
        return undefined;
    }
  }

  private round(chain: string, round: Round, ours: boolean): HappeningView | undefined {
    const { missed, orphaned, late } = round.counts;
    const id = `round/${chain}/${round.startSlot}`;
    const gaps = missed + orphaned;
    const isWorthTelling = gaps > 0 || late >= LATE_WORTH_TELLING;
    // an entry that turned out wrong is corrected, not left standing
    if (!isWorthTelling && !this.badRounds.has(id) && !this.entries.has(id)) return undefined;
    const first = round.slots.find(({ state }) => state === "missed" || state === "orphaned" || state === "late");
    return {
      id,
      at: timeOf(first?.slot ?? round.startSlot),
      level: !isWorthTelling ? "ok" : gaps > 0 && ours ? "critical" : "warning",
      chain,
      kind: "round",
      facts: { producer: round.producer, missed, orphaned, late, startSlot: round.startSlot },
    };
  }

  /** One entry for a node that goes, however many ways of seeing it fail, and one when all of them see it again. */
  private node(chain: string, { node, observer, at }: Event<"node">): HappeningView | undefined {
    const way = observer.endsWith("/p2p") ? "p2p" : "http";
    const outage = this.outages.get(node.name) ?? { since: at, ways: new Set() };
    if (node[way].state === "up") {
      // that a node can be seen is news only where it could not before
      if (!outage.ways.delete(way) || outage.ways.size > 0) return undefined;
      this.outages.delete(node.name);
      const seconds = Math.round((at - outage.since) / 1000);
      const facts = { node: node.name, seconds };
      return { id: `node-up/${chain}/${node.name}/${at}`, at, level: "ok", chain, kind: "node-up", facts };
    }
    outage.ways.add(way);
    this.outages.set(node.name, outage);
    const isSeenElsewhere = node.http.state === "up" || node.p2p.state === "up";
    return {
      id: `node-down/${chain}/${node.name}/${outage.since}`,
      at: outage.since,
      level: isSeenElsewhere ? "warning" : "critical",
      chain,
      kind: "node-down",
      facts: { node: node.name, ways: [...outage.ways].sort().join("+") },
    };
  }

  private forget(): void {
    const oldest = this.list().slice(KEPT);
    for (const { id } of oldest) this.entries.delete(id);
    for (const id of this.badRounds) {
      if (this.badRounds.size <= CORRECTABLE) break;
      this.badRounds.delete(id);
    }
  }
}

function forkEntry(chain: string, { left, toNum, at }: Event<"fork">): HappeningView {
  return { id: `fork/${chain}/${at}`, at, level: "warning", chain, kind: "fork", facts: { left, toNum } };
}

function scheduleEntry(chain: string, { schedule, at }: Event<"schedule">): HappeningView | undefined {
  const { version, fromSlot } = schedule;
  // the first one that is learned was in force before; that is news to us only
  if (fromSlot === 0) return undefined;
  return { id: `schedule/${chain}/${version}`, at, level: "ok", chain, kind: "schedule", facts: { version, fromSlot } };
}

function pairEntry(chain: string, { pair, judgement, at }: Event<"pair">): HappeningView | undefined {
  const { reason, level, active = "" } = judgement;
  // what nobody can tell is told by the nodes that cannot be seen
  if (reason === "cannot-tell") return undefined;
  return { id: `pair/${chain}/${pair}/${at}`, at, level, chain, kind: "pair", facts: { pair, reason, active } };
}

function isSame(entry: HappeningView, before: HappeningView | undefined): boolean {
  return JSON.stringify(entry) === JSON.stringify(before);
}
