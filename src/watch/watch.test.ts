import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Fate, type ImaginaryFacts, imagineChain, sighting } from "../../test/imaginary-chain.ts";
import { producerAt, roundStart, SLOTS_PER_ROUND, timeOf } from "../chain/time.ts";
import type { Observation, SeenBlock } from "./observation.ts";
import type { WatchTarget } from "./target.ts";
import { OVERDUE_MS, type SlotState } from "./verdict.ts";
import { Watch, type WatchEvent } from "./watch.ts";

const FIRST_SLOT = 1_697_000_004;
const OWN = ["relay", "api"];

function target(nodes: readonly string[] = OWN, peers: readonly string[] = []): WatchTarget {
  const named = (name: string, ours: boolean) => ({ name, ours, p2p: { host: "192.0.2.1", port: 9876 } });
  return {
    chain: "test",
    chainId: "c".repeat(64),
    accounts: ["ours"],
    nodes: [...nodes.map((name) => named(name, true)), ...peers.map((name) => named(name, false))],
    pairs: [],
  };
}

/** A watch that has seen its nodes and the schedule, and the events it told. */
function begun(producers: readonly string[], at: number, watched = target()): { watch: Watch; events: WatchEvent[] } {
  const events: WatchEvent[] = [];
  const watch = new Watch(watched, at, (event) => events.push(event));
  for (const { name } of watched.nodes) {
    watch.take({ kind: "up", node: name, observer: `${name}/p2p`, latencyMs: 1, at });
    watch.take({ kind: "schedule", node: name, version: 1, producers, at });
  }
  return { watch, events };
}

/** Hands observations over in the order of their times, with ticks in between as a runner would. */
function play(watch: Watch, observations: readonly Observation[], until: number): void {
  let now = Math.min(...observations.map(({ at }) => at));
  for (const observation of observations.toSorted((a, b) => a.at - b.at)) {
    for (let next = watch.nextTick(now); next <= observation.at; next = watch.nextTick(next)) watch.tick(next);
    now = observation.at;
    watch.take(observation);
  }
  for (let next = watch.nextTick(now); next <= until; next = watch.nextTick(next)) watch.tick(next);
}

function stateOf(watch: Watch, slot: number): SlotState | undefined {
  const round = watch.recentRounds().find(({ startSlot }) => startSlot === roundStart(slot));
  return round?.slots[slot - roundStart(slot)]?.state;
}

function expected(fate: Fate): SlotState {
  if (fate.kind === "nothing") return "missed";
  if (fate.kind === "orphan") return "orphaned";
  return fate.latenessMs > OVERDUE_MS ? "late" : "produced";
}

const fate: fc.Arbitrary<Fate> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.integer({ min: -450, max: 480 }).map((latenessMs): Fate => ({ kind: "block", latenessMs })),
  },
  { weight: 1, arbitrary: fc.constant<Fate>({ kind: "nothing" }) },
  { weight: 1, arbitrary: fc.constant<Fate>({ kind: "orphan" }) },
);
const facts: fc.Arbitrary<ImaginaryFacts> = fc.record({
  producers: fc.uniqueArray(fc.constantFrom("ours", "norte", "sur", "este", "oeste"), { minLength: 1 }),
  firstSlot: fc.constant(FIRST_SLOT),
  // the last ones are blocks, so that the chain has gone past what is judged
  fates: fc.array(fate, { minLength: 1, maxLength: 60 }).map((fates) => [...fates, ON_TIME, ON_TIME]),
  consensus: fc.constantFrom("legacy", "savanna"),
});
const ON_TIME: Fate = { kind: "block", latenessMs: -30 };

test("every slot is judged as what became of it, whoever saw it first and in whatever order", () => {
  fc.assert(
    fc.property(facts, fc.infiniteStream(fc.integer({ min: 0, max: 40 })), (facts, delays) => {
      const chain = imagineChain(facts);
      const { watch } = begun(facts.producers, timeOf(FIRST_SLOT - 2));
      const seen = [...chain.blocks, ...chain.orphans].flatMap((block) => {
        // one of them sees it at once, the other a moment later
        const lag = delays.next().value ?? 0;
        const names = lag % 2 === 0 ? OWN : OWN.toReversed();
        return [sighting(chain, block, names[0] ?? "", 0), sighting(chain, block, names[1] ?? "", lag)];
      });
      play(watch, seen, timeOf(FIRST_SLOT + facts.fates.length) + 1000);
      for (const [i, fate] of facts.fates.entries()) {
        assert.equal(stateOf(watch, FIRST_SLOT + i), expected(fate), `slot ${i} of ${JSON.stringify(facts.fates)}`);
      }
    }),
  );
});

test("a round belongs to the producer that the schedule names, whether it produced or not", () => {
  fc.assert(
    fc.property(facts, (facts) => {
      const chain = imagineChain(facts);
      const { watch } = begun(facts.producers, timeOf(FIRST_SLOT - 2));
      play(
        watch,
        chain.blocks.flatMap((block) => OWN.map((name) => sighting(chain, block, name, 0))),
        timeOf(FIRST_SLOT + facts.fates.length),
      );
      for (const round of watch.recentRounds()) {
        assert.equal(round.producer, producerAt(facts.producers, round.startSlot));
        const total = Object.values(round.counts).reduce((sum, count) => sum + count);
        assert.equal(total, SLOTS_PER_ROUND);
      }
    }),
  );
});

test("a missing block is noticed 120 ms after its timestamp, before there is one behind it", () => {
  const chain = imagineChain({
    producers: ["ours"],
    firstSlot: FIRST_SLOT,
    consensus: "savanna",
    fates: [ON_TIME, { kind: "nothing" }],
  });
  const { watch, events } = begun(["ours"], timeOf(FIRST_SLOT - 2));
  play(
    watch,
    chain.blocks.flatMap((block) => OWN.map((name) => sighting(chain, block, name, 0))),
    timeOf(FIRST_SLOT + 1) + OVERDUE_MS,
  );
  const missed = events.find((event) => event.kind === "slot");
  assert.deepEqual(
    missed && {
      slot: missed.verdict.slot,
      state: missed.verdict.state,
      certainty: missed.verdict.certainty,
      at: missed.at,
    },
    { slot: FIRST_SLOT + 1, state: "missed", certainty: "provisional", at: timeOf(FIRST_SLOT + 1) + OVERDUE_MS },
  );
});

test("a block that comes after it was given up is late, not missed", () => {
  const chain = imagineChain({
    producers: ["ours"],
    firstSlot: FIRST_SLOT,
    consensus: "savanna",
    fates: [{ kind: "block", latenessMs: 300 }, ON_TIME],
  });
  const { watch, events } = begun(["ours"], timeOf(FIRST_SLOT - 2));
  play(
    watch,
    chain.blocks.flatMap((block) => OWN.map((name) => sighting(chain, block, name, 0))),
    timeOf(FIRST_SLOT + 1),
  );
  const states = events.flatMap((event) => (event.kind === "slot" ? [event.verdict.state] : []));
  assert.deepEqual(states, ["missed", "late"]);
});

test("after a fork switch the abandoned blocks are orphaned and the chain's are produced", () => {
  const shared: Fate[] = [ON_TIME, ON_TIME];
  const short = imagineChain({
    producers: ["ours"],
    firstSlot: FIRST_SLOT,
    consensus: "legacy",
    fates: [...shared, ON_TIME, ON_TIME],
  });
  const { watch, events } = begun(["ours"], timeOf(FIRST_SLOT - 2));
  play(
    watch,
    short.blocks.map((block) => sighting(short, block, "relay", 0)),
    timeOf(FIRST_SLOT + 3),
  );
  assert.equal(stateOf(watch, FIRST_SLOT + 2), "produced");
  // another branch from the second block on, two blocks longer, comes all at once
  const base = short.blocks[2] as SeenBlock;
  let parent = base;
  const branch = [4, 5, 6].map((offset): SeenBlock => {
    const num = parent.num + 1;
    parent = {
      ...base,
      num,
      id: num.toString(16).padStart(8, "0") + "0".repeat(56),
      slot: FIRST_SLOT + offset,
      previous: parent.id,
    };
    return parent;
  });
  const at = timeOf(FIRST_SLOT + 6);
  for (const block of branch) watch.take({ kind: "block", node: "api", observer: "api/p2p", block, at, exact: true });
  assert.deepEqual(
    [2, 3, 4, 5, 6].map((offset) => stateOf(watch, FIRST_SLOT + offset)),
    ["orphaned", "orphaned", "late", "late", "produced"],
  );
  assert.deepEqual(
    events.flatMap((event) => (event.kind === "fork" ? [[event.left, event.toNum]] : [])),
    [[2, base.num + 3]],
  );
});

test("blocks become final with the LIB, and a final round does not change any more", () => {
  const fates = Array.from({ length: 24 }, () => ON_TIME);
  const chain = imagineChain({ producers: ["ours", "norte"], firstSlot: FIRST_SLOT, consensus: "savanna", fates });
  const { watch } = begun(["ours", "norte"], timeOf(FIRST_SLOT - 2));
  play(
    watch,
    chain.blocks.flatMap((block) => OWN.map((name) => sighting(chain, block, name, 0))),
    timeOf(FIRST_SLOT + 24),
  );
  const before = watch.recentRounds().find(({ startSlot }) => startSlot === FIRST_SLOT);
  assert.equal(before?.final, false);
  const lib = chain.blocks.at(-2) as SeenBlock;
  const head = { headNum: lib.num + 1, headId: chain.blocks.at(-1)?.id ?? "", headSlot: lib.slot + 1 };
  watch.take({
    kind: "head",
    node: "api",
    observer: "api/http",
    ...head,
    libNum: lib.num,
    libId: lib.id,
    at: timeOf(FIRST_SLOT + 24),
  });
  const after = watch.recentRounds().find(({ startSlot }) => startSlot === FIRST_SLOT);
  assert.equal(after?.final, true);
  assert.equal(watch.irreversible.num, lib.num);
});

test("while fewer than two nodes can be seen, an empty slot is unknown and not missed", () => {
  const chain = imagineChain({ producers: ["ours"], firstSlot: FIRST_SLOT, consensus: "savanna", fates: [ON_TIME] });
  const { watch, events } = begun(["ours"], timeOf(FIRST_SLOT - 2));
  play(
    watch,
    chain.blocks.map((block) => sighting(chain, block, "relay", 0)),
    timeOf(FIRST_SLOT),
  );
  const problem = { kind: "down", at: timeOf(FIRST_SLOT) + 10 } as const;
  watch.take({ ...problem, node: "api", observer: "api/p2p", problem: new Error("gone") as never });
  watch.tick(timeOf(FIRST_SLOT + 1) + OVERDUE_MS);
  assert.equal(stateOf(watch, FIRST_SLOT + 1), "unknown");
  assert.equal(
    events.some((event) => event.kind === "slot" && event.verdict.state === "missed"),
    false,
  );
});

test("nothing is judged before two nodes can be seen and the schedule is known", () => {
  const chain = imagineChain({
    producers: ["ours"],
    firstSlot: FIRST_SLOT,
    consensus: "savanna",
    fates: [ON_TIME, ON_TIME, ON_TIME],
  });
  const watch = new Watch(target(), timeOf(FIRST_SLOT - 2), () => {});
  watch.take({ kind: "up", node: "relay", observer: "relay/p2p", latencyMs: 1, at: timeOf(FIRST_SLOT - 2) });
  play(
    watch,
    chain.blocks.map((block) => sighting(chain, block, "relay", 0)),
    timeOf(FIRST_SLOT + 3),
  );
  assert.deepEqual(watch.recentRounds(), []);
});

test("what one peer alone says is not believed: no block, no LIB, no schedule", () => {
  const at = timeOf(FIRST_SLOT + 1);
  const lie: SeenBlock = {
    id: "f".repeat(64),
    num: 4_294_967_295,
    slot: FIRST_SLOT + 1,
    producer: "evil",
    previous: "e".repeat(64),
    scheduleVersion: 99,
    claim: { blockNum: 4_294_967_294, strong: true },
    producerSignature: "",
  };
  const chain = imagineChain({ producers: ["ours"], firstSlot: FIRST_SLOT, consensus: "savanna", fates: [ON_TIME] });
  const { watch } = begun(["ours"], timeOf(FIRST_SLOT - 2), target(["relay"], ["liar", "other"]));
  play(
    watch,
    chain.blocks.map((block) => sighting(chain, block, "relay", 0)),
    timeOf(FIRST_SLOT),
  );
  const { head, irreversible, schedule } = {
    head: watch.tree.head,
    irreversible: watch.irreversible,
    schedule: watch.schedules.current,
  };
  const say = (node: string): void => {
    watch.take({ kind: "block", node, observer: `${node}/p2p`, block: lie, at, exact: true });
    watch.take({
      kind: "head",
      node,
      observer: `${node}/http`,
      headNum: lie.num,
      headId: lie.id,
      headSlot: lie.slot,
      libNum: lie.num,
      libId: lie.id,
      at,
    });
    watch.take({ kind: "schedule", node, version: 99, producers: ["evil"], at });
  };
  say("liar");
  say("liar");
  assert.deepEqual([watch.tree.head, watch.irreversible, watch.schedules.current], [head, irreversible, schedule]);
  // two that say the same are believed: they are independent
  say("other");
  assert.equal(watch.tree.head?.id, lie.id);
  assert.equal(watch.schedules.current?.version, 99);
});
