/**
 * Reads nodeos's binary form (fc::raw, little-endian) from a buffer, front to back.
 *
 * Input comes from strangers: every length is checked against what is left before anything is
 * allocated. Running out throws `CODEC_SHORT`, a value that nodeos never writes `CODEC_CORRUPT`, both with the
 * offset; nothing else is thrown.
 */
import { Problem } from "../../kit/problem.ts";
import { formatPublicKey, formatSignature, KEY_KINDS, type KeyMaterial, MAX_MATERIAL_BYTES } from "../keys/text.ts";
import { u64ToName } from "../name.ts";

export class Reader {
  readonly bytes: Buffer;
  /** Offset of the next byte. */
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** Moves over `count` bytes and returns where they began. */
  private take(count: number): number {
    if (count > this.left) {
      throw new Problem({
        code: "CODEC_SHORT",
        message: `needed ${count} bytes at offset ${this.at}, ${this.left} are left`,
      });
    }
    const from = this.at;
    this.at += count;
    return from;
  }

  u8(): number {
    return this.bytes.readUInt8(this.take(1));
  }
  u16(): number {
    return this.bytes.readUInt16LE(this.take(2));
  }
  i16(): number {
    return this.bytes.readInt16LE(this.take(2));
  }
  u32(): number {
    return this.bytes.readUInt32LE(this.take(4));
  }
  i32(): number {
    return this.bytes.readInt32LE(this.take(4));
  }
  u64(): bigint {
    return this.bytes.readBigUInt64LE(this.take(8));
  }
  i64(): bigint {
    return this.bytes.readBigInt64LE(this.take(8));
  }
  f32(): number {
    return this.bytes.readFloatLE(this.take(4));
  }
  f64(): number {
    return this.bytes.readDoubleLE(this.take(8));
  }

  bool(): boolean {
    const value = this.u8();
    if (value > 1) throw this.corrupt(`a bool is ${value}`);
    return value === 1;
  }

  /** LEB128 of at most 32 bits. */
  varuint32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value > 0xffff_ffff) break;
        return value;
      }
    }
    throw this.corrupt("a varuint32 is longer than 32 bits");
  }

  /** Zig-zag LEB128. */
  varint32(): number {
    const zigzag = this.varuint32();
    return (zigzag >>> 1) ^ -(zigzag & 1);
  }

  /** A view on the next `count` bytes; it shares memory with the input. */
  raw(count: number): Buffer {
    const from = this.take(count);
    return this.bytes.subarray(from, from + count);
  }

  /** A length and that many bytes; a view on the input. */
  varBytes(): Buffer {
    return this.raw(this.varuint32());
  }

  string(): string {
    return this.varBytes().toString("utf8");
  }

  /** `count` bytes as lower-case hex: checksums, ids, digests. */
  hex(count: number): string {
    return this.raw(count).toString("hex");
  }

  checksum256(): string {
    return this.hex(32);
  }

  name(): string {
    return u64ToName(this.u64());
  }

  /** A public key in nodeos's text form. */
  publicKey(): string {
    return formatPublicKey(this.keyMaterial(33));
  }

  /** A signature in nodeos's text form. */
  signature(): string {
    return formatSignature(this.keyMaterial(65));
  }

  /** A type byte and the key or signature behind it; WebAuthn carries variable fields after the fixed ones. */
  private keyMaterial(fixedBytes: 33 | 65): KeyMaterial {
    const index = this.u8();
    const kind = KEY_KINDS[index];
    if (kind === undefined) throw this.corrupt(`a key has the unknown type ${index}`);
    const from = this.take(fixedBytes);
    if (kind === "WA") {
      if (fixedBytes === 33) this.u8();
      else this.varBytes();
      this.varBytes();
      if (this.at - from > MAX_MATERIAL_BYTES) throw this.corrupt(`a key or signature of ${this.at - from} bytes`);
    }
    return { kind, bytes: this.bytes.subarray(from, this.at) };
  }

  /** A vector: its length, then `item` that many times. Each item takes at least one byte, so the length is bounded. */
  vector<T>(item: (reader: this) => T, most = Number.POSITIVE_INFINITY): T[] {
    const count = this.varuint32();
    if (count > most) throw this.corrupt(`a vector of ${count} items where ${most} are the most`);
    if (count > this.left) throw this.corrupt(`a vector of ${count} items has only ${this.left} bytes left`);
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(item(this));
    return items;
  }

  /** One of a list's values, chosen by a byte. */
  choice<T>(values: readonly T[], what: string): T {
    const index = this.u8();
    const value = values[index];
    if (value === undefined) throw this.corrupt(`${what} is ${index}`);
    return value;
  }

  /** An optional: a bool, then the value when it is true. */
  optional<T>(item: (reader: this) => T): T | undefined {
    return this.bool() ? item(this) : undefined;
  }

  /** The problem that what was just read cannot be. */
  corrupt(what: string): Problem {
    return new Problem({ code: "CODEC_CORRUPT", message: `${what} (before offset ${this.at})` });
  }

  /** Throws `CODEC_TRAILING` unless everything was read. */
  end(): void {
    if (this.left > 0) {
      throw new Problem({
        code: "CODEC_TRAILING",
        message: `${this.left} bytes are left over at offset ${this.at}`,
      });
    }
  }
}
