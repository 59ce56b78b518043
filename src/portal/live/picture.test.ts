import assert from "node:assert/strict";
import { test } from "node:test";
import { happening, nodeView, roundView, slots, stateView } from "../../../test/portal/example-state.ts";
import type { RoundView } from "../../api/views.ts";
import { NOTHING_YET, type Picture, serverTime, withNews, withUpdate } from "./picture.ts";

const live = (picture: Partial<Picture> = {}): Picture => ({
  link: "live",
  state: stateView(),
  heardAt: 0,
  ...picture,
});

test("the first state makes the picture live", () => {
  const state = stateView();
  assert.deepEqual(withNews(NOTHING_YET, { kind: "state", state, at: 5 }), { link: "live", state, heardAt: 5 });
});

test("an update before any state says nothing", () => {
  assert.equal(withNews(NOTHING_YET, { kind: "update", update: { now: 1 }, at: 1 }), NOTHING_YET);
});

test("a lost stream leaves what was known, and says that it is old", () => {
  const before = live();
  assert.deepEqual(withNews(before, { kind: "lost" }), { ...before, link: "lost" });
});

test("a lost stream before any state is lost all the same", () => {
  assert.deepEqual(withNews(NOTHING_YET, { kind: "lost" }), { link: "lost" });
});

test("any message after a loss makes the picture live again", () => {
  const lost = withNews(live(), { kind: "lost" });
  assert.equal(withNews(lost, { kind: "update", update: { now: 7 }, at: 7 }).link, "live");
  assert.equal(withNews(lost, { kind: "state", state: stateView(), at: 7 }).link, "live");
});

test("a state replaces all that was known", () => {
  const other = stateView({ organisation: "another", nodes: [] });
  assert.equal(withNews(live(), { kind: "state", state: other, at: 9 }).state, other);
});

test("what an update does not name stays the same value", () => {
  const state = stateView();
  const after = withUpdate(state, { now: state.now + 5_000 });
  assert.deepEqual(after, { ...state, now: state.now + 5_000 });
  for (const key of ["chains", "nodes", "pairs", "rounds", "happenings", "sites"] as const) {
    assert.equal(after[key], state[key], key);
  }
});

test("a changed item takes its old place, whole; the others are the same values", () => {
  const state = stateView({ nodes: [nodeView("a", { headNum: 1 }), nodeView("b"), nodeView("c")] });
  const { nodes } = withUpdate(state, { now: 0, nodes: [nodeView("b", { headNum: 9 })] });
  assert.deepEqual(
    nodes.map(({ name, headNum }) => [name, headNum]),
    [
      ["a", 1],
      ["b", 9],
      ["c", undefined],
    ],
  );
  assert.equal(nodes[0], state.nodes[0]);
});

test("that the record is no longer written is taken over, and stays until it is told otherwise", () => {
  const off = withUpdate(stateView(), { now: 0, recording: false });
  assert.equal(off.recording, false);
  assert.equal(withUpdate(off, { now: 1 }).recording, false);
});

test("rounds stay in the order of their slots, whatever the order in which they are told of", () => {
  const state = stateView({ rounds: [roundView(24), roundView(48)] });
  const { rounds } = withUpdate(state, { now: 0, rounds: [roundView(36), roundView(12)] });
  assert.deepEqual(
    rounds.map(({ startSlot }) => startSlot),
    [12, 24, 36, 48],
  );
});

test("rounds of two chains at the same slot are two", () => {
  const state = stateView({ rounds: [roundView(12, { chain: "test" })] });
  const { rounds } = withUpdate(state, { now: 0, rounds: [roundView(12, { chain: "other" })] });
  assert.deepEqual(rounds.map(({ chain }) => chain).sort(), ["other", "test"]);
});

test("a page left open for a day keeps as many rounds of each chain as the server shows, the newest", () => {
  let state = stateView({ rounds: [] });
  for (let slot = 0; slot < 12 * 14_400; slot += 12) {
    const rounds: RoundView[] = [roundView(slot, { chain: "test" }), roundView(slot, { chain: "other" })];
    state = withUpdate(state, { now: slot * 500, rounds });
  }
  assert.equal(state.rounds.length, 48);
  const ofTest = state.rounds.filter(({ chain }) => chain === "test");
  assert.deepEqual([ofTest[0]?.startSlot, ofTest.at(-1)?.startSlot], [12 * (14_400 - 24), 12 * 14_399]);
});

test("what happened is newest first, and no longer than the server's list", () => {
  let state = stateView({ happenings: [] });
  for (let at = 0; at < 500; at++) state = withUpdate(state, { now: at, happenings: [happening(`h${at}`, { at })] });
  assert.equal(state.happenings.length, 100);
  assert.deepEqual([state.happenings[0]?.at, state.happenings.at(-1)?.at], [499, 400]);
});

test("an entry that turned out otherwise is corrected in its place", () => {
  const state = stateView({ happenings: [happening("b", { at: 2 }), happening("a", { at: 1, level: "critical" })] });
  const { happenings } = withUpdate(state, { now: 3, happenings: [happening("a", { at: 1, level: "ok" })] });
  assert.deepEqual(
    happenings.map(({ id, level }) => [id, level]),
    [
      ["b", "ok"],
      ["a", "ok"],
    ],
  );
});

test("an update changes nothing of the state it is applied to", () => {
  const state = stateView({ rounds: [roundView(24), roundView(12)], happenings: [happening("a"), happening("b")] });
  const before = structuredClone(state);
  withUpdate(state, {
    now: 1,
    rounds: [roundView(0, { slots: slots("missed") })],
    happenings: [happening("c", { at: 9 })],
  });
  assert.deepEqual(state, before);
});

test("the server's time goes on by the browser's clock, however wrong that is set", () => {
  const picture = live({ state: stateView({ now: 1_000_000 }), heardAt: 50 });
  assert.equal(serverTime(picture, 50), 1_000_000);
  assert.equal(serverTime(picture, 2_050), 1_002_000);
});

test("a browser's clock that is set back does not take the server's time back", () => {
  assert.equal(serverTime(live({ state: stateView({ now: 1_000_000 }), heardAt: 5_000 }), 0), 1_000_000);
});

test("before anything was heard the browser's time has to serve", () => {
  assert.equal(serverTime(NOTHING_YET, 77), 77);
});
