import assert from "node:assert/strict";
import { test } from "node:test";
import { formatFor } from "./format.ts";

const english = formatFor("en-GB", "UTC");
const spanish = formatFor("es-CR", "America/Costa_Rica");
const AT = Date.UTC(2026, 10, 24, 3, 4, 5, 500);

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Unicode has several spaces; which one stands where is the language's own affair. */
const plain = (text: string): string => text.replace(/\s/gu, " ");

test("times are those of the zone, on a clock of 24 hours", () => {
  assert.equal(english.time(AT), "03:04:05");
  assert.equal(spanish.time(AT), "21:04:05");
  assert.equal(spanish.timeZone, "America/Costa_Rica");
});

test("midnight is 00, not 24", () => assert.equal(english.time(Date.UTC(2026, 0, 1)), "00:00:00"));

test("a slot's time shows its half second, with the decimal sign of the language", () => {
  assert.equal(english.slotTime(AT), "03:04:05.5");
  assert.equal(spanish.slotTime(AT), "21:04:05,5");
});

test("a full time has its day, by the zone's calendar", () => {
  assert.match(english.full(AT), /24 Nov.* 03:04:05/);
  assert.match(spanish.full(AT), /23 nov.* 21:04:05/);
});

test("numbers are grouped as the region does it", () => {
  assert.equal(plain(english.number(1_234_567)), "1,234,567");
  assert.equal(plain(spanish.number(1_234_567)), "1 234 567");
});

for (const [value, expected] of [
  [3, "+3 ms"],
  [-12, "-12 ms"],
  [0, "0 ms"],
] as const) {
  test(`an offset of ${value} ms is ${expected}`, () => assert.equal(plain(english.signedMs(value)), expected));
}

for (const [length, inEnglish, inSpanish] of [
  [0, "now", "ahora"],
  [999, "now", "ahora"],
  [-5_000, "now", "ahora"],
  [SECOND, "1 sec ago", "hace 1 s"],
  [59_999, "59 sec ago", "hace 59 s"],
  [MINUTE, "1 min ago", "hace 1 min"],
  [119 * SECOND, "1 min ago", "hace 1 min"],
  [HOUR, "1 hr ago", "hace 1 h"],
  [47 * HOUR, "47 hr ago", "hace 47 h"],
  [2 * DAY, "2 days ago", "hace 2 días"],
] as const) {
  test(`${length} ms ago is "${inEnglish}", "${inSpanish}"`, () => {
    assert.equal(english.ago(length), inEnglish);
    assert.equal(spanish.ago(length), inSpanish);
  });
}

test("a countdown is rounded up: what is to come is never 0 away", () => {
  assert.equal(plain(english.countdown(1)), plain(english.span(SECOND)));
  assert.equal(plain(english.countdown(5_001)), plain(english.span(6 * SECOND)));
  assert.equal(plain(english.countdown(6_000)), plain(english.span(6 * SECOND)));
});

test("countries are named in the language; a code that is none stays as it is", () => {
  assert.equal(english.country("PA"), "Panama");
  assert.equal(spanish.country("PA"), "Panamá");
  assert.equal(english.country("XX"), "XX");
});
