import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { attempt } from "../../../test/attempt.ts";
import { answer, exchange, p2pBlocks } from "../../../test/recordings.ts";
import { Problem } from "../../kit/problem.ts";
import { Reader } from "../codec/reader.ts";
import {
  certificateOf,
  decodeBlock,
  encodeBlock,
  identifyBlock,
  RECEIPT_STATUSES,
  readBlock,
  receiptDigest,
  receiptTransactionId,
  type SignedBlock,
  signaturesOf,
} from "./block.ts";
import { blockId } from "./header.ts";

const BYTES = p2pBlocks();
const BLOCKS = BYTES.map(decodeBlock);
/** The largest: it has transactions. */
const LARGEST = BYTES.reduce((largest, bytes) => (bytes.length > largest.length ? bytes : largest));

test("the transaction that the real node said it put into a block is in that block", () => {
  const status = answer("get_transaction_status") as { block_id: string; block_number: number };
  const { id } = JSON.parse(exchange("get_transaction_status").request.body) as { id: string };
  const block = BLOCKS[status.block_number - 2];
  assert.ok(block);
  assert.equal(blockId(block.header), status.block_id);
  assert.ok(block.receipts.some((receipt) => receiptTransactionId(receipt) === id));
});

test("identifying a block needs its header and signature only, and its id comes from the bytes themselves", () => {
  for (const [i, bytes] of BYTES.entries()) {
    const block = BLOCKS[i] as SignedBlock;
    const whole = identifyBlock(bytes);
    assert.deepEqual(whole.header, block.header);
    assert.equal(whole.id, blockId(block.header));
    assert.equal(whole.producerSignature, block.producerSignature);
  }
  // an extension count written in two bytes instead of one: another header, although we would write it in one
  const [first] = BYTES as [Buffer];
  const { header } = identifyBlock(first);
  const countAt = first.indexOf(Buffer.from([0, 0, 0x00]), 4 + 8 + 2 + 32 + 32 + 32 + 4) + 1;
  assert.equal(header.extensions.length, 0);
  const longer = Buffer.concat([first.subarray(0, countAt), Buffer.from([0x80, 0x00]), first.subarray(countAt + 1)]);
  const identified = identifyBlock(longer);
  assert.deepEqual(identified.header, header);
  assert.notEqual(identified.id, blockId(header));
});

test("a receipt's digest covers its status, its usage and every part of its transaction", () => {
  const receipt = BLOCKS.flatMap(({ receipts }) => receipts)[0];
  assert.ok(receipt && !("id" in receipt.transaction));
  const { transaction } = receipt;
  const digests = [
    receipt,
    ...RECEIPT_STATUSES.filter((status) => status !== receipt.status).map((status) => ({ ...receipt, status })),
    { ...receipt, cpuUsageUs: receipt.cpuUsageUs + 1 },
    { ...receipt, netUsageWords: receipt.netUsageWords + 1 },
    { ...receipt, transaction: { ...transaction, signatures: [] } },
    { ...receipt, transaction: { ...transaction, compression: "zlib" as const } },
    { ...receipt, transaction: { ...transaction, packedTrx: Buffer.alloc(1) } },
    { ...receipt, transaction: { ...transaction, packedContextFreeData: Buffer.alloc(1) } },
    { ...receipt, transaction: { id: receiptTransactionId(receipt) } },
  ].map((one) => receiptDigest(one).toString("hex"));
  assert.equal(new Set(digests).size, digests.length);
});

test("a deferred transaction is in its block by its id only", () => {
  const id = "ab".repeat(32);
  const block: SignedBlock = {
    ...(BLOCKS[0] as SignedBlock),
    receipts: [{ status: "delayed", cpuUsageUs: 100, netUsageWords: 0, transaction: { id } }],
  };
  assert.deepEqual(decodeBlock(encodeBlock(block)), block);
  assert.equal(receiptTransactionId(block.receipts[0] as never), id);
});

test("a block has one signature and no certificate unless extensions say otherwise", () => {
  const [first] = BLOCKS as [SignedBlock];
  assert.deepEqual(signaturesOf(first), [first.producerSignature]);
  assert.equal(certificateOf(first), undefined);
});

test("any bytes are a block or a problem, and so is a block cut off or with a byte changed", () => {
  const read = (bytes: Uint8Array) => {
    attempt(() => identifyBlock(Buffer.from(bytes)));
    const block = attempt(() => readBlock(new Reader(bytes)));
    if (block instanceof Problem) return;
    attempt(() => signaturesOf(block));
    attempt(() => certificateOf(block));
    for (const receipt of block.receipts) attempt(() => receiptTransactionId(receipt));
    attempt(() => encodeBlock(block));
  };
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 400 }),
      fc.nat({ max: LARGEST.length - 1 }),
      fc.nat({ max: 255 }),
      (noise, at, value) => {
        read(noise);
        assert.throws(() => decodeBlock(LARGEST.subarray(0, at)), Problem);
        const changed = Buffer.from(LARGEST);
        changed[at] = value;
        read(changed);
      },
    ),
    { numRuns: 1000 },
  );
  assert.throws(() => decodeBlock(Buffer.concat([LARGEST, Buffer.alloc(1)])), { code: "CODEC_TRAILING" });
});
