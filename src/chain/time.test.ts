import assert from "node:assert/strict";
import { test } from "node:test";
import { BlockTimestamp, TimePoint } from "@wharfkit/antelope";
import fc from "fast-check";
import { attempt } from "../../test/attempt.ts";
import { loggedBlocks } from "../../test/recordings.ts";
import { Problem } from "../kit/problem.ts";
import {
  blockEffortMs,
  buildStart,
  EPOCH_MS,
  formatBlockTime,
  formatTimePoint,
  indexInRound,
  nextSlotOf,
  parseBlockTime,
  parseTimePoint,
  producerAt,
  roundStart,
  signingDeadline,
  slotOf,
  timeOf,
} from "./time.ts";

const slot = fc.nat({ max: 0xffff_ffff });

test("slot 0 is the beginning of 2000, and a slot is half a second", () => {
  assert.equal(EPOCH_MS, Date.UTC(2000, 0, 1));
  assert.equal(timeOf(0), Date.UTC(2000, 0, 1));
  assert.equal(formatBlockTime(0), "2000-01-01T00:00:00.000");
  assert.equal(formatBlockTime(1), "2000-01-01T00:00:00.500");
  assert.equal(formatBlockTime(0xffff_ffff), "2068-01-19T03:14:07.500");
});

test("an instant belongs to the newest slot whose timestamp is not later", () => {
  const start = timeOf(1_697_357_170);
  assert.equal(slotOf(start - 1), 1_697_357_169);
  assert.equal(slotOf(start), 1_697_357_170);
  assert.equal(slotOf(start + 499.9), 1_697_357_170);
  assert.equal(slotOf(start + 500), 1_697_357_171);
  fc.assert(fc.property(slot, fc.nat({ max: 499 }), (s, ms) => assert.equal(slotOf(timeOf(s) + ms), s)));
});

test("slots fall into rounds of twelve", () => {
  fc.assert(
    fc.property(slot, (s) => {
      assert.equal(roundStart(s) % 12, 0);
      assert.equal(roundStart(s) + indexInRound(s), s);
      assert.ok(indexInRound(s) >= 0 && indexInRound(s) < 12);
    }),
  );
});

test("each producer is due for one round, in the order of the schedule, counted from slot 0", () => {
  const schedule = ["bpa", "bpb", "bpc"];
  const due = Array.from({ length: 48 }, (_, s) => producerAt(schedule, s));
  assert.deepEqual(
    due,
    ["bpa", "bpb", "bpc", "bpa"].flatMap((producer) => Array(12).fill(producer)),
  );
  assert.equal(producerAt([], 7), undefined);
  assert.equal(producerAt(["only"], 0xffff_ffff), "only");
});

test("the next slot of a producer is the first at or after the given one in which it is due", () => {
  const schedule = fc.uniqueArray(fc.constantFrom("bpa", "bpb", "bpc", "bpd", "bpe"), { minLength: 1 });
  fc.assert(
    fc.property(schedule, slot, (producers, from) => {
      for (const producer of producers) {
        let expected = from;
        while (producerAt(producers, expected) !== producer) expected++;
        assert.equal(nextSlotOf(producers, producer, from), expected);
      }
      assert.equal(nextSlotOf(producers, "stranger", from), undefined);
    }),
  );
  assert.equal(nextSlotOf([], "bpa", 0), undefined);
});

test("with the default offset block i of a round is signed 37.5·(i+1) ms before its timestamp", () => {
  assert.equal(blockEffortMs(), 462.5);
  const round = 1_697_357_172;
  for (let i = 0; i < 12; i++) {
    assert.equal(signingDeadline(round + i), timeOf(round + i) - 37.5 * (i + 1));
    assert.equal(buildStart(round + i), timeOf(round) - 500 + 462.5 * i);
  }
  assert.equal(timeOf(round + 11) - signingDeadline(round + 11), 450);
});

test("the round's offset is spread over its twelve blocks, which follow each other without a gap", () => {
  assert.equal(blockEffortMs(0), 500);
  // nodeos computes in whole microseconds
  assert.equal(blockEffortMs(100), 491.667);
  fc.assert(
    fc.property(slot, fc.nat({ max: 5999 }), (s, offsetMs) => {
      const last = roundStart(s) + 11;
      const early = timeOf(last) - signingDeadline(last, offsetMs);
      assert.ok(Math.abs(early - offsetMs) < 0.02, `${early} ms early where ${offsetMs} ms were asked for`);
      const gap = buildStart(s, offsetMs) - signingDeadline(s - 1, offsetMs);
      assert.ok(indexInRound(s) === 0 || Math.abs(gap) < 0.001, `a gap of ${gap} ms`);
    }),
  );
});

test("a real nodeos signed every block at its deadline: none before, most within milliseconds after", () => {
  for (const log of ["logs/producer-savanna.log", "logs/peer-paused.log"]) {
    const produced = loggedBlocks(log).filter(({ what }) => what === "Produced");
    assert.ok(produced.length > 50);
    const late = produced.map(({ at, timestamp }) => at - signingDeadline(parseBlockTime(timestamp)));
    // the log is written in whole milliseconds
    assert.ok(Math.min(...late) >= -0.5, `${log}: one was ${-Math.min(...late)} ms early`);
    late.sort((a, b) => a - b);
    assert.ok((late[Math.floor(late.length / 2)] as number) < 10);
  }
});

test("times are written as other implementations write them", () => {
  // the other one counts microseconds in doubles, which are exact so far
  const ms = fc.integer({ min: 0, max: Date.UTC(2255, 0, 1) });
  fc.assert(fc.property(ms, (at) => assert.equal(formatTimePoint(at), TimePoint.fromMilliseconds(at).toString())));
  fc.assert(fc.property(slot, (s) => assert.equal(formatBlockTime(s), BlockTimestamp.fromInteger(s).toString())));
});

test("what is written reads back, across the ends of years too", () => {
  fc.assert(fc.property(slot, (s) => assert.equal(parseBlockTime(formatBlockTime(s)), s)));
  for (let year = 2000; year < 2068; year++) {
    for (const at of [Date.UTC(year + 1, 0, 1) - 500, Date.UTC(year + 1, 0, 1), Date.UTC(year, 2, 1) - 500]) {
      assert.equal(parseBlockTime(formatBlockTime(slotOf(at))), slotOf(at));
      assert.equal(parseTimePoint(formatTimePoint(at)), at);
    }
  }
});

test("time points are read with and without fraction and zone", () => {
  const noon = Date.UTC(2026, 10, 22, 12);
  assert.equal(parseTimePoint("2026-11-22T12:00:00"), noon);
  assert.equal(parseTimePoint("2026-11-22T12:00:00Z"), noon);
  assert.equal(parseTimePoint("2026-11-22T12:00:00.500"), noon + 500);
  assert.equal(parseTimePoint("2026-11-22T12:00:00.500000Z"), noon + 500);
  assert.equal(parseBlockTime("2026-11-22T12:00:00.750"), slotOf(noon) + 1);
});

const NO_TIMES = [
  "",
  "now",
  "2026-11-22",
  "2026-11-22 12:00:00",
  "2026-11-22T12:00:00+06:00",
  "2026-11-22T12:00:00.",
  "2026-02-30T00:00:00.000",
  "2025-02-29T00:00:00.000",
  "2026-13-01T00:00:00.000",
  "2026-11-22T24:00:00.000",
  "2026-11-22T12:60:00.000",
  "20266-11-22T12:00:00.000",
];
for (const text of NO_TIMES) {
  test(`\`${text}\` is not a time`, () => assert.throws(() => parseTimePoint(text), { code: "CHAIN_BAD_TIME" }));
}

test("a block time outside of the slots that exist is refused", () => {
  assert.throws(() => parseBlockTime("1999-12-31T23:59:59.500"), { code: "CHAIN_BAD_TIME" });
  assert.throws(() => parseBlockTime("2068-01-19T03:14:08.000"), { code: "CHAIN_BAD_TIME" });
});

test("an instant without a four-digit year is refused instead of written wrongly", () => {
  for (const ms of [Number.NaN, Number.POSITIVE_INFINITY, -1e15, 253_402_300_800_000, 9.3e15]) {
    assert.throws(() => formatTimePoint(ms), { code: "CHAIN_BAD_TIME" });
  }
  fc.assert(
    fc.property(fc.double(), (ms) => {
      const text = attempt(() => formatTimePoint(ms));
      assert.ok(text instanceof Problem || text.length === 23);
    }),
  );
});
