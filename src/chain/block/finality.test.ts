import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { attempt } from "../../../test/attempt.ts";
import { p2pBlocks } from "../../../test/recordings.ts";
import { Problem } from "../../kit/problem.ts";
import { Reader } from "../codec/reader.ts";
import { pack } from "../codec/writer.ts";
import { u64ToName } from "../name.ts";
import { certificateOf, decodeBlock } from "./block.ts";
import {
  applyFinalizerDiff,
  applyProposerDiff,
  type Bitset,
  decodeQuorumCertificate,
  encodeFinalityExtension,
  encodeQuorumCertificate,
  type FinalityExtension,
  finalityExtension,
  type OrderedDiff,
  readFinalityExtension,
  replaceAll,
} from "./finality.ts";
import { singleKey } from "./schedule.ts";

const plain = { noNullPrototype: true };
const u16 = fc.nat({ max: 0xffff });
const u32 = fc.nat({ max: 0xffff_ffff });
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const hexOf = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((all) => Buffer.from(all).toString("hex"));
const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });

const finalizer = fc.record({ description: fc.string(), weight: u64, publicKey: hexOf(96) }, plain);
const producer = fc.record(
  { name: u64.map(u64ToName), authority: fc.constant(singleKey("EOS1111111111111111111111111111111114T1Anm")) },
  plain,
);
const diff = <T>(value: fc.Arbitrary<T>) =>
  fc.record(
    {
      remove: fc.array(u16, { maxLength: 4 }),
      insert: fc.array(fc.record({ index: u16, value }, plain), { maxLength: 3 }),
    },
    plain,
  );
const extension: fc.Arbitrary<FinalityExtension> = fc.record(
  {
    qcClaim: fc.record({ blockNum: u32, strong: fc.boolean() }, plain),
    finalizerPolicy: maybe(fc.record({ generation: u32, threshold: u64, finalizers: diff(finalizer) }, plain)),
    proposerPolicy: maybe(fc.record({ version: u32, proposalSlot: u32, producers: diff(producer) }, plain)),
  },
  plain,
);
const bitset: fc.Arbitrary<Bitset> = fc
  .array(fc.boolean(), { maxLength: 40 })
  .map((bits) => ({ size: bits.length, bits }));
const votes = fc.record({ strong: maybe(bitset), weak: maybe(bitset), signature: hexOf(192) }, plain);

test("finality extensions with any change of policy read back", () => {
  fc.assert(
    fc.property(extension, (one) => {
      const reader = new Reader(encodeFinalityExtension(one));
      assert.deepEqual(readFinalityExtension(reader), one);
      reader.end();
    }),
  );
});

test("certificates read back, with the votes of one policy and of two", () => {
  fc.assert(
    fc.property(u32, votes, maybe(votes), (blockNum, active, pending) => {
      const certificate = { blockNum, active, pending };
      assert.deepEqual(decodeQuorumCertificate(encodeQuorumCertificate(certificate)), certificate);
    }),
  );
});

test("every recorded extension and certificate is written again as it was", () => {
  let [extensions, certificates] = [0, 0];
  for (const bytes of p2pBlocks()) {
    const block = decodeBlock(bytes);
    const finality = finalityExtension(block.header);
    const certificate = certificateOf(block);
    if (finality !== undefined) {
      extensions++;
      const written = encodeFinalityExtension(finality);
      assert.ok(block.header.extensions.some(({ data }) => data.equals(written)));
    }
    if (certificate !== undefined) {
      certificates++;
      const written = encodeQuorumCertificate(certificate);
      assert.ok(block.extensions.some(({ data }) => data.equals(written)));
    }
  }
  assert.ok(extensions > 100 && certificates > 90, `${extensions} extensions, ${certificates} certificates`);
});

test("a change of policy first removes by index, then inserts at index", () => {
  const before = ["a", "b", "c", "d"].map((name) => ({ name, authority: singleKey("") }));
  const insert = (index: number, name: string) => ({ index, value: { name, authority: singleKey("") } });
  const changed = applyProposerDiff(
    { version: 1, producers: before },
    { version: 2, proposalSlot: 0, producers: { remove: [0, 2], insert: [insert(0, "x"), insert(3, "y")] } },
  );
  assert.equal(changed.version, 2);
  assert.deepEqual(
    changed.producers.map(({ name }) => name),
    ["x", "b", "d", "y"],
  );
});

test("a change that replaces everything makes the new policy of any old one", () => {
  const list = fc.uniqueArray(finalizer, { maxLength: 6, selector: ({ publicKey }) => publicKey });
  fc.assert(
    fc.property(list, list, (before, after) => {
      const finalizers: OrderedDiff<(typeof after)[number]> = replaceAll(before, after);
      const old = { generation: 1, threshold: 1n, finalizers: before };
      const policy = applyFinalizerDiff(old, { generation: 2, threshold: 3n, finalizers });
      assert.deepEqual(policy, { generation: 2, threshold: 3n, finalizers: after });
    }),
  );
  const first = applyFinalizerDiff(undefined, { generation: 1, threshold: 0n, finalizers: replaceAll([], []) });
  assert.deepEqual(first.finalizers, []);
});

test("a legacy header has no finality extension, and one with bytes behind it is a problem", () => {
  const [legacy, ...rest] = p2pBlocks().map((bytes) => decodeBlock(bytes).header);
  assert.ok(legacy);
  assert.equal(finalityExtension(legacy), undefined);
  const savanna = rest.at(-1);
  assert.ok(savanna);
  const extensions = savanna.extensions.map(({ type, data }) => ({
    type,
    data: Buffer.concat([data, Buffer.alloc(1)]),
  }));
  assert.throws(() => finalityExtension({ ...savanna, extensions }), { code: "CODEC_TRAILING" });
});

test("a bitset of more finalizers than can be is refused before anything is made of it", () => {
  const claimed = (size: number) =>
    pack((w) =>
      w
        .u32(1)
        .bool(true)
        .varuint32(size)
        .raw(Buffer.alloc(Math.ceil(size / 8)))
        .bool(false)
        .varBytes(Buffer.alloc(192))
        .bool(false),
    );
  assert.equal(decodeQuorumCertificate(claimed(65_536)).active.strong?.bits.length, 65_536);
  assert.throws(() => decodeQuorumCertificate(claimed(65_537)), { code: "CODEC_CORRUPT" });
  assert.throws(() => decodeQuorumCertificate(claimed(8 * 1024 * 1024)), { code: "CODEC_CORRUPT" });
});

test("any bytes are an extension and a certificate, or a problem", () => {
  const recorded = p2pBlocks().map((bytes) => certificateOf(decodeBlock(bytes)));
  const certificate = encodeQuorumCertificate(recorded.find((one) => one !== undefined) as never);
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 250 }),
      fc.nat({ max: certificate.length - 1 }),
      fc.nat({ max: 255 }),
      (noise, at, value) => {
        attempt(() => readFinalityExtension(new Reader(noise)));
        attempt(() => decodeQuorumCertificate(noise));
        const changed = Buffer.from(certificate);
        changed[at] = value;
        attempt(() => decodeQuorumCertificate(changed));
        assert.ok(attempt(() => decodeQuorumCertificate(certificate.subarray(0, at))) instanceof Problem);
      },
    ),
    { numRuns: 500 },
  );
});
