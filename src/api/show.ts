/** Makes views from what the watch loop knows. What is hidden stays hidden: no address and no text of an error. */
import { timeOf } from "../chain/time.ts";
import type { Fleet } from "../fleet/schema.ts";
import type { Problem } from "../kit/problem.ts";
import type { NodeStatus, Sight } from "../watch/node-status.ts";
import type { PairJudgement } from "../watch/pair.ts";
import type { Round } from "../watch/rounds.ts";
import type { Watch } from "../watch/watch.ts";
import type { ChainView, NodeView, PairView, RoundView, SightProblem, SightView, SiteView } from "./views.ts";

export function showChain(watch: Watch): ChainView {
  const { head } = watch.tree;
  const { num, id } = watch.irreversible;
  const { current } = watch.schedules;
  return {
    name: watch.target.chain,
    id: watch.target.chainId,
    consensus: head === undefined ? "unknown" : head.claim === undefined ? "legacy" : "savanna",
    ...(head && { head: { num: head.num, id: head.id, at: timeOf(head.slot), producer: head.producer } }),
    ...(num > 0 && { lib: { num, id } }),
    schedule: { version: current?.version ?? 0, producers: [...(current?.producers ?? [])] },
    accounts: [...watch.target.accounts],
    observers: { visible: watch.nodes.visible, watched: watch.target.nodes.length },
    ...(Number.isFinite(watch.watchingSince) && { watchingSince: timeOf(watch.watchingSince) }),
  };
}

export function showRound(watch: Watch, round: Round): RoundView {
  return {
    chain: watch.target.chain,
    startSlot: round.startSlot,
    startsAt: timeOf(round.startSlot),
    producer: round.producer,
    ours: watch.target.accounts.includes(round.producer),
    slots: round.slots.map(({ state, certainty, block, latenessMs }) => ({
      state,
      certainty,
      ...(block && { num: block.num }),
      ...(latenessMs !== undefined && { latenessMs: Math.round(latenessMs) }),
    })),
    final: round.final,
  };
}

/** Every node of the fleet, planned ones too, then its peers. */
export function showNodes(fleet: Fleet, watches: readonly Watch[]): NodeView[] {
  const siteOf = new Map(fleet.hosts.map((host) => [host.name, host.site]));
  const ours = fleet.nodes.map((node) => ({
    name: node.name,
    role: node.role,
    ...("chain" in node && { chain: node.chain }),
    site: siteOf.get(node.host) ?? "",
    status: node.status,
  }));
  const peers = fleet.peers.map(({ name, chain }) => ({
    name,
    role: "peer" as const,
    chain,
    site: "",
    status: "live" as const,
  }));
  return [...ours, ...peers].map((node) => {
    const watch = watches.find(({ target }) => target.chain === node.chain);
    const status = watch?.nodes.get(node.name);
    return { ...node, ...(status === undefined || watch === undefined ? UNWATCHED : showStatus(status, watch)) };
  });
}

const UNWATCHED = { http: { state: "unwatched" }, p2p: { state: "unwatched" } } as const satisfies Partial<NodeView>;

function showStatus(status: NodeStatus, watch: Watch): Omit<NodeView, "name" | "role" | "chain" | "site" | "status"> {
  const watched = watch.target.nodes.find(({ name }) => name === status.name);
  const headNum = watch.tree.head?.num;
  const behind =
    headNum === undefined || status.head === undefined ? undefined : Math.max(0, headNum - status.head.num);
  const { latencyMs } = status.http;
  return {
    http: watched?.http === undefined ? UNWATCHED.http : showSight(status.http),
    p2p: watched?.p2p === undefined ? UNWATCHED.p2p : showSight(status.p2p),
    ...(status.head && { headNum: status.head.num }),
    ...(status.lib && { libNum: status.lib.num }),
    ...(behind !== undefined && { behind }),
    ...(latencyMs !== undefined && { latencyMs: Math.round(latencyMs) }),
    ...(status.clock && { clockOffsetMs: Math.round(status.clock.offsetMs) }),
    ...(status.version !== undefined && { version: status.version }),
    ...(status.paused !== undefined && { paused: status.paused }),
  };
}

function showSight({ state, since, problem }: Sight): SightView {
  return { state, since, ...(problem && { problem: problemKind(problem) }) };
}

const PROBLEM_KINDS: Readonly<Record<string, SightProblem>> = {
  NODE_UNREACHABLE: "unreachable",
  P2P_UNREACHABLE: "unreachable",
  NODE_TIMEOUT: "timeout",
  P2P_SILENT: "timeout",
  NODE_HALF_ANSWER: "half-answer",
  P2P_CLOSED: "half-answer",
  NODE_GARBAGE: "garbage",
  NODE_TOO_LARGE: "garbage",
  P2P_GARBAGE: "garbage",
  NODE_WRONG_CHAIN: "wrong-chain",
  P2P_GO_AWAY: "refused",
  NODEOS_ERROR: "refused",
};

function problemKind(problem: Problem): SightProblem {
  return PROBLEM_KINDS[problem.code] ?? "other";
}

export function showPairs(watches: readonly Watch[]): PairView[] {
  return watches.flatMap((watch) =>
    watch.target.pairs.map((pair) => {
      const { active, ...judgement } = watch.pair(pair.name) ?? UNASKED;
      return { ...pair, chain: watch.target.chain, ...(active !== undefined && { active }), ...judgement };
    }),
  );
}

const UNASKED: PairJudgement = {
  active: undefined,
  level: "unknown",
  reason: "cannot-tell",
  because: "no node of the pair has been asked yet",
};

export function showSites(fleet: Fleet): SiteView[] {
  return fleet.sites.map(({ name, country, city, rollout, status }) => ({
    name,
    country,
    ...(city !== undefined && { city }),
    rollout,
    status,
  }));
}
