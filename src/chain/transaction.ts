/** Transactions: actions with authorisations, packed and signed; decode, encode, id, digest to sign. */
import { inflateSync } from "node:zlib";
import { Problem } from "../kit/problem.ts";
import { type Extension, readExtensions, writeExtensions } from "./block/header.ts";
import { Reader } from "./codec/reader.ts";
import { pack, type Writer } from "./codec/writer.ts";
import { sha256 } from "./hash.ts";
import { recoverPublicKey } from "./keys/k1.ts";

/** Largest transaction that is unpacked from compression; nodeos's own default limit for a body is 2 MiB. */
const MAX_UNPACKED_BYTES = 1024 * 1024;

export interface PermissionLevel {
  actor: string;
  permission: string;
}

export interface Action {
  account: string;
  name: string;
  authorization: PermissionLevel[];
  data: Buffer;
}

export interface Transaction {
  /** Seconds since 1970. */
  expiration: number;
  refBlockNum: number;
  refBlockPrefix: number;
  maxNetUsageWords: number;
  maxCpuUsageMs: number;
  delaySec: number;
  contextFreeActions: Action[];
  actions: Action[];
  extensions: Extension[];
}

const COMPRESSIONS = ["none", "zlib"] as const;

export interface PackedTransaction {
  signatures: string[];
  compression: (typeof COMPRESSIONS)[number];
  packedContextFreeData: Buffer;
  packedTrx: Buffer;
}

export function readAction(reader: Reader): Action {
  return {
    account: reader.name(),
    name: reader.name(),
    authorization: reader.vector((r) => ({ actor: r.name(), permission: r.name() })),
    data: reader.varBytes(),
  };
}

export function writeAction(writer: Writer, action: Action): void {
  writer.name(action.account).name(action.name);
  writer.vector(action.authorization, (level) => writer.name(level.actor).name(level.permission));
  writer.varBytes(action.data);
}

export function decodeTransaction(bytes: Uint8Array): Transaction {
  const reader = new Reader(bytes);
  const transaction = {
    expiration: reader.u32(),
    refBlockNum: reader.u16(),
    refBlockPrefix: reader.u32(),
    maxNetUsageWords: reader.varuint32(),
    maxCpuUsageMs: reader.u8(),
    delaySec: reader.varuint32(),
    contextFreeActions: reader.vector(readAction),
    actions: reader.vector(readAction),
    extensions: readExtensions(reader),
  };
  reader.end();
  return transaction;
}

export function encodeTransaction(transaction: Transaction): Buffer {
  return pack((writer) => {
    writer
      .u32(transaction.expiration)
      .u16(transaction.refBlockNum)
      .u32(transaction.refBlockPrefix)
      .varuint32(transaction.maxNetUsageWords)
      .u8(transaction.maxCpuUsageMs)
      .varuint32(transaction.delaySec);
    writer.vector(transaction.contextFreeActions, (action) => writeAction(writer, action));
    writer.vector(transaction.actions, (action) => writeAction(writer, action));
    writeExtensions(writer, transaction.extensions);
  });
}

export function readPackedTransaction(reader: Reader): PackedTransaction {
  return {
    signatures: reader.vector((r) => r.signature()),
    compression: reader.choice(COMPRESSIONS, "a transaction's compression"),
    packedContextFreeData: reader.varBytes(),
    packedTrx: reader.varBytes(),
  };
}

export function writePackedTransaction(writer: Writer, packed: PackedTransaction): void {
  writer.vector(packed.signatures, (signature) => writer.signature(signature));
  writer.u8(COMPRESSIONS.indexOf(packed.compression));
  writer.varBytes(packed.packedContextFreeData).varBytes(packed.packedTrx);
}

/** The serialised transaction, inflated when it was compressed. Throws `TRANSACTION_BAD_COMPRESSION`. */
export function unpackTransaction(packed: PackedTransaction): Buffer {
  return inflated(packed, packed.packedTrx);
}

function inflated(packed: PackedTransaction, bytes: Buffer): Buffer {
  if (packed.compression === "none" || bytes.length === 0) return bytes;
  try {
    return inflateSync(bytes, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch (cause) {
    throw new Problem({
      code: "TRANSACTION_BAD_COMPRESSION",
      message: "the packed transaction does not inflate",
      expected: `zlib data of at most ${MAX_UNPACKED_BYTES} bytes`,
      cause,
    });
  }
}

/** sha256 of the serialised, uncompressed transaction, hex. */
export function transactionId(packed: PackedTransaction): string {
  return sha256(unpackTransaction(packed)).toString("hex");
}

/** What the signatures are over: chain id ‖ transaction ‖ hash of the context-free data (zeros when none). */
export function transactionDigest(
  chainId: string,
  serialized: Buffer,
  contextFreeData: Buffer = Buffer.alloc(0),
): Buffer {
  const dataHash = contextFreeData.length === 0 ? Buffer.alloc(32) : sha256(contextFreeData);
  return sha256(Buffer.concat([Buffer.from(chainId, "hex"), serialized, dataHash]));
}

/** The keys (`EOS…`) that signed. */
export function transactionSigners(chainId: string, packed: PackedTransaction): string[] {
  const contextFreeData = inflated(packed, packed.packedContextFreeData);
  const digest = transactionDigest(chainId, unpackTransaction(packed), contextFreeData);
  return packed.signatures.map((signature) => recoverPublicKey(digest, signature));
}
