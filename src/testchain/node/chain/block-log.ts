/**
 * Irreversible blocks on disk: one file, each block behind its length and checksum, appended as it becomes final.
 *
 * A kill at any instant leaves at most a torn last record, and a bad disk may leave worse: when the file is
 * opened it is cut off before the first record that is not whole, or not the block that follows the one before.
 */
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { identifyBlock } from "../../../chain/block/block.ts";
import { blockNumOf } from "../../../chain/block/header.ts";

/** What the file begins with; another version begins differently. */
const MAGIC = Buffer.from("BLOCKS 2");
/** Length and CRC-32 of the block behind them. */
const HEAD_BYTES = 8;

export class BlockLog {
  private readonly file: number;
  /** Where each record begins, and behind the last one where the next will. Eight bytes a block: chains run for weeks. */
  private readonly offsets: number[] = [MAGIC.length];
  private firstNum = 0;
  private lastId = "";

  /** Throws for a file that is no block log of this version: what is in it may be worth something to somebody. */
  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.file = openSync(path, "a+");
    this.scan();
  }

  /** Number of the first block in the file, 0 when it is empty. */
  get first(): number {
    return this.firstNum;
  }

  /** Number of the last block in the file, 0 when it is empty. */
  get last(): number {
    return this.firstNum === 0 ? 0 : this.firstNum + this.offsets.length - 2;
  }

  /**
   * Appends the block behind the last one; any block begins an empty file. One that is in the file is left as it is.
   * Throws for one that does not follow.
   */
  append(num: number, id: string, raw: Buffer): void {
    if (raw.length === 0 || (this.firstNum !== 0 && num <= this.last)) return;
    if (this.firstNum !== 0 && num !== this.last + 1) throw new Error(`block ${num} does not follow ${this.last}`);
    const record = Buffer.allocUnsafe(HEAD_BYTES + raw.length);
    record.writeUInt32LE(raw.length, 0);
    record.writeUInt32LE(crc32(raw), 4);
    raw.copy(record, HEAD_BYTES);
    writeSync(this.file, record);
    this.index(num, id, record.length);
  }

  /** Id of a block in the file; it is read for it, callers are rare. */
  idOf(num: number): string | undefined {
    if (num === this.last) return this.lastId;
    const raw = this.read(num);
    return raw === undefined ? undefined : identifyBlock(raw).id;
  }

  read(num: number): Buffer | undefined {
    const from = this.offsets[num - this.firstNum];
    const to = this.offsets[num - this.firstNum + 1];
    if (from === undefined || to === undefined) return undefined;
    const raw = Buffer.allocUnsafe(to - from - HEAD_BYTES);
    readSync(this.file, raw, 0, raw.length, from + HEAD_BYTES);
    return raw;
  }

  close(): void {
    closeSync(this.file);
  }

  private get end(): number {
    return this.offsets.at(-1) as number;
  }

  private index(num: number, id: string, bytes: number): void {
    if (this.firstNum === 0) this.firstNum = num;
    this.offsets.push(this.end + bytes);
    this.lastId = id;
  }

  private scan(): void {
    const size = fstatSync(this.file).size;
    this.begin(size);
    const head = Buffer.alloc(HEAD_BYTES);
    while (this.end + HEAD_BYTES <= size) {
      readSync(this.file, head, 0, HEAD_BYTES, this.end);
      const length = head.readUInt32LE(0);
      if (length === 0 || this.end + HEAD_BYTES + length > size) break;
      const raw = Buffer.allocUnsafe(length);
      readSync(this.file, raw, 0, length, this.end + HEAD_BYTES);
      const id = crc32(raw) === head.readUInt32LE(4) ? this.nextId(raw) : undefined;
      if (id === undefined) break;
      this.index(blockNumOf(id), id, HEAD_BYTES + length);
    }
    if (this.end < size) ftruncateSync(this.file, this.end);
  }

  /** Writes the magic, or finds it. A kill may have cut it short: a file that holds only its beginning is a new one. */
  private begin(size: number): void {
    const found = Buffer.alloc(Math.min(size, MAGIC.length));
    readSync(this.file, found, 0, found.length, 0);
    if (!MAGIC.subarray(0, found.length).equals(found)) {
      closeSync(this.file);
      throw new Error("it is no block log, or one of another version");
    }
    if (size < MAGIC.length) writeSync(this.file, MAGIC.subarray(size));
  }

  /** The id of a block that may follow the last one, `undefined` when these bytes are no such block. */
  private nextId(raw: Buffer): string | undefined {
    try {
      const { id, header } = identifyBlock(raw);
      return this.firstNum === 0 || header.previous === this.lastId ? id : undefined;
    } catch {
      return undefined;
    }
  }
}
