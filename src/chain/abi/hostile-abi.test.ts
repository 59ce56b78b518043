/** ABIs and bytes made to keep a reader busy: types that contain themselves, lists of nothing, lengths without bytes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { attempt } from "../../../test/attempt.ts";
import { recordedJson } from "../../../test/recordings.ts";
import { Problem } from "../../kit/problem.ts";
import { BUILTINS, type Json } from "./builtin.ts";
import { type Abi, makeAbi, parseAbi } from "./definition.ts";
import { AbiSerializer, decodeAbi, encodeAbi } from "./serializer.ts";

const MEGABYTE = Buffer.alloc(1024 * 1024, 1);
const withBases = (abi: Abi, bases: Record<string, string>): Abi => ({
  ...abi,
  structs: abi.structs.map((struct) => ({ ...struct, base: bases[struct.name] ?? "" })),
});

const ENDLESS: [what: string, abi: Abi, value: Json][] = [
  ["a struct in itself", makeAbi({ structs: { t: "t:t" } }), JSON.parse(`${'{"t":'.repeat(50)}0${"}".repeat(50)}`)],
  [
    "lists of lists without end",
    makeAbi({ structs: { t: "t:t[]" } }),
    JSON.parse(`${'{"t":['.repeat(50)}${"]}".repeat(50)}`),
  ],
  [
    "an optional of itself",
    makeAbi({ structs: { t: "t:t?" } }),
    JSON.parse(`${'{"t":'.repeat(50)}null${"}".repeat(50)}`),
  ],
  ["an alias of itself", makeAbi({ structs: {}, types: { t: "t" } }), 1],
  ["aliases in a circle", makeAbi({ structs: {}, types: { t: "u", u: "t" } }), 1],
  ["an alias that grows", makeAbi({ structs: {}, types: { t: "t[]" } }), [[[[]]]]],
  ["a base of itself", withBases(makeAbi({ structs: { t: "a:uint8" } }), { t: "t" }), { a: 1 }],
  ["bases in a circle", withBases(makeAbi({ structs: { t: "a:uint8", u: "b:uint8" } }), { t: "u", u: "t" }), { a: 1 }],
  [
    "a variant in itself",
    makeAbi({ structs: {}, variants: { t: ["t", "t"] } }),
    JSON.parse(`${'["t",'.repeat(50)}1${"]".repeat(50)}`),
  ],
];
for (const [what, abi, value] of ENDLESS) {
  test(`${what} ends as a problem, reading and writing`, () => {
    const serializer = new AbiSerializer(abi);
    const read = attempt(() => serializer.decode("t", MEGABYTE));
    assert.ok(read instanceof Problem);
    assert.match(read.code, /^(ABI_TOO_DEEP|CODEC_CORRUPT|CODEC_SHORT)$/);
    const written = attempt(() => serializer.encode("t", value));
    // `[[[[]]]]` fits the list of lists; all others go deeper than types may
    assert.ok(written instanceof Problem ? /^ABI_/.test(written.code) : what === "an alias that grows");
  });
}

test("types nest 32 deep and not deeper", () => {
  const chain = (depth: number) => {
    const structs = Object.fromEntries(
      Array.from({ length: depth }, (_, i) => [`s${i}`, `next:${i + 1 < depth ? `s${i + 1}` : "uint8"}`]),
    );
    return new AbiSerializer(makeAbi({ structs }));
  };
  assert.ok(JSON.stringify(chain(32).decode("s0", Buffer.from([7]))).includes("7"));
  assert.throws(() => chain(33).decode("s0", Buffer.from([7])), { code: "ABI_TOO_DEEP" });
});

test("what takes no bytes is no field and no item, or a few bytes would be billions of values", () => {
  const empty = new AbiSerializer(
    makeAbi({ structs: { e: "", list: "all:e[]", pair: "a:e b:e" }, variants: { v: ["e", "uint8"] } }),
  );
  // an action without arguments, and a choice of nothing, are fine
  assert.deepEqual(empty.decode("e", Buffer.alloc(0)), {});
  assert.deepEqual(empty.decode("v", Buffer.from([0])), ["e", {}]);
  assert.throws(() => empty.decode("list", Buffer.from([1, 0])), { code: "ABI_BAD_VALUE" });
  assert.throws(() => empty.decode("pair", Buffer.alloc(0)), { code: "ABI_BAD_VALUE" });
  const doubling = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`s${i}`, `a:s${i + 1} b:s${i + 1}`]));
  const bomb = new AbiSerializer(makeAbi({ structs: { ...doubling, s30: "" } }));
  assert.throws(() => bomb.decode("s0", Buffer.alloc(0)), { code: "ABI_BAD_VALUE" });
});

test("a list longer than its bytes is refused before anything is made of it", () => {
  const serializer = new AbiSerializer(makeAbi({ structs: {} }));
  const billions = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3]);
  for (const type of ["uint8[]", "uint8[][]", "string[]", "bytes", "string", "uint8?[]"]) {
    assert.throws(() => serializer.decode(type, billions), Problem, type);
  }
});

test("bytes of an old ABI, which end early, have what came later as empty lists", () => {
  const abi = makeAbi({ structs: { transfer: "to:name" }, actions: ["transfer"] });
  const whole = encodeAbi(abi);
  // the last two bytes are the empty variants and action results
  const old = decodeAbi(whole.subarray(0, -2));
  assert.deepEqual(old, abi);
  assert.deepEqual(new AbiSerializer(old).decode("transfer", Buffer.alloc(8)), { to: "" });
});

test("JSON that is no ABI is a problem that says where", () => {
  const token = recordedJson("chain/eosio.token.abi.json") as { structs: unknown[] };
  assert.throws(() => parseAbi({ ...token, structs: [{ name: "x", fields: [{ name: 5 }] }] }), {
    code: "ABI_BAD_SHAPE",
    message: /^structs\.0\./,
  });
  for (const json of [null, [], "abi", 5, {}, { version: 1 }])
    assert.throws(() => parseAbi(json), { code: "ABI_BAD_SHAPE" });
});

test("any bytes are an ABI or a problem, and so is an ABI with a byte changed; what is read can be used", () => {
  const bytes = encodeAbi(parseAbi(recordedJson("chain/eosio.token.abi.json")));
  const use = (abi: Abi | Problem) => {
    if (abi instanceof Problem) return;
    const serializer = new AbiSerializer(abi);
    for (const { type } of [...abi.actions, ...abi.tables]) attempt(() => serializer.decode(type, bytes));
  };
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.nat({ max: bytes.length - 1 }),
      fc.nat({ max: 255 }),
      (noise, at, value) => {
        use(attempt(() => decodeAbi(noise)));
        const changed = Buffer.from(bytes);
        changed[at] = value;
        use(attempt(() => decodeAbi(changed)));
      },
    ),
    { numRuns: 500 },
  );
});

test("any ABI with any bytes and any JSON ends in a value or a problem, soon", () => {
  const names = [
    "t",
    "u",
    "w",
    "uint8",
    "string",
    "t[]",
    "u?",
    "w[]",
    "uint64",
    "bytes[]",
    "u$",
    "nothing",
    ...BUILTINS.keys(),
  ];
  const type = fc.constantFrom(...names);
  const fields = fc.array(
    fc.record({ name: fc.constantFrom("a", "b", "__proto__"), type }, { noNullPrototype: true }),
    { maxLength: 3 },
  );
  const abi = fc
    .tuple(fields, fields, fc.array(type, { maxLength: 3 }), type, fc.constantFrom("", "t", "u"))
    .map(([t, u, variant, alias, base]) => ({
      ...makeAbi({ structs: {}, variants: { w: variant }, types: { x: alias } }),
      structs: [
        { name: "t", base, fields: t },
        { name: "u", base: "", fields: u },
      ],
    }));
  fc.assert(
    fc.property(abi, type, fc.uint8Array({ maxLength: 100 }), fc.jsonValue(), (shape, wanted, bytes, value) => {
      const serializer = new AbiSerializer(shape);
      const decoded = attempt(() => serializer.decode(wanted, bytes));
      if (!(decoded instanceof Problem)) attempt(() => serializer.encode(wanted, decoded));
      attempt(() => serializer.encode(wanted, value as Json));
    }),
    { numRuns: 2000 },
  );
});
