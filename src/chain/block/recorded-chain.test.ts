/**
 * The whole recorded chain, block 1 to 227, read as a node would: ids, parents, who was due, every signature,
 * merkle roots, schedule and finality, under legacy consensus, through the transition, and under Savanna. What the
 * real node logged and answered about the same blocks must be what we compute.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { answer, loggedBlocks, p2pBlocks, RECORDED_CHAIN_ID, recordedJson } from "../../../test/recordings.ts";
import { genesisBlock, genesisSchema } from "../genesis.ts";
import { formatBls } from "../keys/bls.ts";
import { formatPublicKey, parsePublicKey } from "../keys/text.ts";
import { formatBlockTime, producerAt } from "../time.ts";
import {
  certificateOf,
  decodeBlock,
  encodeBlock,
  identifyBlock,
  receiptDigest,
  type SignedBlock,
  signaturesOf,
} from "./block.ts";
import { applyFinalizerDiff, finalityExtension } from "./finality.ts";
import { blockId, blockNum, type Extension, isSavanna, refBlockPrefix } from "./header.ts";
import { IncrementalMerkle, legacyMerkleRoot, savannaMerkleRoot } from "./merkle.ts";
import { fromLegacySchedule, legacyScheduleHash, type ProducerSchedule, singleKey } from "./schedule.ts";
import { LegacyPast, verifySigners } from "./signing.ts";

const genesis = v.parse(genesisSchema, recordedJson("chain/genesis.json"));
const genesisKey = formatPublicKey(parsePublicKey(genesis.initial_key));
const first = genesisBlock(genesis, RECORDED_CHAIN_ID);
const BYTES = p2pBlocks();
const BLOCKS: readonly SignedBlock[] = BYTES.map(decodeBlock);

/** From here on the schedule of three producers is in force. */
const SCHEDULE_FROM = 32;
/** The first block that Savanna finalises. */
const SAVANNA_FROM = 125;

interface ScheduleAnswer {
  version: number;
  producers: { producer_name: string; authority: [0, ProducerSchedule["producers"][number]["authority"]] }[];
}
function scheduleOf({ version, producers }: ScheduleAnswer): ProducerSchedule {
  return {
    version,
    producers: producers.map(({ producer_name, authority }) => ({ name: producer_name, authority: authority[1] })),
  };
}
const three = scheduleOf((answer("get_producer_schedule") as { active: ScheduleAnswer }).active);

test("every block is written again byte for byte", () => {
  assert.equal(BLOCKS.length, 226);
  for (const [i, block] of BLOCKS.entries()) assert.deepEqual(encodeBlock(block), BYTES[i]);
});

test("each block names the one before it, and the ids are those that the real node logged", () => {
  const logged = new Map(loggedBlocks("logs/producer-savanna.log").map((line) => [line.num, line]));
  let previous = first.id;
  BYTES.forEach((bytes, i) => {
    const { header, id, producerSignature } = identifyBlock(bytes);
    assert.equal(header.previous, previous);
    assert.equal(blockNum(header), i + 2);
    assert.equal(blockId(header), id);
    assert.equal(producerSignature, BLOCKS[i]?.producerSignature);
    const line = logged.get(i + 2);
    assert.equal(id.slice(8, 24), line?.idPart);
    assert.equal(formatBlockTime(header.slot), line?.timestamp);
    assert.equal(header.producer, line?.producer);
    previous = id;
  });
});

test("every block is by the producer that was due and carries a signature of its key", () => {
  let past = new LegacyPast(
    new IncrementalMerkle().appended(Buffer.from(first.id, "hex")),
    legacyScheduleHash({ version: 0, producers: [{ name: "eosio", key: genesisKey }] }),
  );
  for (const block of BLOCKS) {
    const { header } = block;
    const schedule =
      blockNum(header) < SCHEDULE_FROM
        ? fromLegacySchedule({ version: 0, producers: [{ name: "eosio", key: genesisKey }] })
        : three;
    const due = producerAt(schedule.producers, header.slot);
    assert.ok(due);
    assert.equal(header.producer, due.name);
    verifySigners(header, signaturesOf(block), due.authority, past);
    assert.throws(
      () => verifySigners(header, signaturesOf(block), singleKey("EOS1111111111111111111111111111111114T1Anm"), past),
      {
        code: "BLOCK_WRONG_SIGNER",
      },
    );
    past = past.after(header, blockId(header));
  }
});

test("legacy signatures depend on every block before, Savanna ones on their own block only", () => {
  const legacy = BLOCKS.find(({ header }) => blockNum(header) === 40);
  const savanna = BLOCKS.find(({ header }) => blockNum(header) === 200);
  assert.ok(legacy && savanna);
  const authorityOf = (producer: string) =>
    three.producers.find(({ name }) => name === producer)?.authority ?? singleKey("");
  assert.throws(() => verifySigners(legacy.header, signaturesOf(legacy), authorityOf(legacy.header.producer)), {
    code: "BLOCK_NEEDS_PAST",
  });
  verifySigners(savanna.header, signaturesOf(savanna), authorityOf(savanna.header.producer));
});

test("blocks say themselves which consensus they are under", () => {
  for (const { header } of BLOCKS) {
    assert.equal(isSavanna(header), blockNum(header) >= SAVANNA_FROM, `block ${blockNum(header)}`);
    if (isSavanna(header)) assert.equal(header.confirmed, 0);
  }
});

test("the root over a block's transactions is the one in its header, in either scheme", () => {
  let withTransactions = 0;
  for (const block of BLOCKS) {
    const leaves = block.receipts.map(receiptDigest);
    const root = isSavanna(block.header) ? savannaMerkleRoot(leaves) : legacyMerkleRoot(leaves);
    assert.equal(root.toString("hex"), block.header.transactionMroot, `block ${blockNum(block.header)}`);
    withTransactions += leaves.length > 0 ? 1 : 0;
  }
  assert.ok(withTransactions > 5, `${withTransactions} blocks with transactions`);
});

test("a Savanna block claims a certificate that it or an earlier block carries", () => {
  let claimed = { blockNum: 0, strong: false };
  for (const block of BLOCKS.filter(({ header }) => isSavanna(header))) {
    const claim = finalityExtension(block.header)?.qcClaim;
    const certificate = certificateOf(block);
    assert.ok(claim, `block ${blockNum(block.header)} claims nothing`);
    if (certificate === undefined) {
      assert.ok(claimed.blockNum === 0 || (claim.blockNum === claimed.blockNum && claim.strong === claimed.strong));
    } else {
      assert.equal(certificate.blockNum, claim.blockNum);
      const { strong, weak, signature } = certificate.active;
      assert.equal(strong?.size, 2);
      assert.equal(signature.length, 2 * 192);
      // both finalizers make the quorum here, and a strong one is without weak votes
      assert.equal(claim.strong, weak === undefined);
    }
    claimed = claim;
  }
  assert.ok(claimed.blockNum > 220);
});

test("the finalizer policy in the blocks is the one that the real node answers", () => {
  const policies = BLOCKS.flatMap(({ header }) => finalityExtension(header)?.finalizerPolicy ?? []);
  const [diff, ...others] = policies;
  assert.ok(diff);
  assert.deepEqual(others, []);
  const policy = applyFinalizerDiff(undefined, diff);
  const { active_finalizer_policy: answered } = answer("get_finalizer_info") as { active_finalizer_policy: unknown };
  assert.deepEqual(
    {
      generation: policy.generation,
      threshold: Number(policy.threshold),
      finalizers: policy.finalizers.map(({ description, weight, publicKey }) => ({
        description,
        weight: Number(weight),
        public_key: formatBls("PUB_BLS_", Buffer.from(publicKey, "hex")),
      })),
    },
    answered,
  );
});

interface BlockAnswer {
  id: string;
  block_num: number;
  timestamp: string;
  producer: string;
  confirmed: number;
  previous: string;
  transaction_mroot: string;
  action_mroot: string;
  schedule_version: number;
  producer_signature: string;
  ref_block_prefix: number;
  finality_extension: { qc_claim: { block_num: number; is_strong_qc: boolean } };
  qc_extension: { qc: { block_num: number; active_policy_sig: { strong_votes: string; sig: string } } };
}

test("what the real node answers about a block is what its bytes hold", () => {
  for (const name of ["get_block", "get_block_by_id_lib"]) {
    const answered = answer(name) as BlockAnswer;
    const block = BLOCKS[answered.block_num - 2];
    assert.ok(block);
    const { header } = block;
    assert.equal(blockId(header), answered.id);
    assert.equal(formatBlockTime(header.slot), answered.timestamp);
    assert.equal(header.producer, answered.producer);
    assert.equal(header.confirmed, answered.confirmed);
    assert.equal(header.previous, answered.previous);
    assert.equal(header.transactionMroot, answered.transaction_mroot);
    assert.equal(header.actionMroot, answered.action_mroot);
    assert.equal(header.scheduleVersion, answered.schedule_version);
    assert.equal(block.producerSignature, answered.producer_signature);
    assert.equal(refBlockPrefix(answered.id), answered.ref_block_prefix);
    const { qc_claim: claim } = answered.finality_extension;
    assert.deepEqual(finalityExtension(header)?.qcClaim, { blockNum: claim.block_num, strong: claim.is_strong_qc });
    const { qc } = answered.qc_extension;
    const certificate = certificateOf(block);
    assert.equal(certificate?.blockNum, qc.block_num);
    assert.equal(
      formatBls("SIG_BLS_", Buffer.from(certificate?.active.signature ?? "", "hex")),
      qc.active_policy_sig.sig,
    );
    assert.deepEqual(
      certificate?.active.strong?.bits,
      [...qc.active_policy_sig.strong_votes].reverse().map((bit) => bit === "1"),
    );
  }
});

test("the extensions that the real node prints in hex are those of the bytes", () => {
  const hex = (extensions: Extension[]) => extensions.map(({ type, data }) => [type, data.toString("hex")]);
  const bySignature = (signature: string) => BLOCKS.find(({ producerSignature }) => producerSignature === signature);
  const raw = answer("get_raw_block") as {
    producer_signature: string;
    header_extensions: unknown;
    block_extensions: unknown;
  };
  const block = bySignature(raw.producer_signature);
  assert.deepEqual(hex(block?.header.extensions ?? []), raw.header_extensions);
  assert.deepEqual(hex(block?.extensions ?? []), raw.block_extensions);
  const { id, signed_block_header: header } = answer("get_block_header") as {
    id: string;
    signed_block_header: { producer_signature: string; header_extensions: unknown };
  };
  const other = bySignature(header.producer_signature);
  assert.ok(other);
  assert.equal(blockId(other.header), id);
  assert.deepEqual(hex(other.header.extensions), header.header_extensions);
});
