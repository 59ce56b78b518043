import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { Checksum256, Transaction as OtherTransaction, Serializer } from "@wharfkit/antelope";
import fc from "fast-check";
import { attempt } from "../../test/attempt.ts";
import { exchange, p2pPayloads, RECORDED_CHAIN_ID } from "../../test/recordings.ts";
import { Problem } from "../kit/problem.ts";
import { Reader } from "./codec/reader.ts";
import { pack } from "./codec/writer.ts";
import { sha256 } from "./hash.ts";
import { PrivateKey } from "./keys/k1.ts";
import { u64ToName } from "./name.ts";
import {
  type Action,
  decodeTransaction,
  encodeTransaction,
  type PackedTransaction,
  readPackedTransaction,
  type Transaction,
  transactionDigest,
  transactionId,
  transactionSigners,
  unpackTransaction,
  writePackedTransaction,
} from "./transaction.ts";

const RECORDED = ["push_transaction", "send_transaction", "send_transaction2", "compute_transaction"];

interface Body {
  signatures: string[];
  packed_trx: string;
  packed_context_free_data: string;
}

function recorded(name: string): { packed: PackedTransaction; id: string } {
  const { request, response } = exchange(name);
  const sent = JSON.parse(request.body) as Body & { transaction?: Body };
  const body = sent.transaction ?? sent;
  const packed: PackedTransaction = {
    signatures: body.signatures,
    compression: "none",
    packedContextFreeData: Buffer.from(body.packed_context_free_data, "hex"),
    packedTrx: Buffer.from(body.packed_trx, "hex"),
  };
  return { packed, id: (JSON.parse(response.body) as { transaction_id: string }).transaction_id };
}

const name = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(u64ToName);
const u32 = fc.nat({ max: 0xffff_ffff });
const blob = fc.uint8Array({ maxLength: 40 }).map((bytes): Buffer => Buffer.from(bytes));
const plain = { noNullPrototype: true };
const level = fc.record({ actor: name, permission: name }, plain);
const action: fc.Arbitrary<Action> = fc.record(
  { account: name, name, authorization: fc.array(level, { maxLength: 3 }), data: blob },
  plain,
);
const transaction: fc.Arbitrary<Transaction> = fc.record(
  {
    expiration: u32,
    refBlockNum: fc.nat({ max: 0xffff }),
    refBlockPrefix: u32,
    maxNetUsageWords: u32,
    maxCpuUsageMs: fc.nat({ max: 0xff }),
    delaySec: u32,
    contextFreeActions: fc.array(action, { maxLength: 2 }),
    actions: fc.array(action, { maxLength: 3 }),
    extensions: fc.array(fc.record({ type: fc.nat({ max: 0xffff }), data: blob }, plain), { maxLength: 2 }),
  },
  plain,
);

test("any transaction is packed as another implementation packs it, with the same id and digest, and reads back", () => {
  fc.assert(
    fc.property(transaction, (ours) => {
      const bytes = encodeTransaction(ours);
      const other = OtherTransaction.from({
        expiration: new Date(ours.expiration * 1000).toISOString().slice(0, 19),
        ref_block_num: ours.refBlockNum,
        ref_block_prefix: ours.refBlockPrefix,
        max_net_usage_words: ours.maxNetUsageWords,
        max_cpu_usage_ms: ours.maxCpuUsageMs,
        delay_sec: ours.delaySec,
        context_free_actions: ours.contextFreeActions,
        actions: ours.actions,
        transaction_extensions: ours.extensions,
      });
      assert.equal(bytes.toString("hex"), Serializer.encode({ object: other }).hexString);
      assert.equal(sha256(bytes).toString("hex"), other.id.hexString);
      assert.equal(
        transactionDigest(RECORDED_CHAIN_ID, bytes).toString("hex"),
        other.signingDigest(Checksum256.from(RECORDED_CHAIN_ID)).hexString,
      );
      assert.deepEqual(decodeTransaction(bytes), ours);
    }),
  );
});

for (const file of RECORDED) {
  test(`the transaction of ${file} has the id that the real node gave it, and its signer's key`, () => {
    const { packed, id } = recorded(file);
    assert.equal(transactionId(packed), id);
    assert.deepEqual(encodeTransaction(decodeTransaction(packed.packedTrx)), packed.packedTrx);
    // the key of all the recorded accounts
    assert.deepEqual(transactionSigners(RECORDED_CHAIN_ID, packed), [
      "EOS6MRyAjQq8ud7hVNYcfnVPJqcVpscN5So8BhtHuGYqET5GDW5CV",
    ]);
    const [transfer] = decodeTransaction(packed.packedTrx).actions;
    assert.deepEqual(transfer?.authorization, [{ actor: "alice", permission: "active" }]);
    assert.equal(`${transfer?.account}:${transfer?.name}`, "eosio.token:transfer");
  });
}

test("every transaction that passed over p2p is written again as it was", () => {
  const packedTransaction = 8;
  const payloads = p2pPayloads("listener").filter(([type]) => type === packedTransaction);
  assert.ok(payloads.length > 100);
  for (const payload of payloads) {
    const reader = new Reader(payload.subarray(1));
    const packed = readPackedTransaction(reader);
    reader.end();
    assert.deepEqual(
      pack((writer) => writePackedTransaction(writer, packed)),
      payload.subarray(1),
    );
    assert.deepEqual(encodeTransaction(decodeTransaction(packed.packedTrx)), packed.packedTrx);
  }
});

test("context-free data is part of what is signed", () => {
  const { packed } = recorded("push_transaction");
  const serialized = packed.packedTrx;
  const data = Buffer.from([1, 2, 3]);
  const zeros = transactionDigest(RECORDED_CHAIN_ID, serialized);
  assert.deepEqual(zeros, sha256(Buffer.concat([Buffer.from(RECORDED_CHAIN_ID, "hex"), serialized, Buffer.alloc(32)])));
  assert.deepEqual(
    transactionDigest(RECORDED_CHAIN_ID, serialized, data),
    sha256(Buffer.concat([Buffer.from(RECORDED_CHAIN_ID, "hex"), serialized, sha256(data)])),
  );
  const key = PrivateKey.generate();
  const signature = key.sign(transactionDigest(RECORDED_CHAIN_ID, serialized, data));
  const signed = { ...packed, packedContextFreeData: data, signatures: [signature] };
  assert.deepEqual(transactionSigners(RECORDED_CHAIN_ID, signed), [key.publicKey]);
  assert.notDeepEqual(transactionSigners("00".repeat(32), signed), [key.publicKey]);
});

test("a compressed transaction has the id and the signers of the one inside", () => {
  const { packed, id } = recorded("push_transaction");
  const compressed: PackedTransaction = { ...packed, compression: "zlib", packedTrx: deflateSync(packed.packedTrx) };
  assert.deepEqual(unpackTransaction(compressed), packed.packedTrx);
  assert.equal(transactionId(compressed), id);
  assert.deepEqual(transactionSigners(RECORDED_CHAIN_ID, compressed), transactionSigners(RECORDED_CHAIN_ID, packed));
  const bytes = pack((writer) => writePackedTransaction(writer, compressed));
  assert.deepEqual(readPackedTransaction(new Reader(bytes)), compressed);
});

test("what does not inflate, or to more than a megabyte, is a problem", () => {
  const { packed } = recorded("push_transaction");
  const bomb = deflateSync(Buffer.alloc(20 * 1024 * 1024));
  for (const packedTrx of [Buffer.from("not zlib"), deflateSync(packed.packedTrx).subarray(0, 20), bomb]) {
    assert.throws(() => unpackTransaction({ ...packed, compression: "zlib", packedTrx }), {
      code: "TRANSACTION_BAD_COMPRESSION",
    });
  }
  assert.deepEqual(unpackTransaction({ ...packed, compression: "zlib", packedTrx: Buffer.alloc(0) }), Buffer.alloc(0));
});

test("any bytes decode to a transaction or a problem; bytes behind a transaction are one", () => {
  const { packed } = recorded("push_transaction");
  assert.throws(() => decodeTransaction(Buffer.concat([packed.packedTrx, Buffer.alloc(1)])), {
    code: "CODEC_TRAILING",
  });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), fc.nat({ max: 255 }), (noise, at, value) => {
      attempt(() => decodeTransaction(noise));
      attempt(() => readPackedTransaction(new Reader(noise)));
      const changed = Buffer.from(packed.packedTrx);
      changed[at % changed.length] = value;
      const decoded = attempt(() => decodeTransaction(changed));
      if (!(decoded instanceof Problem)) attempt(() => encodeTransaction(decoded));
    }),
    { numRuns: 500 },
  );
  // an unknown compression
  assert.throws(() => readPackedTransaction(new Reader(Buffer.from([0, 2, 0, 0]))), { code: "CODEC_CORRUPT" });
});
