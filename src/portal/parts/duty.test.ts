import assert from "node:assert/strict";
import { test } from "node:test";
import { chainView, roundView } from "../../../test/portal/example-state.ts";
import { dutyAt, latestRound, turnOf } from "./duty.ts";

const ROUND_MS = 6_000;
/** A round of `ours`; its first block is built in the half second before its timestamp. */
const ROUND = roundView(1_200, { producer: "ours" });
const BEGINS = ROUND.startsAt - 500;
const CHAIN = chainView({ schedule: { version: 1, producers: ["ours", "north", "south"] } });

test("the round under way is the last that was told of, of that chain", () => {
  const rounds = [roundView(12), roundView(24), roundView(36, { chain: "other" })];
  assert.equal(latestRound("test", rounds)?.startSlot, 24);
  assert.equal(latestRound("nowhere", rounds), undefined);
});

for (const [what, ms, producer, next, inMs] of [
  ["in the first instant of a round", 0, "ours", "north", ROUND_MS],
  ["in the last", ROUND_MS - 1, "ours", "north", 1],
  ["when the next round has begun and was not told of yet", ROUND_MS, "north", "south", ROUND_MS],
  ["two rounds on", 2 * ROUND_MS + 500, "south", "ours", 5_500],
] as const) {
  test(`on duty ${what}: ${producer}, then ${next}`, () => {
    assert.deepEqual(dutyAt(BEGINS + ms, CHAIN, ROUND), { producer, next: { producer: next, inMs } });
  });
}

test("before the round that was told of begins, its producer is on duty already", () => {
  assert.equal(dutyAt(BEGINS - 200, CHAIN, ROUND)?.producer, "ours");
});

for (const [what, round, chain, ms] of [
  ["no round was told of", undefined, CHAIN, 0],
  ["the last round is long over", ROUND, CHAIN, 3 * ROUND_MS],
  ["its producer is not in the schedule", roundView(1_200, { producer: "stranger" }), CHAIN, 0],
  ["there is no schedule", ROUND, chainView({ schedule: { version: 0, producers: [] } }), 0],
] as const) {
  test(`nobody can say who is on duty when ${what}`, () => {
    assert.equal(dutyAt(BEGINS + ms, chain, round), undefined);
    assert.equal(turnOf("ours", BEGINS + ms, chain, round), undefined);
  });
}

for (const [account, ms, expected] of [
  ["ours", 0, 0],
  ["ours", ROUND_MS - 1, 0],
  ["ours", ROUND_MS, 2 * ROUND_MS],
  ["north", 1_000, 5_000],
  ["south", 1_000, 5_000 + ROUND_MS],
  ["nobody", 0, undefined],
] as const) {
  test(`${ms} ms into our round ${account}'s turn is ${expected === undefined ? "never" : `in ${expected} ms`}`, () => {
    assert.equal(turnOf(account, BEGINS + ms, CHAIN, ROUND), expected);
  });
}

test("the only producer of a chain is followed by itself, and always on duty", () => {
  const alone = chainView({ schedule: { version: 1, producers: ["ours"] } });
  assert.deepEqual(dutyAt(BEGINS + 1_000, alone, ROUND), { producer: "ours", next: { producer: "ours", inMs: 5_000 } });
  assert.equal(turnOf("ours", BEGINS + 7_000, alone, ROUND), 0);
});
