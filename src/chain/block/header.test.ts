import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { attempt } from "../../../test/attempt.ts";
import { p2pBlocks } from "../../../test/recordings.ts";
import { Problem } from "../../kit/problem.ts";
import { pack } from "../codec/writer.ts";
import { formatPublicKey } from "../keys/text.ts";
import { u64ToName } from "../name.ts";
import { identifyBlock } from "./block.ts";
import {
  type BlockHeader,
  blockId,
  blockNum,
  blockNumOf,
  decodeHeader,
  headerDigest,
  isSavanna,
  refBlockPrefix,
  SAVANNA_SCHEDULE_VERSION,
  writeHeader,
} from "./header.ts";

const plain = { noNullPrototype: true };
const u32 = fc.nat({ max: 0xffff_ffff });
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex"));
const name = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(u64ToName);
const key = fc
  .uint8Array({ minLength: 33, maxLength: 33 })
  .map((bytes) => formatPublicKey({ kind: "K1", bytes: Buffer.from(bytes) }));
const extension = fc.record(
  { type: fc.nat({ max: 0xffff }), data: fc.uint8Array({ maxLength: 50 }).map((bytes): Buffer => Buffer.from(bytes)) },
  plain,
);
const header: fc.Arbitrary<BlockHeader> = fc.record(
  {
    slot: u32,
    producer: name,
    confirmed: fc.nat({ max: 0xffff }),
    previous: hash,
    transactionMroot: hash,
    actionMroot: hash,
    scheduleVersion: u32,
    newProducers: fc.option(
      fc.record({ version: u32, producers: fc.array(fc.record({ name, key }, plain), { maxLength: 4 }) }, plain),
      { nil: undefined },
    ),
    extensions: fc.array(extension, { maxLength: 3 }),
  },
  plain,
);
const encode = (one: BlockHeader): Buffer => pack((writer) => writeHeader(writer, one));

test("any header reads back, with producers of the old form too", () => {
  fc.assert(fc.property(header, (one) => assert.deepEqual(decodeHeader(encode(one)), one)));
});

test("the id is the digest with the block's number in front, which is one more than its parent's", () => {
  fc.assert(
    fc.property(header, (one) => {
      const id = blockId(one);
      assert.equal(id.slice(8), headerDigest(one).toString("hex").slice(8));
      assert.equal(blockNumOf(id), blockNum(one));
      assert.equal(blockNum(one), (Number.parseInt(one.previous.slice(0, 8), 16) + 1) % 2 ** 32);
    }),
  );
});

test("the prefix that transactions refer to is bytes 8 to 11 of the id, little-endian", () => {
  assert.equal(refBlockPrefix("000000a6fc60289bc2db16d413128533764e0add1c9eacac9ed98c48a103020c"), 0xd416dbc2);
});

test("the mark of Savanna is the schedule version that no schedule has", () => {
  const [first] = p2pBlocks();
  assert.ok(first);
  const { header: legacy } = identifyBlock(first);
  assert.equal(isSavanna(legacy), false);
  assert.equal(isSavanna({ ...legacy, scheduleVersion: SAVANNA_SCHEDULE_VERSION }), true);
});

test("any bytes are a header or a problem, and so is a header cut off or with a byte changed", () => {
  const recorded = encode(identifyBlock(p2pBlocks().at(-1) as Buffer).header);
  const write = (decoded: BlockHeader | Problem) => decoded instanceof Problem || attempt(() => blockId(decoded));
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.nat({ max: recorded.length - 1 }),
      fc.nat({ max: 255 }),
      (noise, at, value) => {
        write(attempt(() => decodeHeader(noise)));
        assert.throws(() => decodeHeader(recorded.subarray(0, at)), Problem);
        const changed = Buffer.from(recorded);
        changed[at] = value;
        write(attempt(() => decodeHeader(changed)));
      },
    ),
    { numRuns: 500 },
  );
  assert.throws(() => decodeHeader(Buffer.concat([recorded, Buffer.alloc(1)])), { code: "CODEC_TRAILING" });
});

test("a header with more producers than a schedule may have is refused before it costs time", () => {
  const producers = Array.from({ length: 126 }, () => ({
    name: "bp",
    key: "EOS1111111111111111111111111111111114T1Anm",
  }));
  const { header: recorded } = identifyBlock(p2pBlocks()[0] as Buffer);
  const most = { ...recorded, newProducers: { version: 1, producers: producers.slice(1) } };
  assert.deepEqual(decodeHeader(encode(most)), most);
  assert.throws(() => decodeHeader(encode({ ...recorded, newProducers: { version: 1, producers } })), {
    code: "CODEC_CORRUPT",
  });
});
