/**
 * The board: what the API shows right now, kept up to date from the watch loops. It gathers changes for a
 * moment and hands them out together, so that a chain with many nodes does not become many messages.
 */
import type { Fleet } from "../fleet/schema.ts";
import type { Watch, WatchEvent } from "../watch/watch.ts";
import { Happenings } from "./happenings.ts";
import { showChain, showNodes, showPairs, showRound, showSites } from "./show.ts";
import type { HappeningView, PastRoundView, RoundView, StateView, UpdateView } from "./views.ts";

/** Changes are handed out at most this often. */
const GATHER_MS = 150;
/** Rounds shown of each chain. */
const SHOWN_ROUNDS = 24;

export interface BoardFacts {
  fleet: Fleet;
  mode: StateView["mode"];
  watches: readonly Watch[];
}

/** Called with each group of changes, and the same as JSON, made once for all who listen. */
export type Listener = (update: UpdateView, json: string) => void;

export class Board {
  private readonly facts: BoardFacts;
  private readonly happenings = new Happenings();
  private readonly listeners = new Set<Listener>();
  private readonly changedRounds = new Map<string, RoundView>();
  /** Last handed out, by kind and name, as JSON: what a change is measured against. */
  private readonly shown = new Map<string, string>();
  private past: RoundView[] = [];
  private recording = false;
  private readonly timer: NodeJS.Timeout;

  constructor(facts: BoardFacts) {
    this.facts = facts;
    this.timer = setInterval(() => this.handOut(), GATHER_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.listeners.clear();
  }

  /** The state as it is, and from now on each change of it, until `stop`. */
  follow(listener: Listener): { state: StateView; stop: () => void } {
    // what is gathered goes to the others first: what changes back before its time would not be told at all
    this.handOut();
    this.listeners.add(listener);
    return { state: this.state(), stop: () => this.listeners.delete(listener) };
  }

  /** How many follow it. */
  get followers(): number {
    return this.listeners.size;
  }

  /** Whether the record of the past is being written. */
  setRecording(recording: boolean): void {
    this.recording = recording;
  }

  /** What the record holds from before this run, to be shown until newer pushes it out. */
  remember(rounds: readonly PastRoundView[], happenings: readonly HappeningView[]): void {
    const accounts = new Map(this.facts.watches.map(({ target }) => [target.chain, target.accounts]));
    this.past = rounds.map(({ slots, ...round }) => ({
      ...round,
      ours: accounts.get(round.chain)?.includes(round.producer) ?? false,
      slots: slots.map((state) => ({
        // what was due when that run ended was watched by nobody
        state: state === "due" ? "unknown" : state,
        certainty: round.final ? "final" : "canonical",
      })),
    }));
    this.happenings.remember(happenings);
  }

  /** Takes an event of a watch loop. Returns what is to be written down of it. */
  take(watch: Watch, event: WatchEvent): HappeningView[] {
    if (event.kind === "round") {
      this.changedRounds.set(`${watch.target.chain}/${event.round.startSlot}`, showRound(watch, event.round));
    }
    return this.happenings.take(watch.target, event);
  }

  /** Hands out what has changed since the last time, if anything. The board does so by itself. */
  handOut(): void {
    const { fleet, watches } = this.facts;
    const chains = watches.map(showChain).filter((view) => this.isNew(`chain/${view.name}`, view));
    const nodes = showNodes(fleet, watches).filter((view) => this.isNew(`node/${view.name}`, view));
    const pairs = showPairs(watches).filter((view) => this.isNew(`pair/${view.name}`, view));
    const rounds = [...this.changedRounds.values()];
    const happenings = this.happenings.takeChanged();
    const recording = this.isNew("recording", this.recording);
    this.changedRounds.clear();
    if (chains.length + nodes.length + pairs.length + rounds.length + happenings.length === 0 && !recording) return;
    const update: UpdateView = {
      now: Date.now(),
      ...(chains.length > 0 && { chains }),
      ...(nodes.length > 0 && { nodes }),
      ...(pairs.length > 0 && { pairs }),
      ...(rounds.length > 0 && { rounds }),
      ...(happenings.length > 0 && { happenings }),
      ...(recording && { recording: this.recording }),
    };
    const json = JSON.stringify(update);
    for (const listener of this.listeners) listener(update, json);
  }

  state(): StateView {
    const { fleet, mode, watches } = this.facts;
    return {
      now: Date.now(),
      organisation: fleet.organisation.name,
      mode,
      recording: this.recording,
      chains: watches.map(showChain),
      rounds: watches.flatMap((watch) => this.rounds(watch)),
      nodes: showNodes(fleet, watches),
      pairs: showPairs(watches),
      sites: showSites(fleet),
      happenings: this.happenings.list(),
    };
  }

  /** The last rounds of a chain, oldest first. What this run judged itself is fresher than the record. */
  private rounds(watch: Watch): RoundView[] {
    const live = watch.recentRounds().map((round) => showRound(watch, round));
    const since = live[0]?.startSlot ?? Number.POSITIVE_INFINITY;
    const past = this.past.filter(({ chain, startSlot }) => chain === watch.target.chain && startSlot < since);
    return [...past, ...live].slice(-SHOWN_ROUNDS);
  }

  private isNew(key: string, view: unknown): boolean {
    const text = JSON.stringify(view);
    if (this.shown.get(key) === text) return false;
    this.shown.set(key, text);
    return true;
  }
}
