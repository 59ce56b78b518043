/**
 * Block headers: decode, encode, and the id.
 *
 * The id is sha256 of the serialised header with its first four bytes replaced by the block number,
 * big-endian; the number is not in the header but one more than that of `previous`.
 */
import { Reader } from "../codec/reader.ts";
import { pack, type Writer } from "../codec/writer.ts";
import { sha256 } from "../hash.ts";
import { type LegacySchedule, readLegacySchedule, writeLegacySchedule } from "./schedule.ts";

/** A numbered blob behind a header or a block. */
export interface Extension {
  type: number;
  data: Buffer;
}

/** Header extension types. */
export const HEADER_EXTENSION = { protocolFeatures: 0, producerSchedule: 1, finality: 2 } as const;
/** Block extension types. */
export const BLOCK_EXTENSION = { additionalSignatures: 2, quorumCertificate: 3 } as const;

/** `schedule_version` of every block that Savanna finalises; the real version is in the finality extension. */
export const SAVANNA_SCHEDULE_VERSION = 0x8000_0000;

export interface BlockHeader {
  slot: number;
  producer: string;
  /** Legacy: how many earlier blocks the producer confirms. Savanna: 0. */
  confirmed: number;
  /** Id of the parent, hex. */
  previous: string;
  transactionMroot: string;
  /** Merkle root of the action digests; in Savanna the root of the finality tree. */
  actionMroot: string;
  scheduleVersion: number;
  /** Only before WTMSIG_BLOCK_SIGNATURES. */
  newProducers?: LegacySchedule | undefined;
  extensions: Extension[];
}

export function readExtensions(reader: Reader): Extension[] {
  return reader.vector((r) => ({ type: r.u16(), data: r.varBytes() }));
}

export function writeExtensions(writer: Writer, extensions: readonly Extension[]): void {
  writer.vector(extensions, (extension) => writer.u16(extension.type).varBytes(extension.data));
}

export function readHeader(reader: Reader): BlockHeader {
  return {
    slot: reader.u32(),
    producer: reader.name(),
    confirmed: reader.u16(),
    previous: reader.checksum256(),
    transactionMroot: reader.checksum256(),
    actionMroot: reader.checksum256(),
    scheduleVersion: reader.u32(),
    newProducers: reader.optional(readLegacySchedule),
    extensions: readExtensions(reader),
  };
}

export function writeHeader(writer: Writer, header: BlockHeader): void {
  writer
    .u32(header.slot)
    .name(header.producer)
    .u16(header.confirmed)
    .checksum256(header.previous)
    .checksum256(header.transactionMroot)
    .checksum256(header.actionMroot)
    .u32(header.scheduleVersion)
    .optional(header.newProducers, (schedule) => writeLegacySchedule(writer, schedule));
  writeExtensions(writer, header.extensions);
}

export function decodeHeader(bytes: Uint8Array): BlockHeader {
  const reader = new Reader(bytes);
  const header = readHeader(reader);
  reader.end();
  return header;
}

/** sha256 of the serialised header: what legacy calls the header digest, and the id but for its number. */
export function headerDigest(header: BlockHeader): Buffer {
  return sha256(pack((writer) => writeHeader(writer, header)));
}

/** The number inside a block id. */
export function blockNumOf(id: string): number {
  return Number.parseInt(id.slice(0, 8), 16);
}

export function blockNum(header: BlockHeader): number {
  return (blockNumOf(header.previous) + 1) >>> 0;
}

export function blockId(header: BlockHeader): string {
  const digest = headerDigest(header);
  digest.writeUInt32BE(blockNum(header), 0);
  return digest.toString("hex");
}

/** Bytes 8..11 of an id as a little-endian number: what a transaction's TAPOS refers to. */
export function refBlockPrefix(id: string): number {
  return Buffer.from(id.slice(16, 24), "hex").readUInt32LE(0);
}

/** True for a block that Savanna finalises ("proper Savanna block"). */
export function isSavanna(header: BlockHeader): boolean {
  return header.scheduleVersion === SAVANNA_SCHEDULE_VERSION;
}
