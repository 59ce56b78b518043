import assert from "node:assert/strict";
import { test } from "node:test";
import { Asset as OtherAsset, Serializer } from "@wharfkit/antelope";
import fc from "fast-check";
import { attempt } from "../../test/attempt.ts";
import { Problem } from "../kit/problem.ts";
import { formatAsset, formatSymbol, parseAsset, parseSymbol, symbolCodeToU64, u64ToSymbolCode } from "./asset.ts";

const code = fc.stringMatching(/^[A-Z]{1,7}$/);
const precision = fc.nat({ max: 18 });
const symbol = fc.tuple(precision, code).map(([decimals, letters]) => parseSymbol(`${decimals},${letters}`));
const amount = fc.bigInt({ min: -(2n ** 62n) + 1n, max: 2n ** 62n - 1n });

test("amounts are written with the decimals of their symbol", () => {
  const eos = parseSymbol("4,EOS");
  assert.equal(formatAsset({ amount: 10_000n, symbol: eos }), "1.0000 EOS");
  assert.equal(formatAsset({ amount: 1n, symbol: eos }), "0.0001 EOS");
  assert.equal(formatAsset({ amount: -1n, symbol: eos }), "-0.0001 EOS");
  assert.equal(formatAsset({ amount: 0n, symbol: eos }), "0.0000 EOS");
  assert.equal(formatAsset({ amount: 42n, symbol: parseSymbol("0,JUNGLE") }), "42 JUNGLE");
  assert.deepEqual(parseAsset("-0.0001 EOS"), { amount: -1n, symbol: eos });
});

test("symbols and assets pack as another implementation packs them", () => {
  fc.assert(
    fc.property(amount, symbol, (units, packed) => {
      const text = formatAsset({ amount: units, symbol: packed });
      const other = Serializer.encode({ object: OtherAsset.from(text) }).array;
      const ours = Buffer.alloc(16);
      ours.writeBigInt64LE(units, 0);
      ours.writeBigUInt64LE(packed, 8);
      assert.deepEqual(Buffer.from(other), ours);
    }),
  );
});

test("what is written reads back", () => {
  fc.assert(
    fc.property(amount, symbol, (units, packed) => {
      assert.deepEqual(parseAsset(formatAsset({ amount: units, symbol: packed })), { amount: units, symbol: packed });
      assert.equal(parseSymbol(formatSymbol(packed)), packed);
    }),
  );
  fc.assert(fc.property(code, (text) => assert.equal(u64ToSymbolCode(symbolCodeToU64(text)), text)));
});

const NO_ASSETS = [
  "",
  "1.0000",
  "1.0000EOS",
  "1.0000  EOS",
  "1. EOS",
  ".5 EOS",
  "1,5 EOS",
  "+1 EOS",
  "1 eos",
  "1 TOOLONGCODE",
  "1 EOS ",
  "1e3 EOS",
  "0.0000000000000000001 EOS",
  // 2^62 and beyond
  "461168601842738.7904 EOS",
  "-461168601842738.7904 EOS",
  "99999999999999999999 EOS",
];
for (const text of NO_ASSETS) {
  test(`\`${text}\` is not an amount`, () => assert.throws(() => parseAsset(text), { code: "CHAIN_BAD_ASSET" }));
}

for (const text of ["", "EOS", "4.EOS", "19,EOS", "-1,EOS", "4,", "4,eos", "4,EOSEOSEO", "004,EOS"]) {
  test(`\`${text}\` is not a symbol`, () => assert.throws(() => parseSymbol(text), { code: "CHAIN_BAD_ASSET" }));
}

test("the largest amount is one below 2^62, either way", () => {
  assert.equal(parseAsset("461168601842738.7903 EOS").amount, 2n ** 62n - 1n);
  assert.equal(parseAsset("-461168601842738.7903 EOS").amount, -(2n ** 62n) + 1n);
});

test("64 bits from a stranger are a symbol that reads back, or a problem", () => {
  const bits = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  fc.assert(
    fc.property(bits, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (packed, units) => {
      const text = attempt(() => formatSymbol(packed));
      assert.ok(
        text instanceof Problem || attempt(() => parseSymbol(text)) === packed || u64ToSymbolCode(packed >> 8n) === "",
      );
      const asset = attempt(() => formatAsset({ amount: units, symbol: packed }));
      assert.ok(
        asset instanceof Problem ? asset.code === "CHAIN_BAD_ASSET" : asset.endsWith(u64ToSymbolCode(packed >> 8n)),
      );
    }),
  );
  // a code with a hole, with a letter of the wrong case, with 19 decimals
  for (const packed of [0x450045_04n, 0x736f65_04n, 0x534f45_13n]) {
    assert.throws(() => formatAsset({ amount: 1n, symbol: packed }), { code: "CHAIN_BAD_ASSET" });
    assert.throws(() => formatSymbol(packed), { code: "CHAIN_BAD_ASSET" });
  }
});
