import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { producerAt, roundStart, SLOTS_PER_ROUND } from "../chain/time.ts";
import { type ScheduleEvidence, ScheduleHistory } from "./schedule-history.ts";

const NAMES = ["alfa", "beta", "gama", "delta", "eta"];
const schedule = fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 5 });
const START = 1_697_000_004;

test("a Savanna schedule counts from the round boundary at which the blocks changed hands", () => {
  fc.assert(
    fc.property(
      schedule,
      schedule,
      fc.integer({ min: 2, max: 6 }),
      fc.integer({ min: 0, max: 40 }),
      fc.array(fc.boolean(), { minLength: 200, maxLength: 200 }),
      (before, after, rounds, noticedAfter, produced) => {
        const boundary = START + rounds * SLOTS_PER_ROUND;
        const now = boundary + noticedAfter;
        const blocks = Array.from({ length: now - START + 1 }, (_, i): ScheduleEvidence => {
          const slot = START + i;
          return { slot, producer: producerAt(slot < boundary ? before : after, slot) ?? "", version: undefined };
        }).filter((_, i) => produced[i] === true);
        const history = new ScheduleHistory();
        history.learn({ version: 1, producers: before }, START, []);
        history.learn({ version: 2, producers: after }, now, blocks);
        // whatever was produced fits the schedule that is said to have been in force
        for (const { slot, producer } of blocks) assert.equal(history.dueAt(slot), producer);
        const { current } = history;
        assert.equal(roundStart(current?.fromSlot ?? 1), current?.fromSlot);
      },
    ),
  );
});

test("a legacy schedule counts from the first block that names its version", () => {
  const history = new ScheduleHistory();
  history.learn({ version: 7, producers: ["alfa"] }, START, []);
  const blocks = [START + 3, START + 4, START + 5, START + 6].map((slot) => ({
    slot,
    producer: "alfa",
    version: slot < START + 5 ? 7 : 8,
  }));
  history.learn({ version: 8, producers: ["alfa", "beta"] }, START + 7, blocks);
  assert.equal(history.current?.fromSlot, START + 5);
  assert.equal(history.at(START + 4)?.version, 7);
  assert.equal(history.at(START + 5)?.version, 8);
});

test("an older or equal version is no news", () => {
  const history = new ScheduleHistory();
  assert.ok(history.learn({ version: 3, producers: ["alfa"] }, START, []));
  assert.equal(history.learn({ version: 3, producers: ["beta"] }, START + 9, []), undefined);
  assert.equal(history.learn({ version: 2, producers: ["beta"] }, START + 9, []), undefined);
  assert.equal(history.dueAt(START + 100), "alfa");
});

test("the first schedule that is learnt counts for what was before, too", () => {
  const history = new ScheduleHistory();
  assert.equal(history.dueAt(START), undefined);
  history.learn({ version: 5, producers: NAMES }, START, []);
  assert.equal(history.dueAt(START - 1000), producerAt(NAMES, START - 1000));
});
