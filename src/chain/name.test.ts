import assert from "node:assert/strict";
import { test } from "node:test";
import { Name } from "@wharfkit/antelope";
import fc from "fast-check";
import { attempt } from "../../test/attempt.ts";
import { Problem } from "../kit/problem.ts";
import { isName, nameToU64, u64ToName } from "./name.ts";

const letters = fc.constantFrom(...".12345abcdefghijklmnopqrstuvwxyz");
const anyName = fc
  .tuple(fc.string({ unit: letters, maxLength: 12 }), fc.constantFrom("", ..."12345abcdefghij"))
  .map(([text, last]) => (text.length === 12 ? text + last : text).replace(/\.+$/, ""));

test("names pack as nodeos packs them", () => {
  assert.equal(nameToU64("eosio"), 0x5530ea0000000000n);
  assert.equal(nameToU64("eosio.token"), 0x5530ea033482a600n);
  assert.equal(nameToU64(""), 0n);
  assert.equal(nameToU64("zzzzzzzzzzzzj"), 0xffff_ffff_ffff_ffffn);
  assert.equal(u64ToName(0xffff_ffff_ffff_ffffn), "zzzzzzzzzzzzj");
});

test("names pack as another implementation packs them, and unpack again", () => {
  fc.assert(
    fc.property(anyName, (name) => {
      assert.equal(nameToU64(name), BigInt(String(Name.from(name).value)));
      assert.equal(u64ToName(nameToU64(name)), name);
      assert.ok(isName(name));
    }),
  );
});

test("every 64 bits are the name that they pack to again", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (packed) =>
      assert.equal(nameToU64(u64ToName(packed)), packed),
    ),
  );
});

for (const text of [
  "Alice",
  "bob6",
  "al ice",
  "alice.",
  ".",
  "aaaaaaaaaaaaz",
  "aaaaaaaaaaaaaa",
  "añb",
  "alice\n",
  "🦀",
]) {
  test(`${JSON.stringify(text)} is not a name`, () => {
    assert.throws(() => nameToU64(text), { code: "CHAIN_BAD_NAME" });
    assert.equal(isName(text), false);
  });
}

test("any text is a name that comes back, or a problem", () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: letters, maxLength: 14 }));
  fc.assert(
    fc.property(text, (candidate) => {
      const packed = attempt(() => nameToU64(candidate));
      assert.equal(isName(candidate), !(packed instanceof Problem));
      if (!(packed instanceof Problem)) assert.equal(u64ToName(packed), candidate);
    }),
  );
});
