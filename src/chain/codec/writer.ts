/** Writes nodeos's binary form (fc::raw, little-endian). The counterpart of reader.ts. */
import { Problem } from "../../kit/problem.ts";
import { KEY_KINDS, parsePublicKey, parseSignature } from "../keys/text.ts";
import { nameToU64 } from "../name.ts";

export class Writer {
  private buffer: Buffer;
  private length = 0;

  constructor(capacity = 256) {
    this.buffer = Buffer.allocUnsafe(capacity);
  }

  /** What was written so far; a view, valid until the next write. */
  get bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  private room(count: number): number {
    const at = this.length;
    const needed = at + count;
    if (needed > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.buffer.length * 2));
      this.buffer.copy(larger, 0, 0, at);
      this.buffer = larger;
    }
    this.length = needed;
    return at;
  }

  u8(value: number): this {
    const at = this.room(1);
    this.buffer.writeUInt8(value, at);
    return this;
  }
  u16(value: number): this {
    const at = this.room(2);
    this.buffer.writeUInt16LE(value, at);
    return this;
  }
  i16(value: number): this {
    const at = this.room(2);
    this.buffer.writeInt16LE(value, at);
    return this;
  }
  u32(value: number): this {
    const at = this.room(4);
    this.buffer.writeUInt32LE(value, at);
    return this;
  }
  i32(value: number): this {
    const at = this.room(4);
    this.buffer.writeInt32LE(value, at);
    return this;
  }
  u64(value: bigint): this {
    const at = this.room(8);
    this.buffer.writeBigUInt64LE(value, at);
    return this;
  }
  i64(value: bigint): this {
    const at = this.room(8);
    this.buffer.writeBigInt64LE(value, at);
    return this;
  }
  f32(value: number): this {
    const at = this.room(4);
    this.buffer.writeFloatLE(value, at);
    return this;
  }
  f64(value: number): this {
    const at = this.room(8);
    this.buffer.writeDoubleLE(value, at);
    return this;
  }
  bool(value: boolean): this {
    return this.u8(value ? 1 : 0);
  }

  varuint32(value: number): this {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.u8((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    return this.u8(rest);
  }

  varint32(value: number): this {
    return this.varuint32((value << 1) ^ (value >> 31));
  }

  raw(bytes: Uint8Array): this {
    const at = this.room(bytes.length);
    this.buffer.set(bytes, at);
    return this;
  }

  varBytes(bytes: Uint8Array): this {
    return this.varuint32(bytes.length).raw(bytes);
  }

  string(text: string): this {
    return this.varBytes(Buffer.from(text, "utf8"));
  }

  /** Exactly `count` bytes given as hex. */
  hex(text: string, count: number): this {
    const bytes = Buffer.from(text, "hex");
    if (bytes.length !== count || text.length !== count * 2) {
      throw new Problem({
        code: "CODEC_BAD_HEX",
        message: `\`${text.slice(0, 80)}\` is not ${count} bytes of hex`,
      });
    }
    return this.raw(bytes);
  }

  checksum256(text: string): this {
    return this.hex(text, 32);
  }

  name(name: string): this {
    return this.u64(nameToU64(name));
  }

  publicKey(text: string): this {
    const key = parsePublicKey(text);
    return this.u8(KEY_KINDS.indexOf(key.kind)).raw(key.bytes);
  }

  signature(text: string): this {
    const signature = parseSignature(text);
    return this.u8(KEY_KINDS.indexOf(signature.kind)).raw(signature.bytes);
  }

  vector<T>(items: readonly T[], item: (value: T, writer: this) => void): this {
    this.varuint32(items.length);
    for (const value of items) item(value, this);
    return this;
  }

  optional<T>(value: T | undefined | null, item: (value: T, writer: this) => void): this {
    const present = value !== undefined && value !== null;
    this.bool(present);
    if (present) item(value, this);
    return this;
  }
}

/** Bytes of whatever `write` writes; a copy of its own. */
export function pack(write: (writer: Writer) => void, capacity?: number): Buffer {
  const writer = new Writer(capacity);
  write(writer);
  return Buffer.from(writer.bytes);
}
