import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "./nearest.ts";

const KEYS = ["name", "role", "host", "chain", "http", "producerApi", "p2p", "finalizerKey", "on-call"];

for (const [word, expected] of [
  ["hots", "host"],
  ["hsot", "host"],
  ["hst", "host"],
  ["hosts", "host"],
  ["Host", "host"],
  ["producer_api", "producerApi"],
  ["oncall", "on-call"],
  ["finalizerkye", "finalizerKey"],
  ["colour", undefined],
  ["", undefined],
  ["x", undefined],
] as const) {
  test(`nearest to \`${word}\` is ${expected ?? "nothing"}`, () => assert.equal(nearest(word, KEYS), expected));
}

test("a word of any length gets an answer at once", () => {
  assert.equal(nearest("h".repeat(1_000_000), KEYS), undefined);
});
