import assert from "node:assert/strict";
import { test } from "node:test";
import { moved, sameRow } from "./slot-place.ts";

/** Rows from top to bottom: the newest round first. */
const STARTS = [36, 24, 12];

for (const [from, key, to] of [
  ["24+5", "ArrowLeft", "24+4"],
  ["24+0", "ArrowLeft", undefined],
  ["24+5", "ArrowRight", "24+6"],
  ["24+11", "ArrowRight", undefined],
  ["24+5", "ArrowUp", "36+5"],
  ["36+5", "ArrowUp", undefined],
  ["24+5", "ArrowDown", "12+5"],
  ["12+5", "ArrowDown", undefined],
  ["24+5", "Home", "24+0"],
  ["24+5", "End", "24+11"],
  ["24+5", "a", undefined],
  ["24+5", "Tab", undefined],
  // its round was pushed out while it had the focus
  ["0+5", "ArrowUp", undefined],
  ["0+5", "ArrowDown", undefined],
] as const) {
  test(`${key} from ${from} leads ${to === undefined ? "nowhere" : `to ${to}`}`, () => {
    const [startSlot = 0, index = 0] = from.split("+").map(Number);
    const place = moved({ startSlot, index }, key, STARTS);
    assert.equal(place && `${place.startSlot}+${place.index}`, to);
  });
}

test("a place is in the row of its round only", () => {
  assert.equal(sameRow({ startSlot: 24, index: 7 }, 24), 7);
  assert.equal(sameRow({ startSlot: 24, index: 7 }, 36), undefined);
  assert.equal(sameRow(undefined, 24), undefined);
});
