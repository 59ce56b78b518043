import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { attempt } from "../../../test/attempt.ts";
import { p2pPayloads } from "../../../test/recordings.ts";
import { greeting } from "../../../test/scripted-peer.ts";
import { Problem } from "../../kit/problem.ts";
import { parsePublicKey, parseSignature } from "../keys/text.ts";
import {
  decodeMessage,
  encodeFrame,
  featureLevel,
  GO_AWAY_REASONS,
  ID_MODES,
  type Message,
  messageType,
  NO_IDS,
  NO_KEY,
  NO_SIGNATURE,
} from "./messages.ts";

type Sendable = Exclude<Message, { type: "unknown" }>;

const plain = { noNullPrototype: true };
const u32 = fc.nat({ max: 0xffff_ffff });
const i64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const hexOf = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((all) => Buffer.from(all).toString("hex"));
const hash = hexOf(32);
const blob = fc.uint8Array({ maxLength: 60 }).map((bytes): Buffer => Buffer.from(bytes));
const ids = fc.record(
  { mode: fc.constantFrom(...ID_MODES), pending: u32, ids: fc.array(hash, { maxLength: 4 }) },
  plain,
);
const view = { rootNum: u32, rootId: hash, headNum: u32, headId: hash };
const type = <T extends string>(name: T) => fc.constant(name);

const message: fc.Arbitrary<Sendable> = fc.oneof(
  fc
    .record(
      {
        networkVersion: fc.nat({ max: 0xffff }),
        chainId: hash,
        nodeId: hash,
        timeNs: i64,
        token: hash,
        p2pAddress: fc.string(),
        os: fc.string(),
        agent: fc.string(),
        generation: fc.integer({ min: -0x8000, max: 0x7fff }),
        ...view,
      },
      plain,
    )
    .map((facts) => greeting(facts)),
  fc.record({ type: type("chain_size"), ...view }, plain),
  fc.record({ type: type("go_away"), reason: fc.constantFrom(...GO_AWAY_REASONS), nodeId: hash }, plain),
  fc.record({ type: type("time"), org: i64, rec: i64, xmt: i64, dst: i64 }, plain),
  fc.record({ type: type("notice"), transactions: ids, blocks: ids }, plain),
  fc.record({ type: type("request"), transactions: ids, blocks: ids }, plain),
  fc.record({ type: type("sync_request"), start: u32, end: u32 }, plain),
  fc.record({ type: type("signed_block"), block: blob }, plain),
  fc.record(
    {
      type: type("packed_transaction"),
      transaction: fc.record(
        {
          signatures: fc.array(fc.constant(NO_SIGNATURE), { maxLength: 2 }),
          compression: fc.constantFrom("none" as const, "zlib" as const),
          packedContextFreeData: blob,
          packedTrx: blob,
        },
        plain,
      ),
    },
    plain,
  ),
  fc.record(
    { type: type("vote"), blockId: hash, strong: fc.boolean(), finalizerKey: hexOf(96), signature: hexOf(192) },
    plain,
  ),
  fc.record({ type: type("block_nack"), id: hash }, plain),
  fc.record({ type: type("block_notice"), previous: hash, id: hash }, plain),
);

test("every message reads back from its frame", () => {
  fc.assert(
    fc.property(message, (one) => {
      const frame = encodeFrame(one);
      assert.equal(frame.readUInt32LE(0), frame.length - 4);
      assert.deepEqual(decodeMessage(frame.subarray(4)), one);
      assert.equal(messageType(frame.subarray(4)), one.type);
    }),
  );
});

test("types have the indices of nodeos's protocol", () => {
  const indices = p2pPayloads("listener").map((payload) => [messageType(payload), payload[0]]);
  const seen = Object.fromEntries(indices) as Record<string, number>;
  assert.deepEqual(seen, { time: 3, notice: 4, handshake: 0, signed_block: 7, packed_transaction: 8, vote: 9 });
  assert.equal(encodeFrame({ type: "block_nack", id: "00".repeat(32) })[4], 10);
  assert.equal(encodeFrame({ type: "block_notice", id: "00".repeat(32), previous: "00".repeat(32) })[4], 11);
});

test("a type that came later than we did is unknown, not an error; those we know of have a name", () => {
  assert.deepEqual(decodeMessage(Buffer.from([14, 1, 2])), { type: "unknown", index: 14 });
  assert.deepEqual(decodeMessage(Buffer.from([0xff, 0x7f])), { type: "unknown", index: 0x3fff });
  assert.deepEqual(decodeMessage(Buffer.from([12, 1, 2])), { type: "unknown", index: 12 });
  assert.equal(messageType(Buffer.from([12])), "gossip_bp_peers");
  assert.equal(messageType(Buffer.from([13])), "transaction_notice");
  assert.equal(messageType(Buffer.from([14])), "unknown");
});

test("a handshake without authentication has the zero key and signature", () => {
  assert.deepEqual(parsePublicKey(NO_KEY), { kind: "K1", bytes: Buffer.alloc(33) });
  assert.deepEqual(parseSignature(NO_SIGNATURE), { kind: "K1", bytes: Buffer.alloc(65) });
  const recorded = p2pPayloads("dialer")
    .map(decodeMessage)
    .filter((one) => one.type === "handshake");
  assert.deepEqual(
    recorded.map(({ generation }) => generation),
    [1, 2, 3],
  );
  assert.ok(recorded.every(({ key, signature, os }) => key === NO_KEY && signature === NO_SIGNATURE && os === "linux"));
  assert.deepEqual(decodeMessage(encodeFrame({ type: "notice", transactions: NO_IDS, blocks: NO_IDS }).subarray(4)), {
    type: "notice",
    transactions: { mode: "none", pending: 0, ids: [] },
    blocks: { mode: "none", pending: 0, ids: [] },
  });
});

test("feature levels count from the base version, and only in nodeos's range", () => {
  for (const [version, level] of [
    [1205, 0],
    [1212, 7],
    [1217, 12],
    [1311, 106],
    [1312, 0],
    [1204, 0],
    [0, 0],
  ] as const) {
    assert.equal(featureLevel(greeting({ networkVersion: version })), level);
  }
});

test("bytes that a newer peer adds behind a message are ignored", () => {
  const frame = encodeFrame({ type: "block_nack", id: "ab".repeat(32) });
  assert.deepEqual(decodeMessage(Buffer.concat([frame.subarray(4), Buffer.from("more")])), {
    type: "block_nack",
    id: "ab".repeat(32),
  });
});

test("any bytes are a message or a problem, and so is a recorded message cut off or with a byte changed", () => {
  const recorded = [...p2pPayloads("listener"), ...p2pPayloads("dialer")];
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.nat({ max: 20 }),
      fc.nat(),
      fc.nat(),
      fc.nat({ max: 255 }),
      (noise, kind, which, at, value) => {
        attempt(() => decodeMessage(noise));
        attempt(() => messageType(noise));
        attempt(() => decodeMessage(Buffer.from([kind, ...noise])));
        const payload = recorded[which % recorded.length] as Buffer;
        const cut = attempt(() => decodeMessage(payload.subarray(0, at % payload.length)));
        assert.ok(cut instanceof Problem || cut.type === "signed_block");
        const changed = Buffer.from(payload);
        changed[at % changed.length] = value;
        attempt(() => decodeMessage(changed));
      },
    ),
    { numRuns: 1000 },
  );
});

test("lists longer than their bytes are refused before anything is made of them", () => {
  // a notice: mode, pending, then four billion ids
  const notice = Buffer.concat([
    Buffer.from([4]),
    Buffer.alloc(8),
    Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]),
    Buffer.alloc(64),
  ]);
  assert.throws(() => decodeMessage(notice), { code: "CODEC_CORRUPT" });
  const transaction = Buffer.from([8, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0]);
  assert.throws(() => decodeMessage(transaction), { code: "CODEC_CORRUPT" });
});
