/** Reader and writer are tested together: what one writes the other reads, and neither trusts a stranger's bytes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ABIEncoder, Int64, Name, PublicKey, Serializer, Signature, UInt64, VarInt, VarUInt } from "@wharfkit/antelope";
import fc from "fast-check";
import { attempt } from "../../../test/attempt.ts";
import { Problem } from "../../kit/problem.ts";
import { formatPublicKey, formatSignature, MAX_MATERIAL_BYTES } from "../keys/text.ts";
import { u64ToName } from "../name.ts";
import { Reader } from "./reader.ts";
import { pack, Writer } from "./writer.ts";

const u32 = fc.nat({ max: 0xffff_ffff });
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const i64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const blob = fc.uint8Array({ maxLength: 300 }).map((bytes): Buffer => Buffer.from(bytes));
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex"));
/** A compressed point begins with 2 or 3; the other implementation does not read texts of anything else. */
const publicKey = fc
  .tuple(fc.constantFrom("02", "03"), hash)
  .map((parts) => formatPublicKey({ kind: "K1", bytes: Buffer.from(parts.join(""), "hex") }));
const signature = fc
  .tuple(fc.constantFrom("1f", "20"), hash, hash)
  .map((parts) => formatSignature({ kind: "K1", bytes: Buffer.from(parts.join(""), "hex") }));

/** A value of some type: how it is written, and the reading that must give it back. */
interface Item {
  value: unknown;
  write(writer: Writer): unknown;
  read(reader: Reader): unknown;
}
type Method = Exclude<keyof Writer & keyof Reader, "bytes" | "hex" | "raw" | "vector" | "optional">;

function item<M extends Method>(method: M, values: fc.Arbitrary<ReturnType<Reader[M]>>): fc.Arbitrary<Item> {
  return values.map((value) => ({
    value,
    write: (writer) => (writer[method] as (value: unknown) => Writer).call(writer, value),
    read: (reader) => reader[method](),
  }));
}

const list: fc.Arbitrary<Item> = fc.array(u32).map((value) => ({
  value,
  write: (writer) => writer.vector(value, (one) => writer.u32(one)),
  read: (reader) => reader.vector((one) => one.u32()),
}));
const maybe: fc.Arbitrary<Item> = fc.option(u64, { nil: undefined }).map((value) => ({
  value,
  write: (writer) => writer.optional(value, (one) => writer.u64(one)),
  read: (reader) => reader.optional((one) => one.u64()),
}));
const anyItem: fc.Arbitrary<Item> = fc.oneof(
  item("u8", fc.nat({ max: 0xff })),
  item("u16", fc.nat({ max: 0xffff })),
  item("i16", fc.integer({ min: -0x8000, max: 0x7fff })),
  item("u32", u32),
  item("i32", fc.integer()),
  item("u64", u64),
  item("i64", i64),
  item("f32", fc.float()),
  item("f64", fc.double()),
  item("bool", fc.boolean()),
  item("varuint32", u32),
  item("varint32", fc.integer()),
  item("varBytes", blob),
  item("string", fc.string({ unit: "grapheme" })),
  item("name", u64.map(u64ToName)),
  item("checksum256", hash),
  item("publicKey", publicKey),
  item("signature", signature),
  list,
  maybe,
);

test("a sequence of any values reads back, and nothing is left over", () => {
  fc.assert(
    fc.property(fc.array(anyItem), (items) => {
      const bytes = pack((writer) => {
        for (const each of items) each.write(writer);
      }, 1);
      const reader = new Reader(bytes);
      for (const each of items) assert.deepEqual(each.read(reader), each.value);
      reader.end();
    }),
  );
});

test("an input that ends early is a problem with its place, wherever it ends", () => {
  fc.assert(
    fc.property(anyItem, (one) => {
      const bytes = pack((writer) => one.write(writer));
      for (let length = 0; length < bytes.length; length++) {
        const result = attempt(() => one.read(new Reader(bytes.subarray(0, length))));
        assert.ok(result instanceof Problem);
        assert.ok(["CODEC_SHORT", "CODEC_CORRUPT"].includes(result.code), result.code);
        assert.match(result.message, /offset \d/);
      }
    }),
  );
});

test("any bytes read as any values or are a problem, within their own length", () => {
  const reads = fc.array(
    anyItem.map(({ read }) => read),
    { minLength: 1, maxLength: 20 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), reads, (bytes, steps) => {
      const reader = new Reader(bytes);
      for (const read of steps) {
        if (attempt(() => read(reader)) instanceof Problem) break;
        assert.ok(reader.at <= bytes.length);
      }
    }),
    { numRuns: 500 },
  );
});

test("values are written as another implementation writes them", () => {
  const other = (value: unknown, type?: string) =>
    Buffer.from(Serializer.encode({ object: value, ...(type === undefined ? {} : { type }) } as never).array);
  fc.assert(
    fc.property(
      u64,
      i64,
      u32,
      fc.integer(),
      fc.string({ unit: "grapheme" }),
      publicKey,
      signature,
      (u, i, vu, vi, text, pub, sig) => {
        assert.deepEqual(
          pack((w) => w.u64(u)),
          other(UInt64.from(u.toString())),
        );
        assert.deepEqual(
          pack((w) => w.i64(i)),
          other(Int64.from(i.toString())),
        );
        assert.deepEqual(
          pack((w) => w.varuint32(vu)),
          other(VarUInt.from(vu)),
        );
        assert.deepEqual(
          pack((w) => w.varint32(vi)),
          other(VarInt.from(vi)),
        );
        assert.deepEqual(
          pack((w) => w.string(text)),
          other(text, "string"),
        );
        assert.deepEqual(
          pack((w) => w.name(u64ToName(u))),
          other(Name.from(u64ToName(u))),
        );
        assert.deepEqual(
          pack((w) => w.publicKey(pub)),
          other(PublicKey.from(pub)),
        );
        assert.deepEqual(
          pack((w) => w.signature(sig)),
          other(Signature.from(sig)),
        );
      },
    ),
  );
  const floats = new ABIEncoder();
  floats.writeFloat(1.5, 4);
  floats.writeFloat(-Math.PI, 8);
  assert.deepEqual(
    pack((w) => w.f32(1.5).f64(-Math.PI)),
    Buffer.from(floats.getData()),
  );
});

test("WebAuthn keys and signatures carry their variable fields", () => {
  const cases: [Buffer, (r: Reader) => string, (w: Writer, text: string) => void][] = [
    // type 2, point, user presence, relying party
    [
      Buffer.concat([Buffer.from([2]), Buffer.alloc(33, 3), Buffer.from([1, 9]), Buffer.from("localhost")]),
      (r) => r.publicKey(),
      (w, v) => w.publicKey(v),
    ],
    // type 2, compact, authenticator data, client data
    [
      Buffer.concat([Buffer.from([2]), Buffer.alloc(65, 3), Buffer.from([2, 7, 7, 2]), Buffer.from("{}")]),
      (r) => r.signature(),
      (w, v) => w.signature(v),
    ],
  ];
  for (const [bytes, read, write] of cases) {
    const reader = new Reader(bytes);
    const text = read(reader);
    reader.end();
    assert.match(text, /^(PUB|SIG)_WA_/);
    assert.deepEqual(
      pack((w) => write(w, text)),
      bytes,
    );
    assert.equal(text, text.startsWith("PUB") ? PublicKey.from(text).toString() : Signature.from(text).toString());
  }
});

test("a key or signature longer than nodeos takes is refused before it costs time", () => {
  const huge = pack((w) =>
    w.u8(2).raw(Buffer.alloc(65)).varBytes(Buffer.alloc(MAX_MATERIAL_BYTES)).varBytes(Buffer.alloc(0)),
  );
  assert.throws(() => new Reader(huge).signature(), { code: "CODEC_CORRUPT" });
  assert.throws(() => new Reader(Buffer.from([3, ...Buffer.alloc(65)])).signature(), { code: "CODEC_CORRUPT" });
});

test("a length beyond what is left is refused before anything is made of it", () => {
  const billions = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3]);
  let read = 0;
  assert.throws(() => new Reader(billions).vector(() => read++), { code: "CODEC_CORRUPT" });
  assert.equal(read, 0);
  assert.throws(() => new Reader(billions).varBytes(), { code: "CODEC_SHORT" });
  assert.throws(() => new Reader(billions).string(), { code: "CODEC_SHORT" });
  assert.throws(() => new Reader(Buffer.from([3, 1, 1, 1])).vector((r) => r.u8(), 2), { code: "CODEC_CORRUPT" });
});

test("what nodeos never writes is refused", () => {
  assert.throws(() => new Reader(Buffer.from([2])).bool(), { code: "CODEC_CORRUPT" });
  assert.throws(() => new Reader(Buffer.from([2])).optional((r) => r.u8()), { code: "CODEC_CORRUPT" });
  // 33 bits, and five bytes that go on
  assert.throws(() => new Reader(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x1f])).varuint32(), { code: "CODEC_CORRUPT" });
  assert.throws(() => new Reader(Buffer.alloc(6, 0x80)).varuint32(), { code: "CODEC_CORRUPT" });
  assert.equal(new Reader(Buffer.from([1])).choice(["none", "zlib"], "a compression"), "zlib");
  assert.throws(() => new Reader(Buffer.from([2])).choice(["none", "zlib"], "a compression"), {
    code: "CODEC_CORRUPT",
    message: "a compression is 2 (before offset 1)",
  });
  assert.throws(() => new Reader(Buffer.from([1, 2])).end(), { code: "CODEC_TRAILING" });
});

test("text that is no key, name or hash is not written", () => {
  const writer = new Writer();
  assert.throws(() => writer.checksum256("ab"), { code: "CODEC_BAD_HEX" });
  assert.throws(() => writer.checksum256("zz".repeat(32)), { code: "CODEC_BAD_HEX" });
  assert.throws(() => writer.checksum256(`${"00".repeat(32)}0`), { code: "CODEC_BAD_HEX" });
  assert.throws(() => writer.name("Not.A.Name"), { code: "CHAIN_BAD_NAME" });
  assert.throws(() => writer.publicKey("EOS1"), { code: "KEY_BAD_PUBLIC" });
  assert.throws(() => writer.signature("SIG_K1_1"), { code: "KEY_BAD_SIGNATURE" });
});

test("packed bytes stay as they are when the writer goes on", () => {
  const writer = new Writer(1);
  writer.u32(1);
  const first = Buffer.from(writer.bytes);
  const packed = pack((w) => w.u32(1));
  writer.u64(2n).u64(3n);
  assert.deepEqual(packed, first);
  assert.equal(writer.bytes.length, 20);
});
