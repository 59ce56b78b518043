/** Which node of a failover pair produces, and whether the other could. The reason is a sentence. */
import type { NodeStatus } from "./node-status.ts";
import type { WatchedPair } from "./target.ts";

/** A standby this far behind the chain is not ready. */
const READY_LAG_BLOCKS = 2;

export interface PairJudgement {
  /** The node that may produce; absent when none or both may, or nobody can tell. */
  active: string | undefined;
  level: "ok" | "warning" | "critical" | "unknown";
  because: string;
}

export function judgePair(pair: WatchedPair, nodes: readonly NodeStatus[], headNum: number): PairJudgement {
  const members = [pair.primary, pair.secondary].map((name) => nodes.find((node) => node.name === name));
  const describe = (node: NodeStatus | undefined, name: string) =>
    node === undefined || node.http.state !== "up"
      ? `${name} cannot be asked`
      : `${name} does not say whether it is paused`;
  const names = [pair.primary, pair.secondary];
  const armed = members.filter((node) => node?.paused === false);
  const silent = names.filter((_, i) => members[i]?.paused === undefined);
  const [active] = armed;
  if (armed.length === 2) {
    return {
      active: undefined,
      level: "critical",
      because: `${pair.primary} and ${pair.secondary} are both unpaused: pause one of them now`,
    };
  }
  if (active === undefined && silent.length === 0) {
    return {
      active: undefined,
      level: "critical",
      because: `${pair.primary} and ${pair.secondary} are both paused: nobody produces for ${pair.account}`,
    };
  }
  if (active === undefined) {
    const because = names
      .map((name, i) => (members[i]?.paused === true ? `${name} is paused` : describe(members[i], name)))
      .join(", ");
    return { active: undefined, level: "unknown", because };
  }
  const [standby = ""] = names.filter((name) => name !== active.name);
  return judgeStandby(
    active.name,
    standby,
    nodes.find((node) => node.name === standby),
    headNum,
  );
}

function judgeStandby(active: string, name: string, standby: NodeStatus | undefined, headNum: number): PairJudgement {
  if (standby?.paused !== true) {
    return { active, level: "warning", because: `${active} produces; the standby ${name} cannot be reached` };
  }
  const lag = headNum - (standby.head?.num ?? 0);
  if (lag > READY_LAG_BLOCKS) {
    return { active, level: "warning", because: `${active} produces; the standby ${name} is ${lag} blocks behind` };
  }
  return { active, level: "ok", because: `${active} produces, ${name} stands by in sync` };
}
