import assert from "node:assert/strict";
import { test } from "node:test";
import { ABI, Serializer } from "@wharfkit/antelope";
import fc from "fast-check";
import { attempt } from "../../../test/attempt.ts";
import { Problem } from "../../kit/problem.ts";
import { formatPublicKey, formatSignature } from "../keys/text.ts";
import { u64ToName } from "../name.ts";
import { formatTimePoint } from "../time.ts";
import { BUILTINS, type Json } from "./builtin.ts";
import { makeAbi } from "./definition.ts";
import { AbiSerializer } from "./serializer.ts";

const serializer = new AbiSerializer(makeAbi({ structs: {} }));
const other = ABI.from({ version: "eosio::abi/1.2" });

const big = (low: bigint, high: bigint) => fc.bigInt({ min: low, max: high });
const signed = (bits: number) => big(-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n);
const unsigned = (bits: number) => big(0n, 2n ** BigInt(bits) - 1n);
const number = (values: fc.Arbitrary<bigint>) => values.map(Number);
/** As nodeos prints it: a number while it fits 32 bits, else text. */
const printed = (values: fc.Arbitrary<bigint>) =>
  values.map((value): Json => (value > 0xffff_ffffn || value < -0xffff_ffffn ? String(value) : Number(value)));
const hexOf = (least: number, most = least) =>
  fc.uint8Array({ minLength: least, maxLength: most }).map((bytes) => Buffer.from(bytes).toString("hex"));
const name = unsigned(64).map(u64ToName);
const asset = fc
  .tuple(fc.integer({ min: -1e15, max: 1e15 }), fc.stringMatching(/^[A-Z]{1,7}$/))
  .map(([units, code]) => `${(units / 1e4).toFixed(4)} ${code}`)
  .map((text) => text.replace(/^-(0\.0000 )/, "$1"));

/** Values of each type as nodeos's JSON has them. */
const VALUES: Record<string, fc.Arbitrary<Json>> = {
  bool: fc.constantFrom(0, 1),
  int8: number(signed(8)),
  uint8: number(unsigned(8)),
  int16: number(signed(16)),
  uint16: number(unsigned(16)),
  int32: number(signed(32)),
  uint32: number(unsigned(32)),
  varint32: number(signed(32)),
  varuint32: number(unsigned(32)),
  int64: printed(signed(64)),
  uint64: printed(unsigned(64)),
  int128: signed(128).map(String),
  uint128: unsigned(128).map(String),
  float32: fc.integer({ min: -1e6, max: 1e6 }).map((halves) => (halves / 2).toFixed(17)),
  float64: fc.integer({ min: -1e9, max: 1e9 }).map((parts) => (parts / 1024).toFixed(17)),
  float128: hexOf(16).map((hex) => `0x${hex}`),
  name,
  string: fc.string({ unit: "grapheme" }),
  bytes: hexOf(0, 40),
  checksum160: hexOf(20),
  checksum256: hexOf(32),
  checksum512: hexOf(64),
  public_key: hexOf(32).map((hex) => formatPublicKey({ kind: "K1", bytes: Buffer.from(`02${hex}`, "hex") })),
  signature: hexOf(64).map((hex) => formatSignature({ kind: "K1", bytes: Buffer.from(`1f${hex}`, "hex") })),
  symbol: fc.tuple(fc.nat({ max: 18 }), fc.stringMatching(/^[A-Z]{1,7}$/)).map((parts) => parts.join(",")),
  symbol_code: fc.stringMatching(/^[A-Z]{1,7}$/),
  asset,
  extended_asset: fc.record({ quantity: asset, contract: name }, { noNullPrototype: true }),
  time_point: fc.nat({ max: 4e12 }).map(formatTimePoint),
  time_point_sec: fc.nat({ max: 0xffff_ffff }).map((sec) => formatTimePoint(sec * 1000).slice(0, 19)),
  block_timestamp_type: fc.nat({ max: 0xffff_ffff }).map((slot) => formatTimePoint(946_684_800_000 + slot * 500)),
};

test("every built-in type of nodeos is there", () => {
  assert.deepEqual([...BUILTINS.keys()].sort(), Object.keys(VALUES).sort());
});

for (const [type, values] of Object.entries(VALUES)) {
  test(`${type} is written as another implementation writes it, and reads back as nodeos's JSON`, () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = serializer.encode(type, value);
        // the other one takes a bool only as such, and float128 without its prefix
        const theirs = type === "bool" ? value === 1 : type === "float128" ? String(value).slice(2) : value;
        assert.equal(bytes.toString("hex"), Serializer.encode({ object: theirs, type, abi: other }).hexString);
        assert.deepEqual(serializer.decode(type, bytes), value);
      }),
    );
  });
}

test("floats are printed with seventeen decimals whatever their size, and read back exactly", () => {
  const print = (value: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    return serializer.decode("float64", bytes);
  };
  assert.equal(print(0), "0.00000000000000000");
  assert.equal(print(-0), "-0.00000000000000000");
  assert.equal(print(0.1), "0.10000000000000001");
  assert.equal(print(1e22), "10000000000000000000000.00000000000000000");
  assert.equal(print(Number.POSITIVE_INFINITY), "inf");
  assert.equal(print(Number.NEGATIVE_INFINITY), "-inf");
  assert.equal(print(Number.NaN), "nan");
  // seventeen decimals hold every double from a tenth up
  const large = fc.double({ min: 0.1, noNaN: true }).chain((size) => fc.constantFrom(size, -size));
  fc.assert(
    fc.property(large, (value) => assert.equal(serializer.encode("float64", print(value)).readDoubleLE(), value)),
  );
});

const REFUSED: [type: string, value: Json][] = [
  ["uint8", 256],
  ["uint8", -1],
  ["int8", 128],
  ["uint16", 1.5],
  ["uint32", "4294967296"],
  ["uint64", -1],
  ["uint64", "18446744073709551616"],
  ["int64", "9223372036854775808"],
  ["uint128", "340282366920938463463374607431768211456"],
  ["int128", "-170141183460469231731687303715884105729"],
  // a JSON number beyond 2^53 is not the one that was written
  ["uint64", 2 ** 53],
  ["uint64", ""],
  ["uint64", "0x10"],
  ["uint64", "1".repeat(10_000)],
  ["bool", "true"],
  ["bool", 256],
  ["float64", ""],
  ["float64", "0x10"],
  ["float64", "1e"],
  ["float128", "0x00"],
  ["name", 5],
  ["name", "NOT A NAME"],
  ["string", 5],
  ["bytes", "abc"],
  ["bytes", "zz"],
  ["checksum256", "ab"],
  ["public_key", "EOS1"],
  ["signature", ""],
  ["symbol", "EOS"],
  ["asset", "9999999999999999999.0000 EOS"],
  ["extended_asset", "1.0000 EOS"],
  ["extended_asset", { quantity: "1.0000 EOS" }],
  ["time_point", "yesterday"],
  ["time_point_sec", "2106-02-07T06:28:16"],
  ["time_point_sec", "1969-12-31T23:59:59"],
  ["block_timestamp_type", "1999-01-01T00:00:00.000"],
  ["uint8", null],
  ["uint8", {}],
  ["uint8", []],
];
for (const [type, value] of REFUSED) {
  test(`${JSON.stringify(value).slice(0, 50)} is not a ${type}`, () => {
    assert.throws(() => serializer.encode(type, value), Problem);
  });
}

test("any bytes of any type are a value that reads the same when it is written again, or a problem", () => {
  const types = fc.constantFrom(...BUILTINS.keys());
  fc.assert(
    fc.property(types, fc.uint8Array({ maxLength: 80 }), (type, bytes) => {
      const value = attempt(() => serializer.decode(type, bytes));
      if (value instanceof Problem) return;
      const again = attempt(() => serializer.encode(type, value));
      // 64 zero bits are a symbol without letters, which has no text
      if (again instanceof Problem) assert.match(type, /symbol|asset/);
      else assert.deepEqual(serializer.decode(type, again), value);
    }),
    { numRuns: 2000 },
  );
});

test("any JSON for any type is written or a problem", () => {
  fc.assert(
    fc.property(fc.constantFrom(...BUILTINS.keys()), fc.jsonValue(), (type, value) => {
      attempt(() => serializer.encode(type, value as Json));
    }),
    { numRuns: 1000 },
  );
});
