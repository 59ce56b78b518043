/** Scheduled snapshots: due at the right blocks, kept over a restart, refused when they cannot be. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import fc from "fast-check";
import { ChainFailure } from "../failure.ts";
import { SnapshotSchedule } from "./snapshot-schedule.ts";

const root = mkdtempSync(join(tmpdir(), "snapshots-"));
after(() => rmSync(root, { recursive: true, force: true }));
let file: string;
beforeEach(() => {
  file = join(mkdtempSync(join(root, "s-")), "snapshot-schedule.json");
});

const named = (name: string) => (thrown: unknown) => thrown instanceof ChainFailure && thrown.name === name;

test("a request is due at its start and every spacing after it up to its end, then it is forgotten; so after a restart", () => {
  const requests = fc.record({
    block_spacing: fc.nat({ max: 20 }),
    start_block_num: fc.integer({ min: 1, max: 60 }),
    length: fc.nat({ max: 60 }),
  });
  fc.assert(
    fc.property(requests, fc.nat({ max: 130 }), ({ block_spacing, start_block_num, length }, restart) => {
      rmSync(file, { force: true });
      const end_block_num = start_block_num + length;
      let schedule = new SnapshotSchedule(file);
      const add = () => schedule.add({ block_spacing, start_block_num, end_block_num }, 0);
      if (block_spacing > length) {
        assert.throws(add, named("invalid_snapshot_request"));
        return;
      }
      const { snapshot_request_id: id } = add();
      const due: number[] = [];
      for (let num = 1; num <= 130; num++) {
        if (num === restart) schedule = new SnapshotSchedule(file);
        if (schedule.due(num).includes(id)) due.push(num);
      }
      const expected = [];
      for (let num = start_block_num; num <= end_block_num; num += block_spacing || 1000) expected.push(num);
      assert.deepEqual(due, expected);
      assert.deepEqual(schedule.requests, []);
    }),
  );
});

test("without a start it is the next block; the same one twice, a range that ends before it begins, and an unknown id are refused", () => {
  const schedule = new SnapshotSchedule(file);
  assert.equal(schedule.add({}, 41).start_block_num, 42);
  assert.throws(() => schedule.add({}, 41), named("duplicate_snapshot_request"));
  assert.throws(() => schedule.add({ start_block_num: 9, end_block_num: 8 }, 1), named("invalid_snapshot_request"));
  assert.throws(() => schedule.remove(7), named("snapshot_request_not_found"));
  assert.equal(schedule.remove(0).start_block_num, 42);
  assert.deepEqual(new SnapshotSchedule(file).requests, []);
});

test("a file that is no schedule is refused by name", () => {
  for (const content of ["", "{", '{"a":1}', '[{"snapshot_request_id":"x"}]', "[1]"]) {
    writeFileSync(file, content);
    assert.throws(() => new SnapshotSchedule(file), /snapshot-schedule\.json/, content);
  }
});
