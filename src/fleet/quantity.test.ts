import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Problem } from "../kit/problem.ts";
import {
  formatBitsPerSecond,
  formatBytes,
  parseBitsPerSecond,
  parseBytes,
  RATE_PATTERN,
  SIZE_PATTERN,
} from "./quantity.ts";

test("sizes are decimal or binary as they say", () => {
  assert.equal(parseBytes("512 GB"), 512e9);
  assert.equal(parseBytes("512 GiB"), 512 * 2 ** 30);
  assert.equal(parseBytes("1.5TB"), 1.5e12);
  assert.equal(parseBytes("1 B"), 1);
  assert.equal(parseBitsPerSecond("100 Mbps"), 100e6);
  assert.equal(parseBitsPerSecond("1 Gbps"), 1e9);
});

const REFUSED: [parse: (text: string) => number, text: string, help: string | undefined][] = [
  [parseBytes, "512", "write the unit: `512 GB` or `512 GiB`"],
  [parseBytes, "512 gb", "write `512 GB`, or `512 GiB` for powers of two"],
  [parseBytes, "1,5 TB", "write `1.5 TB`, or `1.5 TiB` for powers of two"],
  [parseBytes, "0 GB", "it has to be more than nothing and less than 9 PB"],
  [parseBytes, "10000 PB", "it has to be more than nothing and less than 9 PB"],
  [parseBytes, "much", undefined],
  [parseBytes, "1 toString", "write `1 TB`, or `1 TiB` for powers of two"],
  [parseBitsPerSecond, "100 Mb/s", "write `100 Mbps`"],
  [parseBitsPerSecond, "1 gbps", "write `1 Gbps`"],
  [
    parseBitsPerSecond,
    "100 MBps",
    "`MBps` is bytes a second: write `100 Mbps`, or `800 Mbps` if bytes are what you mean",
  ],
];

for (const [parse, text, help] of REFUSED) {
  test(`\`${text}\` is refused with advice`, () => {
    assert.throws(
      () => parse(text),
      (error) => error instanceof Problem && error.code === "FLEET_BAD_VALUE" && error.help === help,
    );
  });
}

test("what is formatted parses to the same, wherever four digits are enough", () => {
  const amount = fc.tuple(fc.integer({ min: 1, max: 7999 }), fc.constantFrom("kB", "GB", "TB", "KiB", "GiB", "TiB"));
  fc.assert(
    fc.property(amount, ([number, unit]) => {
      const bytes = parseBytes(`${number} ${unit}`);
      assert.equal(parseBytes(formatBytes(bytes)), bytes);
    }),
  );
  assert.equal(formatBytes(540_123_456_789), "540.1 GB");
  assert.equal(formatBitsPerSecond(25e9), "25 Gbps");
});

test("the patterns for editors take what is parsed", () => {
  for (const text of ["512 GB", "1.5TiB", "1 B", "7 kB"]) assert.match(text, new RegExp(SIZE_PATTERN));
  for (const text of ["100 Mbps", "1 bps", "2.5 Gbps"]) assert.match(text, new RegExp(RATE_PATTERN));
});
