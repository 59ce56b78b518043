/**
 * Irreversible blocks on disk: one file, each block behind its length, appended as it becomes final.
 *
 * A kill at any instant leaves at most a torn last record, and a bad disk may leave worse: when the file is
 * opened it is cut off before the first record that is not the block that follows the one before.
 */
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { identifyBlock } from "../../../chain/block/block.ts";
import { blockNumOf } from "../../../chain/block/header.ts";

const LENGTH_BYTES = 4;

export class BlockLog {
  private readonly file: number;
  /** Where each record begins, and behind the last one where the next will. Eight bytes a block: chains run for weeks. */
  private readonly offsets: number[] = [0];
  private firstNum = 0;
  private lastId = "";

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

  /** Appends the block behind the last one; any block begins an empty file. One that is in the file is left as it is. */
  append(num: number, id: string, raw: Buffer): void {
    if (raw.length === 0 || (this.firstNum !== 0 && num <= this.last)) return;
    const record = Buffer.allocUnsafe(LENGTH_BYTES + raw.length);
    record.writeUInt32LE(raw.length, 0);
    raw.copy(record, LENGTH_BYTES);
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
    const raw = Buffer.allocUnsafe(to - from - LENGTH_BYTES);
    readSync(this.file, raw, 0, raw.length, from + LENGTH_BYTES);
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
    const head = Buffer.alloc(LENGTH_BYTES);
    while (this.end + LENGTH_BYTES <= size) {
      readSync(this.file, head, 0, LENGTH_BYTES, this.end);
      const length = head.readUInt32LE(0);
      if (length === 0 || this.end + LENGTH_BYTES + length > size) break;
      const raw = Buffer.allocUnsafe(length);
      readSync(this.file, raw, 0, length, this.end + LENGTH_BYTES);
      const id = this.nextId(raw);
      if (id === undefined) break;
      this.index(blockNumOf(id), id, LENGTH_BYTES + length);
    }
    if (this.end < size) ftruncateSync(this.file, this.end);
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
