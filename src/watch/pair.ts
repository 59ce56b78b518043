/** Which node of a failover pair produces, and whether the other could. The reason is a sentence. */
import type { NodeStatus } from "./node-status.ts";
import type { WatchedPair } from "./target.ts";

/** A standby this far behind the chain is not ready. */
const READY_LAG_BLOCKS = 2;

export type PairReason =
  | "in-sync"
  | "standby-unreachable"
  | "standby-behind"
  | "both-unpaused"
  | "both-paused"
  | "cannot-tell";

export interface PairJudgement {
  /** The node that may produce; absent when none or both may, or nobody can tell. */
  active: string | undefined;
  level: "ok" | "warning" | "critical" | "unknown";
  reason: PairReason;
  /** The reason as a sentence, with its values. */
  because: string;
}

export function judgePair(pair: WatchedPair, nodes: readonly NodeStatus[], headNum: number): PairJudgement {
  const names = [pair.primary, pair.secondary];
  const members = names.map((name) => nodes.find((node) => node.name === name));
  // of one that was never asked nothing is known: a pair is not judged before both had their say
  const isFresh = members.some((node) => node?.http.state === "never" && node.paused === undefined);
  const armed = isFresh ? [] : members.filter((node) => node?.paused === false);
  const [active] = armed;
  if (armed.length === 2) {
    const because = `${pair.primary} and ${pair.secondary} are both unpaused: pause one of them now`;
    return { active: undefined, level: "critical", reason: "both-unpaused", because };
  }
  if (active !== undefined) {
    const standby = names.find((name) => name !== active.name) ?? "";
    return judgeStandby(active.name, standby, members[names.indexOf(standby)], headNum);
  }
  if (members.every((node) => node?.paused === true)) {
    const because = `${pair.primary} and ${pair.secondary} are both paused: nobody produces for ${pair.account}`;
    return { active: undefined, level: "critical", reason: "both-paused", because };
  }
  const because = names.map((name, i) => describe(name, members[i])).join(", ");
  return { active: undefined, level: "unknown", reason: "cannot-tell", because };
}

function describe(name: string, node: NodeStatus | undefined): string {
  if (node?.paused === true) return `${name} is paused`;
  if (node?.paused === false) return `${name} is not paused`;
  if (node?.http.state === "never") return `${name} was not asked yet`;
  return node?.http.state === "up" ? `${name} does not say whether it is paused` : `${name} cannot be asked`;
}

function judgeStandby(active: string, name: string, standby: NodeStatus | undefined, headNum: number): PairJudgement {
  if (standby?.paused !== true) {
    const because = `${active} produces; the standby ${name} cannot be reached`;
    return { active, level: "warning", reason: "standby-unreachable", because };
  }
  const lag = headNum - (standby.head?.num ?? 0);
  if (lag > READY_LAG_BLOCKS) {
    // the number grows twice a second; it belongs to the node's own line, not to what changed about the pair
    return {
      active,
      level: "warning",
      reason: "standby-behind",
      because: `${active} produces; the standby ${name} is behind`,
    };
  }
  return { active, level: "ok", reason: "in-sync", because: `${active} produces, ${name} stands by in sync` };
}
