/** The block log after whatever a kill or a bad disk may leave of it: a block is read whole or not at all. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { recordedBlocks } from "../../../../test/testchain/recording.ts";
import { identifyBlock } from "../../../chain/block/block.ts";
import { blockNumOf } from "../../../chain/block/header.ts";
import { BlockLog } from "./block-log.ts";

const blocks = recordedBlocks()
  .slice(0, 6)
  .map((raw) => {
    const { id } = identifyBlock(raw);
    return { num: blockNumOf(id), id, raw };
  });
const [first, last] = [blocks[0], blocks.at(-1)].map((block) => block?.num ?? 0) as [number, number];

let file: string;
let dir: string;
/** The file with all blocks, and where the last record begins in it. */
let whole: Buffer;
let lastRecord: number;

before(() => {
  dir = mkdtempSync(join(tmpdir(), "block-log-"));
  file = join(dir, "blocks.log");
  write(blocks.slice(0, -1));
  lastRecord = readFileSync(file).length;
  write(blocks);
  whole = readFileSync(file);
});
after(() => rmSync(dir, { recursive: true, force: true }));

function write(some: typeof blocks): void {
  rmSync(file, { force: true });
  const log = new BlockLog(file);
  for (const { num, id, raw } of some) log.append(num, id, raw);
  log.close();
}

/** What a log reads out of these bytes; every block that it has must be the one that was written. */
function opened(bytes: Uint8Array): { last: number; size: number } {
  writeFileSync(file, bytes);
  const log = new BlockLog(file);
  try {
    for (let num = log.first; num <= log.last && num > 0; num++) {
      const written = blocks.find((block) => block.num === num);
      assert.ok(written && log.read(num)?.equals(written.raw), `block ${num}`);
      assert.equal(log.idOf(num), written.id);
    }
    return { last: log.last, size: readFileSync(file).length };
  } finally {
    log.close();
  }
}

test("what was appended is read back after the file is opened again", () => {
  assert.deepEqual(opened(whole), { last, size: whole.length });
  const log = new BlockLog(file);
  assert.equal(log.first, first);
  assert.equal(log.read(first - 1), undefined);
  assert.equal(log.read(last + 1), undefined);
  log.close();
});

test("a record that ends at any byte but its last is cut off, and the next append takes its place", () => {
  for (let length = lastRecord; length < whole.length; length++) {
    assert.deepEqual(opened(whole.subarray(0, length)), { last: last - 1, size: lastRecord });
  }
  const log = new BlockLog(file);
  const { num, id, raw } = blocks.at(-1) as (typeof blocks)[number];
  log.append(num, id, raw);
  log.close();
  assert.ok(readFileSync(file).equals(whole));
});

test("a last record that is zero from any byte on, as after a power cut, is never read as a block", () => {
  for (let from = lastRecord; from < whole.length; from++) {
    const torn = Buffer.from(whole).fill(0, from);
    if (torn.equals(whole)) continue;
    assert.equal(opened(torn).last, last - 1, `zero from byte ${from - lastRecord}`);
  }
});

test("a single changed byte anywhere cuts the log off before the record that it is in", () => {
  fc.assert(
    fc.property(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const bad = Buffer.from(whole);
      bad[at] = (bad[at] as number) ^ change;
      if (at < 8) assert.throws(() => opened(bad), /no block log/);
      else assert.ok(opened(bad).last < last);
    }),
    { numRuns: 300 },
  );
});

test("a file of another kind is refused and left as it is", () => {
  for (const text of ["x", "BLOCKS 1 and more", '{"blocks":[]}']) {
    writeFileSync(file, text);
    assert.throws(() => new BlockLog(file), /no block log/);
    assert.equal(readFileSync(file, "utf8"), text);
  }
});

test("a file whose very beginning was cut short is a new one", () => {
  for (let length = 0; length < 8; length++) {
    assert.deepEqual(opened(whole.subarray(0, length)), { last: 0, size: 8 });
  }
});

test("a block that does not follow is refused, one that is there already is left alone", () => {
  write(blocks.slice(0, 2));
  const log = new BlockLog(file);
  const [one, , , four] = blocks as [(typeof blocks)[number], unknown, unknown, (typeof blocks)[number]];
  assert.throws(() => log.append(four.num, four.id, four.raw), /does not follow/);
  log.append(one.num, one.id, Buffer.from("something else"));
  assert.ok(log.read(one.num)?.equals(one.raw));
  assert.equal(log.last, first + 1);
  log.close();
});
