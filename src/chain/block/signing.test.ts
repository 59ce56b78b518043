import assert from "node:assert/strict";
import { test } from "node:test";
import { p2pBlocks } from "../../../test/recordings.ts";
import { pack } from "../codec/writer.ts";
import { sha256Pair } from "../hash.ts";
import { PrivateKey } from "../keys/k1.ts";
import { decodeBlock, identifyBlock, signaturesOf } from "./block.ts";
import {
  BLOCK_EXTENSION,
  type BlockHeader,
  blockId,
  HEADER_EXTENSION,
  headerDigest,
  SAVANNA_SCHEDULE_VERSION,
} from "./header.ts";
import { IncrementalMerkle } from "./merkle.ts";
import { legacyScheduleHash, type ProducerSchedule, scheduleHash, singleKey, writeSchedule } from "./schedule.ts";
import { LegacyPast, signersOf, signingDigest, verifySigners } from "./signing.ts";

const [ONE, TWO, STRANGER] = [PrivateKey.generate(), PrivateKey.generate(), PrivateKey.generate()];
const RECORDED = p2pBlocks().map((bytes) => identifyBlock(bytes).header);
const LEGACY = RECORDED[0] as BlockHeader;
const SAVANNA = RECORDED.at(-1) as BlockHeader;
const SCHEDULE: ProducerSchedule = { version: 5, producers: [{ name: "bpa", authority: singleKey(ONE.publicKey) }] };
const PAST = new LegacyPast(new IncrementalMerkle().appended(Buffer.alloc(32, 1)), Buffer.alloc(32, 2));
const TWO_OF_TWO = {
  threshold: 2,
  keys: [
    { key: ONE.publicKey, weight: 1 },
    { key: TWO.publicKey, weight: 1 },
  ],
};

test("under Savanna the id itself is signed", () => {
  assert.equal(signingDigest(SAVANNA).toString("hex"), blockId(SAVANNA));
  const signature = ONE.sign(Buffer.from(blockId(SAVANNA), "hex"));
  assert.deepEqual(signersOf(SAVANNA, [signature]), [ONE.publicKey]);
});

test("under legacy consensus header, all earlier ids and the newest schedule are signed", () => {
  const expected = (schedule: Buffer) => sha256Pair(sha256Pair(headerDigest(LEGACY), PAST.blockIds.root), schedule);
  assert.deepEqual(signingDigest(LEGACY, PAST), expected(Buffer.alloc(32, 2)));
  assert.throws(() => signingDigest(LEGACY), { code: "BLOCK_NEEDS_PAST" });
});

test("a block that announces a schedule signs the new one already, and those behind it too", () => {
  const extension = { type: HEADER_EXTENSION.producerSchedule, data: pack((w) => writeSchedule(w, SCHEDULE)) };
  const legacyForm = { version: 5, producers: [{ name: "bpa", key: ONE.publicKey }] };
  const cases: [BlockHeader, Buffer][] = [
    [{ ...LEGACY, extensions: [extension] }, scheduleHash(SCHEDULE)],
    [{ ...LEGACY, newProducers: legacyForm }, legacyScheduleHash(legacyForm)],
  ];
  for (const [header, hash] of cases) {
    assert.deepEqual(
      signingDigest(header, PAST),
      sha256Pair(sha256Pair(headerDigest(header), PAST.blockIds.root), hash),
    );
    assert.deepEqual(PAST.after(header, blockId(header)).scheduleHash, hash);
  }
  const next = PAST.after(LEGACY, blockId(LEGACY));
  assert.deepEqual(next.scheduleHash, PAST.scheduleHash);
  assert.deepEqual(next.blockIds.root, PAST.blockIds.appended(Buffer.from(blockId(LEGACY), "hex")).root);
});

test("a change of anything in the header is a change of signer", () => {
  const signature = ONE.sign(signingDigest(SAVANNA));
  verifySigners(SAVANNA, [signature], singleKey(ONE.publicKey));
  const changes: Partial<BlockHeader>[] = [
    { slot: SAVANNA.slot + 1 },
    { producer: "mallory" },
    { confirmed: 1 },
    { previous: `${SAVANNA.previous.slice(0, 63)}0` },
    { transactionMroot: "11".repeat(32) },
    { actionMroot: "11".repeat(32) },
    { extensions: [] },
  ];
  for (const change of changes) {
    assert.throws(() => verifySigners({ ...SAVANNA, ...change }, [signature], singleKey(ONE.publicKey)), {
      code: "BLOCK_WRONG_SIGNER",
    });
  }
  const moved = { ...SAVANNA, scheduleVersion: SAVANNA_SCHEDULE_VERSION - 1 };
  assert.throws(() => verifySigners(moved, [signature], singleKey(ONE.publicKey)), { code: "BLOCK_NEEDS_PAST" });
});

test("an authority of two keys needs both, the second signature is in an extension of the block", () => {
  const digest = signingDigest(SAVANNA);
  const [first, second, third] = [ONE.sign(digest), TWO.sign(digest), STRANGER.sign(digest)];
  const block = decodeBlock(p2pBlocks().at(-1) as Buffer);
  const data = pack((w) => w.vector([second], (signature) => w.signature(signature)));
  const twice = {
    ...block,
    producerSignature: first,
    extensions: [...block.extensions, { type: BLOCK_EXTENSION.additionalSignatures, data }],
  };
  assert.deepEqual(signaturesOf(twice), [first, second]);
  verifySigners(SAVANNA, signaturesOf(twice), TWO_OF_TWO);
  for (const signatures of [[first], [second], [first, first], [first, second, third], []]) {
    assert.throws(() => verifySigners(SAVANNA, signatures, TWO_OF_TWO), { code: "BLOCK_WRONG_SIGNER" });
  }
});

test("the problem names who signed and who should have", () => {
  const signature = STRANGER.sign(signingDigest(SAVANNA));
  assert.throws(() => verifySigners(SAVANNA, [signature], TWO_OF_TWO), {
    code: "BLOCK_WRONG_SIGNER",
    message: `the block of ${SAVANNA.producer} at slot ${SAVANNA.slot} is signed by ${STRANGER.publicKey}`,
    expected: `signatures of weight 2 from ${ONE.publicKey}, ${TWO.publicKey}`,
  });
});
