/** Whole signed blocks as they travel and rest: header, signature, transactions with receipts, extensions. */
import { Reader } from "../codec/reader.ts";
import { pack, type Writer } from "../codec/writer.ts";
import { sha256 } from "../hash.ts";
import {
  type PackedTransaction,
  readPackedTransaction,
  transactionId,
  writePackedTransaction,
} from "../transaction.ts";
import { decodeQuorumCertificate, type QuorumCertificate } from "./finality.ts";
import {
  BLOCK_EXTENSION,
  type BlockHeader,
  blockNum,
  type Extension,
  readExtensions,
  readHeader,
  writeExtensions,
  writeHeader,
} from "./header.ts";

export const RECEIPT_STATUSES = ["executed", "soft_fail", "hard_fail", "delayed", "expired"] as const;

export interface TransactionReceipt {
  status: (typeof RECEIPT_STATUSES)[number];
  cpuUsageUs: number;
  netUsageWords: number;
  /** Only the id for a deferred transaction, which no longer exist on today's chains. */
  transaction: { id: string } | PackedTransaction;
}

export interface SignedHeader {
  header: BlockHeader;
  /** `SIG_K1_…` */
  producerSignature: string;
}

export interface SignedBlock extends SignedHeader {
  receipts: TransactionReceipt[];
  extensions: Extension[];
}

/**
 * Header, signature and id of a serialised block. The id is hashed from the bytes themselves, so it is right
 * even where a header holds something that we would write differently.
 */
export function identifyBlock(bytes: Buffer): SignedHeader & { id: string } {
  const reader = new Reader(bytes);
  const header = readHeader(reader);
  const digest = sha256(bytes.subarray(0, reader.at));
  digest.writeUInt32BE(blockNum(header), 0);
  return { header, producerSignature: reader.signature(), id: digest.toString("hex") };
}

function readReceipt(reader: Reader): TransactionReceipt {
  const status = reader.choice(RECEIPT_STATUSES, "a receipt's status");
  const cpuUsageUs = reader.u32();
  const netUsageWords = reader.varuint32();
  const kind = reader.choice(["id", "packed"], "the kind of a receipt's transaction");
  const transaction = kind === "id" ? { id: reader.checksum256() } : readPackedTransaction(reader);
  return { status, cpuUsageUs, netUsageWords, transaction };
}

function writeReceipt(writer: Writer, receipt: TransactionReceipt): void {
  writer.u8(RECEIPT_STATUSES.indexOf(receipt.status)).u32(receipt.cpuUsageUs).varuint32(receipt.netUsageWords);
  if ("id" in receipt.transaction) writer.varuint32(0).checksum256(receipt.transaction.id);
  else writePackedTransaction(writer.varuint32(1), receipt.transaction);
}

export function readBlock(reader: Reader): SignedBlock {
  return {
    header: readHeader(reader),
    producerSignature: reader.signature(),
    receipts: reader.vector(readReceipt),
    extensions: readExtensions(reader),
  };
}

export function writeBlock(writer: Writer, block: SignedBlock): void {
  writeHeader(writer, block.header);
  writer.signature(block.producerSignature).vector(block.receipts, (receipt) => writeReceipt(writer, receipt));
  writeExtensions(writer, block.extensions);
}

export function decodeBlock(bytes: Uint8Array): SignedBlock {
  const reader = new Reader(bytes);
  const block = readBlock(reader);
  reader.end();
  return block;
}

export function encodeBlock(block: SignedBlock): Buffer {
  return pack((writer) => writeBlock(writer, block), 1024);
}

/** All signatures of a block: the producer's, and those of a multi-key authority in extension 2. */
export function signaturesOf(block: SignedBlock): string[] {
  const additional = block.extensions.find(({ type }) => type === BLOCK_EXTENSION.additionalSignatures);
  const more = additional === undefined ? [] : new Reader(additional.data).vector((r) => r.signature());
  return [block.producerSignature, ...more];
}

/** The quorum certificate a Savanna block carries, if any. */
export function certificateOf(block: SignedBlock): QuorumCertificate | undefined {
  const extension = block.extensions.find(({ type }) => type === BLOCK_EXTENSION.quorumCertificate);
  return extension === undefined ? undefined : decodeQuorumCertificate(extension.data);
}

/** The leaf of the transaction merkle tree: status, usage and a digest over signatures, context-free data and transaction. */
export function receiptDigest(receipt: TransactionReceipt): Buffer {
  return sha256(
    pack((writer) => {
      writer.u8(RECEIPT_STATUSES.indexOf(receipt.status)).u32(receipt.cpuUsageUs).varuint32(receipt.netUsageWords);
      if ("id" in receipt.transaction) writer.checksum256(receipt.transaction.id);
      else writer.raw(packedDigest(receipt.transaction));
    }),
  );
}

function packedDigest(packed: PackedTransaction): Buffer {
  const prunable = sha256(
    pack((writer) => {
      writer.vector(packed.signatures, (signature) => writer.signature(signature));
      writer.varBytes(packed.packedContextFreeData);
    }),
  );
  return sha256(
    pack((writer) => {
      writer.varuint32(packed.compression === "none" ? 0 : 1);
      writer.varBytes(packed.packedTrx).raw(prunable);
    }),
  );
}

/** Id of the transaction of a receipt. */
export function receiptTransactionId(receipt: TransactionReceipt): string {
  return "id" in receipt.transaction ? receipt.transaction.id : transactionId(receipt.transaction);
}
