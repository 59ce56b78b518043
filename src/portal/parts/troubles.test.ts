import assert from "node:assert/strict";
import { test } from "node:test";
import { chainView, NOW, nodeView, pairView, roundView, slots, stateView } from "../../../test/portal/example-state.ts";
import type { NodeView, SightView } from "../../api/views.ts";
import { levelOf, type Trouble, troublesOf } from "./troubles.ts";

const DOWN: SightView = { state: "down", since: NOW - 1_000, problem: "unreachable" };
const NEVER: SightView = { state: "never", since: NOW };
const UNWATCHED: SightView = { state: "unwatched" };

const kinds = (troubles: readonly Trouble[]): string[] => troubles.map(({ kind, level }) => `${kind} ${level}`);

test("when all is well there is no trouble", () => {
  assert.deepEqual(troublesOf(stateView(), NOW), []);
  assert.equal(levelOf([]), "ok");
});

for (const [what, facts, expected] of [
  ["in neither way", { http: DOWN, p2p: DOWN }, "unseen critical"],
  ["over HTTP only", { p2p: DOWN }, "unseen warning"],
  ["in the only way that is watched", { http: DOWN, p2p: UNWATCHED }, "unseen critical"],
  ["in one way, and never was in the other", { http: DOWN, p2p: NEVER }, "unseen critical"],
  ["though it is another's, in neither way", { role: "peer", http: DOWN, p2p: DOWN }, "unseen warning"],
] as const satisfies [string, Partial<NodeView>, string][]) {
  test(`a node that cannot be seen ${what}: ${expected}`, () => {
    assert.deepEqual(kinds(troublesOf(stateView({ nodes: [nodeView("a", facts)] }), NOW)), [expected]);
  });
}

for (const [what, facts] of [
  ["was not seen yet", { http: NEVER, p2p: NEVER }],
  ["is planned", { status: "planned", http: DOWN, p2p: DOWN }],
  ["is not watched", { http: UNWATCHED, p2p: UNWATCHED }],
  ["is eleven blocks behind", { behind: 11 }],
] as const satisfies [string, Partial<NodeView>][]) {
  test(`a node that ${what} is no trouble`, () => {
    assert.deepEqual(troublesOf(stateView({ nodes: [nodeView("a", facts)] }), NOW), []);
  });
}

test("a node a whole round behind is worth a look", () => {
  assert.deepEqual(kinds(troublesOf(stateView({ nodes: [nodeView("a", { behind: 12 })] }), NOW)), ["behind warning"]);
});

test("of a node that cannot be seen it is not said as well that it is behind", () => {
  const nodes = [nodeView("a", { http: DOWN, p2p: DOWN, behind: 400 })];
  assert.deepEqual(kinds(troublesOf(stateView({ nodes }), NOW)), ["unseen critical"]);
});

test("a chain seen by fewer than two nodes cannot be judged, and is not called still either", () => {
  const chains = [chainView({ observers: { visible: 1, watched: 6 } })];
  assert.deepEqual(troublesOf(stateView({ chains }), NOW + 60_000), [
    { kind: "blind", level: "unknown", chain: "test", visible: 1, watched: 6 },
  ]);
});

test("a chain without a new block for longer than a missed round has stopped", () => {
  assert.deepEqual(troublesOf(stateView(), NOW + 8_000), []);
  assert.deepEqual(kinds(troublesOf(stateView(), NOW + 8_001)), ["still critical"]);
});

test("a chain of which no block was seen yet is not called still", () => {
  const { head: _, ...chain } = chainView();
  assert.deepEqual(troublesOf(stateView({ chains: [chain] }), NOW + 60_000), []);
});

for (const level of ["warning", "critical", "unknown"] as const) {
  test(`a pair judged ${level} is a trouble of that level`, () => {
    assert.deepEqual(kinds(troublesOf(stateView({ pairs: [pairView({ level })] }), NOW)), [`pair ${level}`]);
  });
}

for (const state of ["missed", "orphaned"] as const) {
  test(`a block of ours that was ${state} is told once a producer, in however many rounds`, () => {
    const rounds = [roundView(12, { slots: slots(state) }), roundView(48, { slots: slots("produced", state) })];
    assert.deepEqual(troublesOf(stateView({ rounds }), NOW), [{ kind: "missed", level: "critical", producer: "ours" }]);
  });
}

test("blocks that others missed, and ours that were late, are no trouble of ours", () => {
  const rounds = [
    roundView(12, { ours: false, producer: "north", slots: slots("missed") }),
    roundView(24, { slots: slots("late", "unknown", "due") }),
  ];
  assert.deepEqual(troublesOf(stateView({ rounds }), NOW), []);
});

test("a record that is not written is worth a look", () => {
  assert.deepEqual(kinds(troublesOf(stateView({ recording: false }), NOW)), ["unrecorded warning"]);
});

test("the worst comes first, and gives the headline its level", () => {
  const troubles = troublesOf(
    stateView({
      recording: false,
      pairs: [pairView({ level: "unknown" })],
      nodes: [nodeView("a", { p2p: DOWN }), nodeView("b", { http: DOWN, p2p: DOWN })],
    }),
    NOW,
  );
  assert.deepEqual(kinds(troubles), ["unseen critical", "pair unknown", "unseen warning", "unrecorded warning"]);
  assert.equal(levelOf(troubles), "critical");
});
