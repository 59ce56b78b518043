/**
 * A fleet whose addresses are unmistakable, with the watch loops and the board on top of it, for tests of what the API
 * shows: fed with observations of nodes that never ran.
 */
import { Board } from "../../src/api/board.ts";
import { parseFleet } from "../../src/fleet/load.ts";
import type { Fleet } from "../../src/fleet/schema.ts";
import { Problem } from "../../src/kit/problem.ts";
import type { Observation } from "../../src/watch/observation.ts";
import { type WatchTarget, watchTargets } from "../../src/watch/target.ts";
import { Watch, type WatchEvent } from "../../src/watch/watch.ts";

/** Every part of an address, a host's name or an error that must not be shown. */
export const HIDDEN = /hidden|10\.66\.|:6[67]\d\d|https?:|unix:|ECONNREFUSED|\d+\.\d+\.\d+\.\d+/;

const nodes = ["bp-a", "bp-b", "relay", "api"];

export const fleet: Fleet = parseFleet(`
organisation: { name: Atalaya, domain: producer.example }
chains:
  - { name: one, id: "${"a".repeat(64)}", kind: testnet, account: ours }
  - { name: two, id: "${"b".repeat(64)}", kind: testnet, account: oursalso }
sites:
  - { name: home, country: CR, city: San José, rollout: 1, status: live }
  - { name: north, country: PA, rollout: 2, status: planned }
hosts:
${nodes.map((name) => `  - { name: hidden-host-${name}, site: home }`).join("\n")}
nodes:
  - { name: bp-a, role: producer, host: hidden-host-bp-a, chain: one, http: "http://10.66.0.1:6601", p2p: "10.66.0.1:6701" }
  - { name: bp-b, role: producer, host: hidden-host-bp-b, chain: one, http: "http://10.66.0.2:6602", p2p: "10.66.0.2:6702" }
  - { name: relay, role: relay, host: hidden-host-relay, chain: one, p2p: "10.66.0.3:6703" }
  - { name: api, role: api, host: hidden-host-api, chain: two, http: "unix:/run/hidden/api.sock", p2p: "10.66.0.4:6704" }
  - { name: later, role: api, host: hidden-host-api, chain: two, status: planned }
peers:
  - { name: friend, chain: one, http: "http://hidden.friend.example:6605" }
  - { name: other, chain: two, p2p: "hidden.other.example:6706" }
pairs:
  - { name: one-pair, chain: one, primary: bp-a, secondary: bp-b }
`);

/** A problem as observers have them: with the address in every part. */
export const hiddenProblem = (code: string): Problem =>
  new Problem({
    code,
    message: "connect ECONNREFUSED 10.66.0.1:6601",
    where: "http://10.66.0.1:6601",
    expected: "an answer from hidden-host-bp-a",
    help: "look at 10.66.0.1:6601",
  });

export interface Rig {
  board: Board;
  watches: readonly Watch[];
  targets: readonly WatchTarget[];
  /** Hands an observation to the watch loop of the chain. */
  see(chain: number, observation: Observation): void;
  tick(chain: number, now: number): void;
}

export function makeRig(now: number): Rig {
  const targets = watchTargets(fleet);
  const watches = targets.map((target) => {
    const watch: Watch = new Watch(target, now, (event: WatchEvent) => void board.take(watch, event));
    return watch;
  });
  const board = new Board({ fleet, mode: "fleet", watches });
  return {
    board,
    watches,
    targets,
    see: (chain, observation) => watches[chain]?.take(observation),
    tick: (chain, now) => watches[chain]?.tick(now),
  };
}
