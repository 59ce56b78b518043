/**
 * Irreversible blocks on disk: one file, each block behind its length, appended as it becomes final.
 * A kill at any instant leaves at most a torn last record, which is cut off when the file is opened.
 */
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { identifyBlock } from "../../../chain/block/block.ts";
import { blockNumOf } from "../../../chain/block/header.ts";

interface Entry {
  id: string;
  at: number;
  length: number;
}

export class BlockLog {
  private readonly file: number;
  private readonly entries = new Map<number, Entry>();
  private end = 0;
  private firstNum = 0;
  private lastNum = 0;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.file = openSync(path, "a+");
    this.scan();
  }

  /** Number of the first block in the file, 0 when it is empty. */
  get first(): number {
    return this.firstNum;
  }

  get last(): number {
    return this.lastNum;
  }

  append(num: number, id: string, raw: Buffer): void {
    if (raw.length === 0) return;
    const record = Buffer.allocUnsafe(4 + raw.length);
    record.writeUInt32LE(raw.length, 0);
    raw.copy(record, 4);
    writeSync(this.file, record);
    this.index(num, { id, at: this.end + 4, length: raw.length });
  }

  idOf(num: number): string | undefined {
    return this.entries.get(num)?.id;
  }

  read(num: number): Buffer | undefined {
    const entry = this.entries.get(num);
    if (entry === undefined) return undefined;
    const raw = Buffer.allocUnsafe(entry.length);
    readSync(this.file, raw, 0, entry.length, entry.at);
    return raw;
  }

  close(): void {
    closeSync(this.file);
  }

  private index(num: number, entry: Entry): void {
    this.entries.set(num, entry);
    this.end = entry.at + entry.length;
    if (this.firstNum === 0) this.firstNum = num;
    this.lastNum = num;
  }

  private scan(): void {
    const size = fstatSync(this.file).size;
    const head = Buffer.alloc(4);
    while (this.end + 4 <= size) {
      readSync(this.file, head, 0, 4, this.end);
      const length = head.readUInt32LE(0);
      if (length === 0 || this.end + 4 + length > size) break;
      const raw = Buffer.allocUnsafe(length);
      readSync(this.file, raw, 0, length, this.end + 4);
      const { id } = identifyBlock(raw);
      this.index(blockNumOf(id), { id, at: this.end + 4, length });
    }
    if (this.end < size) ftruncateSync(this.file, this.end);
  }
}
