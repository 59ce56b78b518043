/** What is wrong right now, worst first: what an operator who opens the page at night has to know before anything else. */
import type { ChainView, Level, NodeView, PairView, RoundView, StateView } from "../../api/views.ts";

/** Fewer observers than this cannot tell a missing block from a blind eye. */
const QUORUM = 2;
/** A chain without a new block for so long has stopped; until then it may be one producer's missed round. */
const STILL_AFTER_MS = 8_000;
/** A node a whole round behind is not catching its breath, it has lost the chain. */
const FAR_BEHIND = 12;

export type Trouble =
  /** Too few nodes of a chain can be seen to judge its blocks. */
  | { kind: "blind"; level: Level; chain: string; visible: number; watched: number }
  | { kind: "still"; level: Level; chain: string; since: number }
  | { kind: "pair"; level: Level; pair: PairView }
  | { kind: "unseen"; level: Level; node: string; ways: ("http" | "p2p")[]; entirely: boolean }
  | { kind: "behind"; level: Level; node: string }
  /** Blocks of ours that are missing from the chain, in the rounds shown. */
  | { kind: "missed"; level: Level; producer: string }
  | { kind: "unrecorded"; level: Level };

const RANK: Readonly<Record<Level, number>> = { critical: 0, unknown: 1, warning: 2, ok: 3 };

/** `now` is the server's time. */
export function troublesOf(state: StateView, now: number): Trouble[] {
  const troubles = [
    ...state.chains.flatMap((chain) => ofChain(chain, now)),
    ...state.pairs.flatMap(ofPair),
    ...state.nodes.flatMap(ofNode),
    ...missedByUs(state.rounds),
    ...(state.recording ? [] : [{ kind: "unrecorded", level: "warning" } as const]),
  ];
  return troubles.sort((a, b) => RANK[a.level] - RANK[b.level]);
}

/** The worst of them. */
export function levelOf(troubles: readonly Trouble[]): Level {
  return troubles[0]?.level ?? "ok";
}

function ofChain({ name, head, observers }: ChainView, now: number): Trouble[] {
  const { visible, watched } = observers;
  if (visible < QUORUM) return [{ kind: "blind", level: "unknown", chain: name, visible, watched }];
  if (head !== undefined && now - head.at > STILL_AFTER_MS) {
    return [{ kind: "still", level: "critical", chain: name, since: head.at }];
  }
  return [];
}

function ofPair(pair: PairView): Trouble[] {
  return pair.level === "ok" ? [] : [{ kind: "pair", level: pair.level, pair }];
}

function missedByUs(rounds: readonly RoundView[]): Trouble[] {
  const gaps = rounds.filter(
    ({ ours, slots }) => ours && slots.some(({ state }) => state === "missed" || state === "orphaned"),
  );
  const producers = new Set(gaps.map(({ producer }) => producer));
  return [...producers].map((producer) => ({ kind: "missed", level: "critical", producer }));
}

function ofNode(node: NodeView): Trouble[] {
  if (node.status === "planned") return [];
  const ways = (["http", "p2p"] as const).filter((way) => node[way].state === "down");
  if (ways.length > 0) {
    const entirely = (["http", "p2p"] as const).every((way) => node[way].state !== "up");
    const level = entirely && node.role !== "peer" ? "critical" : "warning";
    return [{ kind: "unseen", level, node: node.name, ways, entirely }];
  }
  return (node.behind ?? 0) >= FAR_BEHIND ? [{ kind: "behind", level: "warning", node: node.name }] : [];
}
