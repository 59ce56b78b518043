import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256, sha256Pair, ZERO_256 } from "./hash.ts";

test("sha256 is the one of the standard", () => {
  assert.equal(
    sha256(Buffer.from("abc")).toString("hex"),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  assert.equal(
    sha256(Buffer.alloc(0)).toString("hex"),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
});

test("a pair is hashed one behind the other", () => {
  const [left, right] = [sha256(Buffer.from("left")), sha256(Buffer.from("right"))];
  assert.deepEqual(sha256Pair(left, right), sha256(Buffer.concat([left, right])));
  assert.notDeepEqual(sha256Pair(left, right), sha256Pair(right, left));
  assert.equal(Buffer.from(ZERO_256, "hex").length, 32);
});
