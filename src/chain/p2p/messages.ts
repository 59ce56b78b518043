/**
 * The messages of nodeos's p2p protocol that a monitor and the test chain speak; fields are named after
 * nodeos 1.x (`fork_db_root` is the last irreversible block, `fork_db_head` the best known one).
 *
 * A message of a type we do not know decodes to `{type: "unknown"}`: peers are newer than we are.
 */
import { Reader } from "../codec/reader.ts";
import { pack, type Writer } from "../codec/writer.ts";
import { ZERO_256 } from "../hash.ts";
import { type PackedTransaction, readPackedTransaction, writePackedTransaction } from "../transaction.ts";

/** Index on the wire is the position here. */
const TYPES = [
  "handshake",
  "chain_size",
  "go_away",
  "time",
  "notice",
  "request",
  "sync_request",
  "signed_block",
  "packed_transaction",
  "vote",
  "block_nack",
  "block_notice",
  "gossip_bp_peers",
  "transaction_notice",
] as const;

/** `network_version` on the wire is this plus a feature level. */
export const NETWORK_VERSION_BASE = 1205;
/** Feature levels that change what a peer sends or expects. */
export const FEATURE = { leap: 7, blockRange: 8, savanna: 9, blockNack: 10, gossip: 11, trxNotice: 12 } as const;

export const GO_AWAY_REASONS = [
  "no_reason",
  "self",
  "duplicate",
  "wrong_chain",
  "wrong_version",
  "forked",
  "unlinkable",
  "bad_transaction",
  "validation",
  "benign_other",
  "fatal_other",
  "authentication",
] as const;
export type GoAwayReason = (typeof GO_AWAY_REASONS)[number];

export const ID_MODES = ["none", "catch_up", "last_irr_catch_up", "normal"] as const;

export interface Ids {
  mode: (typeof ID_MODES)[number];
  pending: number;
  ids: string[];
}

export interface Handshake {
  type: "handshake";
  networkVersion: number;
  chainId: string;
  /** Random for every run of a node; two connections with the same one are duplicates. */
  nodeId: string;
  /** `EOS1111…` when the peer does not authenticate. */
  key: string;
  /** Nanoseconds since 1970. */
  timeNs: bigint;
  token: string;
  signature: string;
  p2pAddress: string;
  rootNum: number;
  rootId: string;
  headNum: number;
  headId: string;
  os: string;
  agent: string;
  /** 1 on the first handshake of a connection, then one more each. */
  generation: number;
}

/** A ping has `org` 0 and answers itself with `org` = the ping's `xmt`. All nanoseconds since 1970. */
export interface TimeMessage {
  type: "time";
  org: bigint;
  rec: bigint;
  xmt: bigint;
  dst: bigint;
}

export interface Vote {
  type: "vote";
  blockId: string;
  strong: boolean;
  /** 96 bytes, hex. */
  finalizerKey: string;
  /** 192 bytes, hex. */
  signature: string;
}

export type Message =
  | Handshake
  | { type: "chain_size"; rootNum: number; rootId: string; headNum: number; headId: string }
  | { type: "go_away"; reason: GoAwayReason; nodeId: string }
  | TimeMessage
  | { type: "notice"; transactions: Ids; blocks: Ids }
  | { type: "request"; transactions: Ids; blocks: Ids }
  | { type: "sync_request"; start: number; end: number }
  /** The block is left serialised: whoever wants only its header reads only that. */
  | { type: "signed_block"; block: Buffer }
  | { type: "packed_transaction"; transaction: PackedTransaction }
  | Vote
  | { type: "block_nack"; id: string }
  | { type: "block_notice"; previous: string; id: string }
  | { type: "unknown"; index: number };

export const NO_KEY = "EOS1111111111111111111111111111111114T1Anm";
export const NO_SIGNATURE = "SIG_K1_111111111111111111111111111111111111111111111111111111111111111116uk5ne";

export const NO_IDS: Ids = { mode: "none", pending: 0, ids: [] };

function readIds(reader: Reader): Ids {
  return {
    mode: ID_MODES[reader.u32()] ?? "none",
    pending: reader.u32(),
    ids: reader.vector((r) => r.checksum256()),
  };
}

function writeIds(writer: Writer, ids: Ids): void {
  writer.u32(ID_MODES.indexOf(ids.mode)).u32(ids.pending);
  writer.vector(ids.ids, (id) => writer.checksum256(id));
}

/** The type of a frame's payload, without decoding the rest: for those who act on a few types only. */
export function messageType(payload: Uint8Array): Message["type"] | "gossip_bp_peers" | "transaction_notice" {
  return TYPES[new Reader(payload).varuint32()] ?? "unknown";
}

/** Decodes the payload of one frame. Throws `CODEC_*` when it is malformed; bytes behind the message are ignored. */
export function decodeMessage(payload: Uint8Array): Message {
  const reader = new Reader(payload);
  const index = reader.varuint32();
  switch (TYPES[index]) {
    case "handshake":
      return readHandshake(reader);
    case "chain_size":
      return {
        type: "chain_size",
        rootNum: reader.u32(),
        rootId: reader.checksum256(),
        headNum: reader.u32(),
        headId: reader.checksum256(),
      };
    case "go_away":
      return {
        type: "go_away",
        reason: GO_AWAY_REASONS[reader.u32()] ?? "no_reason",
        nodeId: reader.checksum256(),
      };
    case "time":
      return { type: "time", org: reader.i64(), rec: reader.i64(), xmt: reader.i64(), dst: reader.i64() };
    case "notice":
      return { type: "notice", transactions: readIds(reader), blocks: readIds(reader) };
    case "request":
      return { type: "request", transactions: readIds(reader), blocks: readIds(reader) };
    case "sync_request":
      return { type: "sync_request", start: reader.u32(), end: reader.u32() };
    case "signed_block":
      return { type: "signed_block", block: reader.raw(reader.left) };
    case "packed_transaction":
      return { type: "packed_transaction", transaction: readPackedTransaction(reader) };
    case "vote":
      return {
        type: "vote",
        blockId: reader.checksum256(),
        strong: reader.bool(),
        finalizerKey: reader.varBytes().toString("hex"),
        signature: reader.varBytes().toString("hex"),
      };
    case "block_nack":
      return { type: "block_nack", id: reader.checksum256() };
    case "block_notice":
      return { type: "block_notice", previous: reader.checksum256(), id: reader.checksum256() };
    default:
      return { type: "unknown", index };
  }
}

function readHandshake(reader: Reader): Handshake {
  return {
    type: "handshake",
    networkVersion: reader.u16(),
    chainId: reader.checksum256(),
    nodeId: reader.checksum256(),
    key: reader.publicKey(),
    timeNs: reader.i64(),
    token: reader.checksum256(),
    signature: reader.signature(),
    p2pAddress: reader.string(),
    rootNum: reader.u32(),
    rootId: reader.checksum256(),
    headNum: reader.u32(),
    headId: reader.checksum256(),
    os: reader.string(),
    agent: reader.string(),
    generation: reader.i16(),
  };
}

/** Encodes a message as one frame: u32 payload length, then the payload. */
export function encodeFrame(message: Exclude<Message, { type: "unknown" }>): Buffer {
  return pack((writer) => {
    writer.u32(0).varuint32(TYPES.indexOf(message.type));
    writeBody(writer, message);
    writer.bytes.writeUInt32LE(writer.bytes.length - 4, 0);
  });
}

function writeBody(writer: Writer, message: Exclude<Message, { type: "unknown" }>): void {
  switch (message.type) {
    case "handshake":
      writer
        .u16(message.networkVersion)
        .checksum256(message.chainId)
        .checksum256(message.nodeId)
        .publicKey(message.key)
        .i64(message.timeNs)
        .checksum256(message.token)
        .signature(message.signature)
        .string(message.p2pAddress)
        .u32(message.rootNum)
        .checksum256(message.rootId)
        .u32(message.headNum)
        .checksum256(message.headId)
        .string(message.os)
        .string(message.agent)
        .i16(message.generation);
      return;
    case "chain_size":
      writer.u32(message.rootNum).checksum256(message.rootId).u32(message.headNum).checksum256(message.headId);
      return;
    case "go_away":
      writer.u32(GO_AWAY_REASONS.indexOf(message.reason)).checksum256(message.nodeId);
      return;
    case "time":
      writer.i64(message.org).i64(message.rec).i64(message.xmt).i64(message.dst);
      return;
    case "notice":
    case "request":
      writeIds(writer, message.transactions);
      writeIds(writer, message.blocks);
      return;
    case "sync_request":
      writer.u32(message.start).u32(message.end);
      return;
    case "signed_block":
      writer.raw(message.block);
      return;
    case "packed_transaction":
      writePackedTransaction(writer, message.transaction);
      return;
    case "vote":
      writer.checksum256(message.blockId).bool(message.strong);
      writer.varBytes(Buffer.from(message.finalizerKey, "hex")).varBytes(Buffer.from(message.signature, "hex"));
      return;
    case "block_nack":
      writer.checksum256(message.id);
      return;
    case "block_notice":
      writer.checksum256(message.previous).checksum256(message.id);
  }
}

/** The feature level of a handshake; versions outside of nodeos's range count as 0. */
export function featureLevel(handshake: Handshake): number {
  const level = handshake.networkVersion - NETWORK_VERSION_BASE;
  return level >= 0 && level <= 106 ? level : 0;
}

/** A handshake that does not authenticate. */
export function anonymousHandshake(
  facts: Omit<Handshake, "type" | "key" | "token" | "signature" | "os"> & { os?: string },
): Handshake {
  return { type: "handshake", key: NO_KEY, token: ZERO_256, signature: NO_SIGNATURE, os: "linux", ...facts };
}
