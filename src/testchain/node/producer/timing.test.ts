/** When a node looks at production, against the timetable of nodeos written out by hand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { producerAt } from "../../../chain/time.ts";
import { offsetReadBack, wakeUpTime } from "./timing.ts";

const EPOCH = 946_684_800_000;
const SCHEDULE = ["bpa", "bpb", "bpc"];
const slots = fc.integer({ min: 36, max: 4_000_000_000 });
const names = fc.subarray(["bpa", "bpb", "bpc", "elsewhere"]);

test("it is the start of the next own block behind the pending one, found by looking at every slot", () => {
  fc.assert(
    fc.property(slots, names, (pending, producers) => {
      let slot = pending + 1;
      while (slot <= pending + 36 && !producers.includes(producerAt(SCHEDULE, slot) ?? "")) slot += 1;
      const none = slot > pending + 36;
      assert.equal(wakeUpTime(producers, SCHEDULE, pending), none ? undefined : EPOCH + 500 * (slot - 1));
    }),
  );
});

test("with 462.5 ms a block, block i of a round starts 37.5 ms times i before its slot begins", () => {
  fc.assert(
    fc.property(slots, (pending) => {
      const next = pending + 1;
      assert.equal(wakeUpTime(SCHEDULE, SCHEDULE, pending, 462.5), EPOCH + 500 * (next - 1) - 37.5 * (next % 12));
    }),
  );
});

test("a node without producers, or a schedule without any, is never woken", () => {
  assert.equal(wakeUpTime([], SCHEDULE, 100), undefined);
  assert.equal(wakeUpTime(["bpa"], [], 100), undefined);
});

test("an offset is read back as nodeos keeps it, in whole milliseconds a block", () => {
  const table: [number, number][] = [
    [450, 456],
    [0, 0],
    [12, 12],
    [1, 12],
    [13, 24],
    [5999, 6000],
  ];
  for (const [given, back] of table) assert.equal(offsetReadBack(given), back, `${given}`);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5999 }), (given) => {
      const back = offsetReadBack(given);
      assert.ok(back % 12 === 0 && back >= given && back - given < 12);
    }),
  );
});
