import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fleet, HIDDEN, hiddenProblem, makeRig, type Rig } from "../../test/api/hidden-fleet.ts";
import { imagineChain, sighting } from "../../test/imaginary-chain.ts";
import { SLOTS_PER_ROUND, timeOf } from "../chain/time.ts";
import { withUpdate } from "../portal/live/picture.ts";
import type { Observation } from "../watch/observation.ts";
import type { StateView, UpdateView } from "./views.ts";

const FIRST_SLOT = 1_697_000_004;
const PRODUCERS = ["ours", "norte"];
const NAMES = [
  ["bp-a", "bp-b", "relay", "friend"],
  ["api", "other"],
] as const;
const CODES = [
  "NODE_UNREACHABLE",
  "NODE_TIMEOUT",
  "P2P_CLOSED",
  "NODE_GARBAGE",
  "NODE_WRONG_CHAIN",
  "P2P_GO_AWAY",
  "X",
];

/** One thing that happens, `afterMs` later than the one before. */
type Act = { afterMs: number } & (
  | { kind: "sighting"; chain: 0 | 1; i: number; node: number; fork: boolean }
  | { kind: "sight"; chain: 0 | 1; node: number; way: "http" | "p2p"; up: boolean; code: string }
  | { kind: "head"; chain: 0 | 1; node: number; i: number; lag: number }
  | { kind: "paused"; node: number; paused: boolean | undefined }
  | { kind: "schedule"; chain: 0 | 1; node: number; version: number }
  | { kind: "clock" | "version"; chain: 0 | 1; node: number; value: number }
  | { kind: "recording"; on: boolean }
  | { kind: "tick" | "hand out" | "join" }
);

const chain = fc.constantFrom<(0 | 1)[]>(0, 0, 0, 1);
const node = fc.nat(3);
const i = fc.nat(60);
const act: fc.Arbitrary<Act> = fc
  .tuple(
    fc.nat(700),
    fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant("sighting"), chain, i, node, fork: fc.boolean() }) },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant("sight"),
          chain,
          node,
          way: fc.constantFrom("http", "p2p"),
          up: fc.boolean(),
          code: fc.constantFrom(...CODES),
        }),
      },
      fc.record({ kind: fc.constant("head"), chain, node, i, lag: fc.nat(8) }),
      fc.record({ kind: fc.constant("paused"), node: fc.nat(1), paused: fc.constantFrom(true, false, undefined) }),
      fc.record({ kind: fc.constant("schedule"), chain, node, version: fc.nat(3) }),
      fc.record({ kind: fc.constantFrom("clock", "version"), chain, node, value: fc.nat(3) }),
      fc.record({ kind: fc.constant("recording"), on: fc.boolean() }),
      { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("tick", "hand out", "join") }) },
    ),
  )
  .map(([afterMs, act]) => ({ afterMs, ...act }) as Act);

/** Two branches from the same beginning, the second one later: block `i` of each is of slot FIRST_SLOT + i. */
const branches = [0, 1].map((branch) =>
  imagineChain({
    producers: PRODUCERS,
    firstSlot: FIRST_SLOT,
    fates: Array.from({ length: 64 }, (_, i) =>
      i % 7 === 6 || (branch === 1 && i % 5 === 4) ? { kind: "nothing" } : { kind: "block", latenessMs: (i % 4) * 60 },
    ),
    consensus: "savanna",
  }),
);

/** What a node of ours or a peer is seen to do; `undefined` for what is no observation. */
function observationOf(act: Act, at: number): Observation | undefined {
  if (!("node" in act)) return undefined;
  const names = NAMES["chain" in act ? act.chain : 0];
  const node = names[act.node % names.length] ?? "";
  switch (act.kind) {
    case "sighting": {
      const from = branches[act.fork ? 1 : 0];
      const block = from?.blocks[act.i % from.blocks.length];
      return from && block && { ...sighting(from, block, node, 0), at };
    }
    case "sight": {
      const observer = `${node}/${act.way}`;
      if (act.up) return { kind: "up", node, observer, latencyMs: 3, at };
      return { kind: "down", node, observer, problem: hiddenProblem(act.code), at };
    }
    case "head": {
      const [block, lib] = [act.i, Math.max(0, act.i - act.lag)].map((i) => branches[0]?.blocks[i]);
      if (block === undefined || lib === undefined) return undefined;
      const { num: headNum, id: headId, slot: headSlot } = block;
      const head = { headNum, headId, headSlot, libNum: lib.num, libId: lib.id };
      return { kind: "head", node, observer: `${node}/http`, ...head, at };
    }
    case "paused":
      return { kind: "paused", node, paused: act.paused, at };
    case "schedule": {
      const producers = act.version % 2 === 0 ? PRODUCERS : PRODUCERS.toReversed();
      return { kind: "schedule", node, version: act.version, producers, at };
    }
    case "clock":
      return { kind: "clock", node, offsetMs: act.value, roundTripMs: 1, at };
    case "version":
      return { kind: "version", node, version: `v1.${act.value}`, at };
  }
}

function perform(rig: Rig, act: Act, at: number): void {
  const observation = observationOf(act, at);
  if (observation !== undefined) rig.see("chain" in act ? act.chain : 0, observation);
  if (act.kind === "recording") rig.board.setRecording(act.on);
  if (act.kind === "hand out") rig.board.handOut();
  if (act.kind === "tick") for (const chain of [0, 1]) rig.tick(chain, at);
}

/** Without its time, and with its lists in an order that does not depend on what came first. */
function settled({ now: _, ...state }: StateView): object {
  const by = <T>(items: readonly T[], keyOf: (item: T) => string): T[] =>
    items.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  return {
    ...state,
    rounds: by(state.rounds, ({ chain, startSlot }) => `${chain} ${startSlot}`),
    happenings: by(state.happenings, ({ id }) => id),
  };
}

/** Readers who joined at any time, each with the picture that the portal makes of what it was told. */
class Readers {
  readonly pictures: StateView[] = [];
  readonly updates: UpdateView[] = [];
  private readonly rig: Rig;

  constructor(rig: Rig) {
    this.rig = rig;
  }

  join(): void {
    const reader = this.pictures.length;
    const { state } = this.rig.board.follow((update, json) => {
      assert.deepEqual(JSON.parse(json), update);
      this.updates.push(update);
      const before = this.pictures[reader];
      if (before !== undefined) this.pictures[reader] = withUpdate(before, JSON.parse(json) as UpdateView);
    });
    this.pictures.push(JSON.parse(JSON.stringify(state)) as StateView);
  }
}

function play(acts: readonly Act[]): { rig: Rig; readers: Readers } {
  const rig = makeRig(timeOf(FIRST_SLOT - 2));
  const readers = new Readers(rig);
  let at = timeOf(FIRST_SLOT - 2);
  for (const act of acts) {
    at += act.afterMs;
    perform(rig, act, at);
    if (act.kind === "join") readers.join();
  }
  rig.board.handOut();
  rig.board.stop();
  return { rig, readers };
}

/** Both nodes of the pair, the relay and the schedule are seen, so that what follows is judged. */
const BEGIN: readonly Act[] = [
  { kind: "join", afterMs: 0 },
  ...[0, 1, 2].flatMap((node): Act[] => [
    { kind: "sight", chain: 0, node, way: "p2p", up: true, code: "", afterMs: 0 },
    { kind: "schedule", chain: 0, node, version: 1, afterMs: 0 },
  ]),
  { kind: "sighting", chain: 0, i: 0, node: 0, fork: false, afterMs: 0 },
];

/** A fork switch after which another block is the one of slot FIRST_SLOT + 11, which was produced before and after. */
const OTHER_BLOCK_IN_A_SLOT: Act[] = [
  { kind: "sighting", chain: 0, i: 12, node: 0, fork: true, afterMs: 0 },
  { kind: "sighting", chain: 0, i: 15, node: 0, fork: false, afterMs: 0 },
];

test("whoever joins, and whenever, comes to see exactly what the board shows", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 120 }), (acts) => {
      const { rig, readers } = play([...BEGIN, ...acts]);
      const shown = settled(JSON.parse(JSON.stringify(rig.board.state())) as StateView);
      for (const picture of readers.pictures) assert.deepEqual(settled(picture), shown);
    }),
    { numRuns: 300, examples: [[OTHER_BLOCK_IN_A_SLOT]] },
  );
});

test("no address, no host and no text of an error is ever shown, whatever fails", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 80 }), (acts) => {
      const { rig, readers } = play([...BEGIN, ...acts]);
      const said = JSON.stringify([rig.board.state(), readers.updates]);
      const found = HIDDEN.exec(said);
      assert.equal(found, null, `…${said.slice((found?.index ?? 0) - 80, (found?.index ?? 0) + 40)}…`);
    }),
    { numRuns: 100 },
  );
  // the fleet does hold them, and so does every problem that was told
  assert.match(JSON.stringify(fleet), HIDDEN);
  assert.match(JSON.stringify(hiddenProblem("X")), HIDDEN);
});

test("nothing is handed out while nothing changes", () => {
  const { rig, readers } = play(BEGIN);
  const count = readers.updates.length;
  assert.ok(count > 0);
  rig.board.handOut();
  assert.equal(readers.updates.length, count);
});

test("what goes and comes back before it is handed out does not stay with a reader who saw it between", () => {
  const rig = makeRig(timeOf(FIRST_SLOT));
  const readers = new Readers(rig);
  const paused = (paused: boolean): void =>
    rig.see(0, { kind: "paused", node: "bp-a", paused, at: timeOf(FIRST_SLOT) });
  paused(false);
  rig.board.handOut();
  paused(true);
  readers.join();
  paused(false);
  rig.board.handOut();
  rig.board.stop();
  assert.equal(readers.pictures[0]?.nodes.find(({ name }) => name === "bp-a")?.paused, false);
});

test("a long run keeps no more than it shows", () => {
  const rig = makeRig(timeOf(FIRST_SLOT - 2));
  const readers = new Readers(rig);
  for (const act of BEGIN) {
    perform(rig, act, timeOf(FIRST_SLOT - 2));
    if (act.kind === "join") readers.join();
  }
  const rounds = 400;
  const chain = imagineChain({
    producers: PRODUCERS,
    firstSlot: FIRST_SLOT,
    // a block is missing in every round, which is worth telling
    fates: Array.from({ length: rounds * SLOTS_PER_ROUND }, (_, i) =>
      i % SLOTS_PER_ROUND === 5 ? { kind: "nothing" } : { kind: "block", latenessMs: -30 },
    ),
    consensus: "savanna",
  });
  for (const block of chain.blocks) {
    for (const node of ["bp-a", "relay"]) rig.see(0, sighting(chain, block, node, 0));
    if (block.slot % SLOTS_PER_ROUND === 0) rig.board.handOut();
  }
  rig.board.handOut();
  rig.board.stop();
  const state = rig.board.state();
  assert.equal(state.rounds.length, 24);
  assert.equal(state.happenings.length, 100);
  assert.equal(JSON.stringify(settled(readers.pictures[0] as StateView)), JSON.stringify(settled(state)));
  assert.ok((rig.watches[0]?.tree.size ?? 0) < 1000);
});

test("what the record holds is shown until this run pushes it out, and never in the place of what this run judged", () => {
  const rig = makeRig(timeOf(FIRST_SLOT - 2));
  const past = Array.from({ length: 30 }, (_, i) => ({
    chain: "one",
    startSlot: FIRST_SLOT + (i - 29) * SLOTS_PER_ROUND,
    startsAt: timeOf(FIRST_SLOT + (i - 29) * SLOTS_PER_ROUND),
    producer: i % 2 === 0 ? "ours" : "norte",
    slots: ["due", ...Array.from({ length: 11 }, () => "produced" as const)] as const,
    final: i < 28,
  }));
  rig.board.remember(
    past.map((round) => ({ ...round, slots: [...round.slots] })),
    [{ id: "fork/one/1", at: 1, level: "warning", chain: "one", kind: "fork", facts: { left: 1, toNum: 2 } }],
  );
  const before = rig.board.state();
  assert.equal(before.rounds.length, 24);
  assert.deepEqual(before.rounds.at(-1)?.slots[0], { state: "unknown", certainty: "canonical" });
  assert.equal(before.rounds.at(-1)?.ours, false);
  assert.equal(before.rounds.at(-2)?.ours, true);
  assert.equal(before.happenings.length, 1);
  for (const act of BEGIN) perform(rig, act, timeOf(FIRST_SLOT - 2));
  const block = branches[0]?.blocks[1];
  if (branches[0] !== undefined && block !== undefined) rig.see(0, sighting(branches[0], block, "relay", 0));
  rig.board.stop();
  const after = rig.board.state().rounds.filter(({ startSlot }) => startSlot === FIRST_SLOT);
  assert.equal(after.length, 1);
  assert.equal(after[0]?.slots[0]?.state, "produced");
});
