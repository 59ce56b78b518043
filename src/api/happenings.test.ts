import assert from "node:assert/strict";
import { test } from "node:test";
import { hiddenProblem } from "../../test/api/hidden-fleet.ts";
import { judgedRound } from "../../test/record/rounds.ts";
import { SLOTS_PER_ROUND, timeOf } from "../chain/time.ts";
import { NodeStatuses } from "../watch/node-status.ts";
import type { WatchEvent } from "../watch/watch.ts";
import { Happenings } from "./happenings.ts";

const TARGET = { chain: "one", chainId: "a".repeat(64), accounts: ["ours"], nodes: [], pairs: [] };
const START = 1_697_000_004;

const round = (letters: string, producer = "ours", startSlot = START): WatchEvent => ({
  kind: "round",
  round: judgedRound({ startSlot, producer, letters, final: false }),
});

/** A node as it goes and comes, and the event of each change. */
function node(name: string) {
  const statuses = new NodeStatuses([name], 0);
  return (way: "http" | "p2p", state: "up" | "down", at: number): WatchEvent => {
    const observer = `${name}/${way}`;
    statuses.take(
      state === "up"
        ? { kind: "up", node: name, observer, latencyMs: 1, at }
        : { kind: "down", node: name, observer, problem: hiddenProblem("NODE_UNREACHABLE"), at },
    );
    const status = statuses.get(name);
    assert.ok(status);
    return {
      kind: "node",
      node: structuredClone({ ...status, http: sight(status.http), p2p: sight(status.p2p) }),
      observer,
      at,
    };
  };
}
const sight = <S extends { problem: unknown }>(sight: S): S => ({ ...sight, problem: undefined });

function taken(...events: WatchEvent[]): { happenings: Happenings; told: ReturnType<Happenings["take"]>[] } {
  const happenings = new Happenings();
  return { happenings, told: events.map((event) => happenings.take(TARGET, event)) };
}

test("a round is one entry however many of its blocks are missing, and grave if it is ours", () => {
  const { happenings, told } = taken(round("ppm........."), round("ppmm........"), round("ppmmlppppppp"));
  assert.equal(happenings.list().length, 1);
  assert.deepEqual(told[2], [
    {
      id: `round/one/${START}`,
      at: timeOf(START + 2),
      level: "critical",
      chain: "one",
      kind: "round",
      facts: { producer: "ours", missed: 2, orphaned: 0, late: 1, startSlot: START },
    },
  ]);
  assert.equal(taken(round("ppm.........", "norte")).told[0]?.[0]?.level, "warning");
});

test("an entry that turned out wrong is corrected, not left standing", () => {
  const { happenings, told } = taken(round("ppm........."), round("pppppppppppp"));
  assert.deepEqual(
    happenings.list().map(({ level, facts }) => [level, facts.missed]),
    [["ok", 0]],
  );
  assert.equal(told[1]?.length, 1);
});

test("an entry of an earlier run is corrected too", () => {
  const before = taken(round("ppm.........")).happenings.list();
  const happenings = new Happenings();
  happenings.remember(before);
  assert.deepEqual(happenings.takeChanged(), []);
  assert.equal(happenings.take(TARGET, round("pppppppppppp"))[0]?.level, "ok");
});

test("an entry that so much else has pushed out is corrected where it still stands", () => {
  const happenings = new Happenings();
  happenings.take(TARGET, round("ppm........."));
  for (let i = 1; i <= 300; i++)
    happenings.take(TARGET, { kind: "fork", left: 1, toNum: i, at: timeOf(START) + i * 9_000 });
  assert.ok(!happenings.list().some(({ kind }) => kind === "round"));
  assert.deepEqual(
    happenings.take(TARGET, round("pppppppppppp")).map(({ id, level }) => [id, level]),
    [[`round/one/${START}`, "ok"]],
  );
  // and only once
  assert.deepEqual(happenings.take(TARGET, round("pppppppppppp")), []);
});

test("a whole round, a few late blocks and what was said before are not worth telling", () => {
  const { told } = taken(round("pppppppppppp"), round("llpppppppppp"), round("lllppppppppp"), round("lllppppppppp"));
  assert.deepEqual(
    told.map(({ length }) => length),
    [0, 0, 1, 0],
  );
});

test("a node that goes is one entry whichever ways fail, and one that it is back when all of them see it", () => {
  const relay = node("relay");
  const { happenings, told } = taken(
    relay("http", "up", 1_000),
    relay("p2p", "up", 1_000),
    relay("p2p", "down", 5_000),
    relay("http", "down", 6_000),
    relay("http", "up", 8_000),
    relay("p2p", "up", 9_400),
    relay("p2p", "down", 20_000),
  );
  assert.deepEqual(
    told.map((entries) => entries.map(({ kind, level, facts }) => [kind, level, facts.ways ?? facts.seconds])),
    [
      [],
      [],
      [["node-down", "warning", "p2p"]],
      [["node-down", "critical", "http+p2p"]],
      [],
      [["node-up", "ok", 4]],
      [["node-down", "warning", "p2p"]],
    ],
  );
  assert.equal(happenings.list().length, 3);
  assert.equal(happenings.list()[0]?.at, 20_000);
});

test("the first schedule that is learnt is no news, the next one is", () => {
  const schedule = (version: number, fromSlot: number): WatchEvent => ({
    kind: "schedule",
    schedule: { version, producers: ["ours"], fromSlot },
    at: timeOf(fromSlot),
  });
  const { told } = taken(schedule(1, 0), schedule(2, START));
  assert.deepEqual(
    told.map((entries) => entries.map(({ facts }) => facts)),
    [[], [{ version: 2, fromSlot: START }]],
  );
});

test("that nobody can tell about a pair is no news of the pair", () => {
  const pair = (reason: "cannot-tell" | "both-unpaused"): WatchEvent => ({
    kind: "pair",
    pair: "one-pair",
    judgement: { active: undefined, level: "critical", reason, because: "" },
    at: 1,
  });
  const { told } = taken(pair("cannot-tell"), pair("both-unpaused"));
  assert.deepEqual(
    told.map(({ length }) => length),
    [0, 1],
  );
});

test("a hundred are kept, the newest, in order; what changed is told once", () => {
  const happenings = new Happenings();
  const count = 250;
  for (let i = 0; i < count; i++) {
    happenings.take(TARGET, round("mmmmmmmmmmmm", "norte", START + ((i * 7) % count) * SLOTS_PER_ROUND));
  }
  const slots = happenings.list().map(({ facts }) => facts.startSlot);
  assert.deepEqual(
    slots,
    Array.from({ length: 100 }, (_, i) => START + (count - 1 - i) * SLOTS_PER_ROUND),
  );
  assert.equal(happenings.takeChanged().length, count);
  assert.deepEqual(happenings.takeChanged(), []);
});
