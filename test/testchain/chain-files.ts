/** The irreversible blocks of a stopped node, read from its block log and checked with the chain library alone. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeBlock, receiptDigest, signaturesOf } from "../../src/chain/block/block.ts";
import { blockId, blockNumOf } from "../../src/chain/block/header.ts";
import { savannaMerkleRoot } from "../../src/chain/block/merkle.ts";
import { signersOf } from "../../src/chain/block/signing.ts";
import { formatPublicKey, parsePublicKey } from "../../src/chain/keys/text.ts";
import { producerAt } from "../../src/chain/time.ts";
import { BlockLog } from "../../src/testchain/node/chain/block-log.ts";

export interface KeyedProducer {
  name: string;
  /** In either form. */
  publicKey: string;
}

/**
 * Ids of a Savanna chain's irreversible blocks by number. Every block must follow the one before, in a later slot, be by
 * who is due, hold the transactions that its header says, and be signed with its producer's key.
 */
export function verifiedChain(dataDir: string, schedule: readonly KeyedProducer[]): Map<number, string> {
  const log = new BlockLog(join(dataDir, "blocks", "blocks.log"));
  const ids = new Map<number, string>();
  try {
    let before: { id: string; slot: number } | undefined;
    for (let num = log.first; num <= log.last; num++) {
      const block = decodeBlock(log.read(num) as Buffer);
      const { header } = block;
      const id = blockId(header);
      assert.equal(blockNumOf(id), num);
      if (before !== undefined) {
        assert.equal(header.previous, before.id, `block ${num} follows the one before`);
        assert.ok(header.slot > before.slot, `block ${num} is of a slot of its own`);
        const due = producerAt(schedule, header.slot);
        assert.equal(header.producer, due?.name, `who is due in block ${num}`);
        const key = due && formatPublicKey(parsePublicKey(due.publicKey));
        assert.deepEqual(signersOf(header, signaturesOf(block)), [key], `who signed block ${num}`);
        const root = savannaMerkleRoot(block.receipts.map(receiptDigest)).toString("hex");
        assert.equal(header.transactionMroot, root, `transactions of block ${num}`);
      }
      ids.set(num, id);
      before = { id, slot: header.slot };
    }
  } finally {
    log.close();
  }
  return ids;
}
