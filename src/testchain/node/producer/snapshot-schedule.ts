/** Snapshots to be taken at given blocks: asked for over the API, kept on file, each due once or again and again. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import * as v from "valibot";
import { messageOf } from "../../../kit/problem.ts";
import { failure } from "../failure.ts";

const FOREVER = 0xffff_ffff;
const AT = "snapshot_scheduler.cpp:schedule_snapshot";

const number = v.pipe(v.number(), v.integer(), v.minValue(0));
const requestsSchema = v.array(
  v.strictObject({
    snapshot_request_id: number,
    snapshot_description: v.string(),
    /** 0: once, at `start_block_num`. */
    block_spacing: number,
    start_block_num: number,
    end_block_num: number,
  }),
);
export type SnapshotRequest = v.InferOutput<typeof requestsSchema>[number];

export class SnapshotSchedule {
  private readonly file: string;
  private entries: SnapshotRequest[] = [];

  /** `file` need not exist yet. Throws for one that cannot be read, by its name. */
  constructor(file: string) {
    this.file = file;
    if (!existsSync(file)) return;
    try {
      this.entries = v.parse(requestsSchema, JSON.parse(readFileSync(file, "utf8")));
    } catch (thrown) {
      throw new Error(`${file} cannot be read: ${messageOf(thrown)}`);
    }
  }

  get requests(): readonly SnapshotRequest[] {
    return this.entries;
  }

  /** Without a start it is due at the block behind `headNum`. Throws a failure for a range that cannot be or is there already. */
  add(wanted: Partial<Omit<SnapshotRequest, "snapshot_request_id">>, headNum: number): SnapshotRequest {
    const request = {
      snapshot_request_id: Math.max(-1, ...this.entries.map((each) => each.snapshot_request_id)) + 1,
      snapshot_description: wanted.snapshot_description ?? "",
      block_spacing: wanted.block_spacing ?? 0,
      start_block_num: wanted.start_block_num ?? headNum + 1,
      end_block_num: wanted.end_block_num || FOREVER,
    };
    const { block_spacing: spacing, start_block_num: start, end_block_num: end } = request;
    if (start > end) {
      const message = "End block number should be greater or equal to start block number";
      throw failure("invalid_snapshot_request", message, AT);
    }
    if (start + spacing > end) {
      throw failure("invalid_snapshot_request", "Block spacing exceeds defined by start and end range", AT);
    }
    const twin = this.entries.some(
      (each) => each.block_spacing === spacing && each.start_block_num === start && each.end_block_num === end,
    );
    if (twin) throw failure("duplicate_snapshot_request", "Duplicate snapshot request", AT);
    this.save([...this.entries, request]);
    return request;
  }

  /** Returns what was removed. Throws `snapshot_request_not_found`. */
  remove(id: number): SnapshotRequest {
    const request = this.entries.find((each) => each.snapshot_request_id === id);
    if (request === undefined) {
      const at = "snapshot_scheduler.cpp:unschedule_snapshot";
      throw failure("snapshot_request_not_found", "Snapshot request not found", at);
    }
    this.save(this.entries.filter((each) => each !== request));
    return request;
  }

  /** Ids of the requests that want a snapshot of block `num`; those that want no other after it are forgotten. */
  due(num: number): number[] {
    const due = this.entries.filter(({ start_block_num: start, end_block_num: end, block_spacing: spacing }) => {
      if (num < start || num > end) return false;
      return spacing === 0 ? num === start : (num - start) % spacing === 0;
    });
    const last = due.filter(({ block_spacing: spacing, end_block_num: end }) => spacing === 0 || num + spacing > end);
    if (last.length > 0) this.save(this.entries.filter((each) => !last.includes(each)));
    return due.map((each) => each.snapshot_request_id);
  }

  private save(entries: SnapshotRequest[]): void {
    this.entries = entries;
    writeFileSync(`${this.file}.tmp`, JSON.stringify(entries, null, 2));
    renameSync(`${this.file}.tmp`, this.file);
  }
}
