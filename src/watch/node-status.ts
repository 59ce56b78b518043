/** What is known of each node right now: can it be seen, where is it, what does its clock say. */
import type { Problem } from "../kit/problem.ts";
import type { Observation } from "./observation.ts";

export interface Sight {
  state: "up" | "down" | "never";
  /** When it became so, ms since 1970. */
  since: number;
  latencyMs: number | undefined;
  problem: Problem | undefined;
}

export interface NodeStatus {
  name: string;
  http: Sight;
  p2p: Sight;
  head: { num: number; id: string; slot: number | undefined; at: number } | undefined;
  lib: { num: number; id: string } | undefined;
  clock: { offsetMs: number; roundTripMs: number } | undefined;
  /** `undefined` where nobody could ask. */
  paused: boolean | undefined;
  version: string | undefined;
}

const unseen = (now: number): Sight => ({ state: "never", since: now, latencyMs: undefined, problem: undefined });

export class NodeStatuses {
  private readonly nodes: Map<string, NodeStatus>;

  constructor(names: readonly string[], now: number) {
    this.nodes = new Map(
      names.map((name) => [
        name,
        {
          name,
          http: unseen(now),
          p2p: unseen(now),
          head: undefined,
          lib: undefined,
          clock: undefined,
          paused: undefined,
          version: undefined,
        },
      ]),
    );
  }

  list(): NodeStatus[] {
    return [...this.nodes.values()];
  }

  get(name: string): NodeStatus | undefined {
    return this.nodes.get(name);
  }

  /** How many nodes can be seen, by whatever way: independent observers. */
  get visible(): number {
    return this.list().filter(({ http, p2p }) => http.state === "up" || p2p.state === "up").length;
  }

  /** Takes an observation; true when a way of seeing the node went up or down. */
  take(observation: Observation): boolean {
    const node = this.nodes.get(observation.node);
    if (node === undefined) return false;
    switch (observation.kind) {
      case "up":
        return this.sight(
          node,
          observation.observer,
          { state: "up", latencyMs: observation.latencyMs, problem: undefined },
          observation.at,
        );
      case "down":
        return this.sight(
          node,
          observation.observer,
          { state: "down", latencyMs: undefined, problem: observation.problem },
          observation.at,
        );
      case "head":
        node.head = {
          num: observation.headNum,
          id: observation.headId,
          slot: observation.headSlot,
          at: observation.at,
        };
        node.lib = { num: observation.libNum, id: observation.libId };
        return false;
      case "block":
        // a stream is ahead of what the node was last asked
        if (observation.block.num > (node.head?.num ?? 0)) {
          node.head = {
            num: observation.block.num,
            id: observation.block.id,
            slot: observation.block.slot,
            at: observation.at,
          };
        }
        return false;
      case "clock":
        node.clock = { offsetMs: observation.offsetMs, roundTripMs: observation.roundTripMs };
        return false;
      case "paused":
        node.paused = observation.paused;
        return false;
      case "version":
        node.version = observation.version;
        return false;
      default:
        return false;
    }
  }

  private sight(node: NodeStatus, observer: string, now: Omit<Sight, "since">, at: number): boolean {
    const way = observer.endsWith("/p2p") ? "p2p" : "http";
    const before = node[way];
    const changed = before.state !== now.state;
    node[way] = { ...now, since: changed ? at : before.since };
    if (changed && now.state === "down" && node.http.state !== "up") node.paused = undefined;
    return changed;
  }
}
