/**
 * Five nodes under random faults, then everything is healed: whatever happened, there is one chain in the end, and
 * what was once irreversible stayed so. The run is drawn from a seed that is printed; `SEED=n` repeats its faults.
 */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { getInfo } from "../../src/chain/http/endpoints.ts";
import { TestNetwork, testNodeProgram } from "../../src/testchain/network/network.ts";
import type { NetworkSpec, NodeSpec } from "../../src/testchain/network/spec.ts";
import { until } from "../conformance/rig.ts";
import { verifiedChain } from "./chain-files.ts";

const SCHEDULE = ["bpa", "bpb", "bpc", "bpd"];
const FAULTS = 24;
/** Between one fault and the next, at most. */
const PAUSE_MS = 2000;
const POLL_MS = 100;

const producer = (name: string, account: string, dials: string[]): NodeSpec => ({
  name,
  producers: [account],
  dials,
  startsChain: true,
  finalizer: true,
  // a node without votes for a while goes on: the run is about what the chain does, not about who pauses
  voteTimeoutMs: 0,
});

const SPEC: NetworkSpec = {
  start: "savanna",
  schedule: SCHEDULE,
  finalizers: ["a", "b", "c", "d"],
  nodes: [
    producer("a", "bpa", ["relay"]),
    producer("b", "bpb", ["relay", "a"]),
    producer("c", "bpc", ["relay", "b"]),
    producer("d", "bpd", ["relay", "c", "a"]),
    { name: "relay", dials: [] },
  ],
};
const NODES = SPEC.nodes.map(({ name }) => name);

/** Numbers below `n`, always the same for one seed (mulberry32). */
function dice(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return Math.floor((((x ^ (x >>> 14)) >>> 0) / 2 ** 32) * n);
  };
}

/** What every node has said to be irreversible: never less than before, and never two ids for one number. */
class Witness {
  readonly contradictions: string[] = [];
  private readonly ids = new Map<number, string>();
  private readonly newest = new Map<string, number>();

  hear(node: string, num: number, id: string): void {
    const before = this.newest.get(node) ?? 0;
    if (num < before) this.contradictions.push(`${node} went back from irreversible ${before} to ${num}`);
    this.newest.set(node, num);
    const known = this.ids.get(num) ?? id;
    if (known !== id) this.contradictions.push(`${node} says that ${num} is ${id}, another said ${known}`);
    this.ids.set(num, known);
  }

  /** Everything heard, by number. */
  get heard(): ReadonlyMap<number, string> {
    return this.ids;
  }
}

test("after any faults all nodes are on one chain, and nothing irreversible was ever taken back", async () => {
  const seed = Number(process.env.SEED ?? randomInt(2 ** 31));
  const roll = dice(seed);
  const pick = <T>(items: readonly T[]) => items[roll(items.length)] as T;
  const dir = mkdtempSync(join(tmpdir(), "faults-"));
  const network = await TestNetwork.open(dir, SPEC, { node: testNodeProgram() });
  const witness = new Witness();
  const ended = new AbortController();
  const info = (node: string) => network.node(node).client.call(getInfo, undefined, { timeoutMs: 1000 });
  const listen = async (node: string): Promise<void> => {
    while (!ended.signal.aborted) {
      // one that is down says nothing
      await info(node)
        .then((said) => witness.hear(node, said.last_irreversible_block_num, said.last_irreversible_block_id))
        .catch(() => {});
      await setTimeout(POLL_MS);
    }
  };
  const done: string[] = [];
  try {
    await network.start();
    const listening = Promise.all(NODES.map(listen));
    const down = () => NODES.filter((node) => !network.node(node).running);
    const acts: Record<string, () => Promise<unknown> | unknown> = {
      kill: () => {
        // somebody must know the chain: a producer that starts alone does not go on with it
        if (down().length >= 2) return;
        const node = pick(NODES);
        done.push(node);
        network.node(node).signal("SIGKILL");
        return network.node(node).exited();
      },
      stop: () => {
        if (down().length >= 2) return;
        const node = pick(NODES);
        done.push(node);
        return network.node(node).stop();
      },
      start: () => Promise.all(down().map((node) => network.startNode(node))),
      freeze: () => network.node(pick(NODES)).signal("SIGSTOP"),
      thaw: () => {
        for (const node of NODES) network.node(node).signal("SIGCONT");
      },
      isolate: () => network.isolate(pick(NODES), pick(["cut", "frozen"] as const)),
      cut: () => network.setLink(pick(NODES), pick(NODES), pick(["cut", "frozen"] as const)),
      delay: () => network.delay(pick(NODES), roll(400)),
      heal: () => network.heal(),
    };
    for (let i = 0; i < FAULTS; i++) {
      const act = pick(Object.keys(acts));
      done.push(act);
      await acts[act]?.();
      await setTimeout(roll(PAUSE_MS));
    }
    network.heal();
    for (const node of NODES) network.node(node).signal("SIGCONT");
    await Promise.all(down().map((node) => network.startNode(node)));
    const heads = await until("all nodes to answer", () => Promise.all(NODES.map(info)));
    const target = Math.max(...heads.map(({ head_block_num: num }) => num)) + 1;
    const finals = await until(
      "all nodes to make a block final that came after the faults",
      async () => {
        const said = await Promise.all(NODES.map(info));
        return said.every(({ last_irreversible_block_num: lib }) => lib >= target) && said;
      },
      45_000,
    );
    ended.abort();
    await listening;
    assert.deepEqual(witness.contradictions, []);
    const common = Math.min(...finals.map(({ last_irreversible_block_num: lib }) => lib));
    await network.stop();
    const schedule = SCHEDULE.map((name) => ({ name, publicKey: network.key(name).publicKey }));
    const chains = NODES.map((node) => verifiedChain(network.node(node).dataDir, schedule));
    const [first] = chains;
    for (let num = 1; num <= common; num++) {
      const ids = new Set(chains.map((chain) => chain.get(num)));
      assert.deepEqual([...ids], [first?.get(num)], `all nodes have one block ${num}`);
    }
    for (const [num, id] of witness.heard) if (num <= common) assert.equal(first?.get(num), id, `irreversible ${num}`);
  } catch (thrown) {
    for (const node of NODES) console.error(`--- ${node} said last:\n${network.node(node).logTail(15)}`);
    throw new Error(`SEED=${seed} (${done.join(" ")})`, { cause: thrown });
  } finally {
    ended.abort();
    await network.stop();
    rmSync(dir, { recursive: true, force: true });
    console.log(`the faults were drawn with SEED=${seed}: ${done.join(" ")}`);
  }
});
