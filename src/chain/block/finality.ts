/**
 * Savanna's parts of a block: the finality extension of the header (which block a quorum certificate is
 * claimed for, and changes of the finalizer and proposer policies) and the certificate in the block.
 */
import { Reader } from "../codec/reader.ts";
import { pack, type Writer } from "../codec/writer.ts";
import { type BlockHeader, HEADER_EXTENSION } from "./header.ts";
import { type ProducerSchedule, readProducer, type ScheduledProducer, writeProducer } from "./schedule.ts";

export interface QcClaim {
  blockNum: number;
  strong: boolean;
}

export interface Finalizer {
  description: string;
  weight: bigint;
  /** 96 bytes, affine little-endian G1, hex. */
  publicKey: string;
}

export interface FinalizerPolicy {
  generation: number;
  threshold: bigint;
  finalizers: Finalizer[];
}

/** `ordered_diff`: first remove by index, then insert at index, both in ascending order. */
export interface OrderedDiff<T> {
  remove: number[];
  insert: { index: number; value: T }[];
}

export interface FinalizerPolicyDiff {
  generation: number;
  threshold: bigint;
  finalizers: OrderedDiff<Finalizer>;
}

export interface ProposerPolicyDiff {
  version: number;
  /** Slot of the block that proposed it. */
  proposalSlot: number;
  producers: OrderedDiff<ScheduledProducer>;
}

export interface FinalityExtension {
  qcClaim: QcClaim;
  finalizerPolicy?: FinalizerPolicyDiff | undefined;
  proposerPolicy?: ProposerPolicyDiff | undefined;
}

function readOrderedDiff<T>(reader: Reader, item: (reader: Reader) => T): OrderedDiff<T> {
  return {
    remove: reader.vector((r) => r.u16()),
    insert: reader.vector((r) => ({ index: r.u16(), value: item(r) })),
  };
}

function writeOrderedDiff<T>(writer: Writer, diff: OrderedDiff<T>, item: (writer: Writer, value: T) => void): void {
  writer.vector(diff.remove, (index) => writer.u16(index));
  writer.vector(diff.insert, ({ index, value }) => {
    writer.u16(index);
    item(writer, value);
  });
}

function readFinalizer(reader: Reader): Finalizer {
  return { description: reader.string(), weight: reader.u64(), publicKey: reader.varBytes().toString("hex") };
}

function writeFinalizer(writer: Writer, finalizer: Finalizer): void {
  writer.string(finalizer.description).u64(finalizer.weight).varBytes(Buffer.from(finalizer.publicKey, "hex"));
}

export function readFinalityExtension(reader: Reader): FinalityExtension {
  return {
    qcClaim: { blockNum: reader.u32(), strong: reader.bool() },
    finalizerPolicy: reader.optional((r) => ({
      generation: r.u32(),
      threshold: r.u64(),
      finalizers: readOrderedDiff(r, readFinalizer),
    })),
    proposerPolicy: reader.optional((r) => ({
      version: r.u32(),
      proposalSlot: r.u32(),
      producers: readOrderedDiff(r, readProducer),
    })),
  };
}

export function encodeFinalityExtension(extension: FinalityExtension): Buffer {
  return pack((writer) => {
    writer.u32(extension.qcClaim.blockNum).bool(extension.qcClaim.strong);
    writer.optional(extension.finalizerPolicy, (diff) => {
      writer.u32(diff.generation).u64(diff.threshold);
      writeOrderedDiff(writer, diff.finalizers, writeFinalizer);
    });
    writer.optional(extension.proposerPolicy, (diff) => {
      writer.u32(diff.version).u32(diff.proposalSlot);
      writeOrderedDiff(writer, diff.producers, writeProducer);
    });
  });
}

/** The finality extension of a header, `undefined` on a legacy block. */
export function finalityExtension(header: BlockHeader): FinalityExtension | undefined {
  const extension = header.extensions.find(({ type }) => type === HEADER_EXTENSION.finality);
  if (extension === undefined) return undefined;
  const reader = new Reader(extension.data);
  const finality = readFinalityExtension(reader);
  reader.end();
  return finality;
}

function applyOrderedDiff<T>(items: readonly T[], diff: OrderedDiff<T>): T[] {
  const result = items.filter((_, index) => !diff.remove.includes(index));
  for (const { index, value } of diff.insert) result.splice(index, 0, value);
  return result;
}

/** The schedule that a proposer-policy change makes of the last proposed one. */
export function applyProposerDiff(before: ProducerSchedule, diff: ProposerPolicyDiff): ProducerSchedule {
  return { version: diff.version, producers: applyOrderedDiff(before.producers, diff.producers) };
}

/** The finalizer policy that a change makes of the last proposed one. */
export function applyFinalizerDiff(before: FinalizerPolicy | undefined, diff: FinalizerPolicyDiff): FinalizerPolicy {
  return {
    generation: diff.generation,
    threshold: diff.threshold,
    finalizers: applyOrderedDiff(before?.finalizers ?? [], diff.finalizers),
  };
}

/** A change that replaces everything; nodeos makes a smaller one, the result is the same. */
export function replaceAll<T>(before: readonly T[], after: readonly T[]): OrderedDiff<T> {
  return { remove: before.map((_, index) => index), insert: after.map((value, index) => ({ index, value })) };
}

/** Votes of one policy on one block: bit i of a bitset is finalizer i of the policy. */
export interface PolicyVotes {
  strong?: Bitset | undefined;
  weak?: Bitset | undefined;
  /** 192 bytes of aggregated BLS signature, hex. */
  signature: string;
}

export interface QuorumCertificate {
  blockNum: number;
  active: PolicyVotes;
  pending?: PolicyVotes | undefined;
}

/** A bitset of `size` finalizers as nodeos writes it: size in bits, then little-endian bytes. */
export interface Bitset {
  size: number;
  bits: boolean[];
}

/** nodeos's `config::max_finalizers`. */
const MAX_FINALIZERS = 64 * 1024;

function readBitset(reader: Reader): Bitset {
  const size = reader.varuint32();
  if (size > MAX_FINALIZERS) throw reader.corrupt(`a bitset of ${size} finalizers`);
  const bytes = reader.raw(Math.ceil(size / 8));
  return { size, bits: Array.from({ length: size }, (_, i) => (((bytes[i >> 3] as number) >> (i & 7)) & 1) === 1) };
}

function writeBitset(writer: Writer, bitset: Bitset): void {
  const bytes = Buffer.alloc(Math.ceil(bitset.size / 8));
  bitset.bits.forEach((bit, i) => {
    if (bit) bytes[i >> 3] = (bytes[i >> 3] as number) | (1 << (i & 7));
  });
  writer.varuint32(bitset.size).raw(bytes);
}

function readPolicyVotes(reader: Reader): PolicyVotes {
  return {
    strong: reader.optional(readBitset),
    weak: reader.optional(readBitset),
    signature: reader.varBytes().toString("hex"),
  };
}

function writePolicyVotes(writer: Writer, votes: PolicyVotes): void {
  writer.optional(votes.strong, (bitset) => writeBitset(writer, bitset));
  writer.optional(votes.weak, (bitset) => writeBitset(writer, bitset));
  writer.varBytes(Buffer.from(votes.signature, "hex"));
}

export function decodeQuorumCertificate(data: Uint8Array): QuorumCertificate {
  const reader = new Reader(data);
  const certificate = {
    blockNum: reader.u32(),
    active: readPolicyVotes(reader),
    pending: reader.optional(readPolicyVotes),
  };
  reader.end();
  return certificate;
}

export function encodeQuorumCertificate(certificate: QuorumCertificate): Buffer {
  return pack((writer) => {
    writer.u32(certificate.blockNum);
    writePolicyVotes(writer, certificate.active);
    writer.optional(certificate.pending, (votes) => writePolicyVotes(writer, votes));
  });
}
