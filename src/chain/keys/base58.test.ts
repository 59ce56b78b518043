import assert from "node:assert/strict";
import { test } from "node:test";
import { Base58 } from "@wharfkit/antelope";
import fc from "fast-check";
import { decodeBase58, encodeBase58 } from "./base58.ts";

const bytes = fc.uint8Array({ maxLength: 80 });

test("known texts of other implementations", () => {
  // from the Bitcoin test vectors
  for (const [hex, text] of [
    ["", ""],
    ["61", "2g"],
    ["626262", "a3gV"],
    ["73696d706c792061206c6f6e6720737472696e67", "2cFupjhnEsSn59qHXstmK2ffpLv2"],
    ["00eb15231dfceb60925886b67d065299925915aeb172c06647", "1NS17iag9jJgTHD1VXjvLCEnZuQ3rJDE9L"],
    ["00000000000000000000", "1111111111"],
    ["572e4794", "3EFU7m"],
  ] as const) {
    assert.equal(encodeBase58(Buffer.from(hex, "hex")), text);
    assert.equal(decodeBase58(text)?.toString("hex"), hex);
  }
});

test("any bytes are written as another implementation writes them, and read back", () => {
  fc.assert(
    fc.property(bytes, fc.nat({ max: 4 }), (tail, zeros) => {
      const all = Buffer.concat([Buffer.alloc(zeros), tail]);
      assert.equal(encodeBase58(all), Base58.encode(all));
      assert.deepEqual(decodeBase58(encodeBase58(all)), all);
    }),
  );
});

test("a text with any other character is refused", () => {
  for (const text of ["0", "O", "I", "l", "a b", "é", "2g ", "🦀", "2g\n"])
    assert.equal(decodeBase58(text), undefined, text);
});

test("any text is either refused or written the same again", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[1-9A-HJ-NP-Za-km-z]*$/)), (text) => {
      const decoded = decodeBase58(text);
      if (/^[1-9A-HJ-NP-Za-km-z]*$/.test(text)) assert.equal(encodeBase58(decoded ?? Buffer.alloc(0)), text);
      else assert.equal(decoded, undefined);
    }),
  );
});

test("the largest WebAuthn signature that a node takes still reads back, a longer text is refused unread", () => {
  const large = Buffer.alloc(17 * 1024, 0xff);
  assert.deepEqual(decodeBase58(encodeBase58(large)), large);
  assert.equal(decodeBase58("2".repeat(25 * 1024)), undefined);
});
