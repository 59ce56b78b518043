/**
 * Snapshots: the state at the head is written at once under a provisional name; the answer comes when that
 * block is irreversible, and not at all if it is forked out. Scheduled snapshots are kept on file.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatBlockTime } from "../../../chain/time.ts";
import type { Controller } from "../chain/controller.ts";
import type { Store } from "../chain/store.ts";
import type { BlockState } from "../consensus/block-state.ts";
import { failure } from "../failure.ts";

const FORMAT_VERSION = 8;
const FOREVER = 4294967295;

export interface SnapshotInfo {
  head_block_id: string;
  head_block_num: number;
  head_block_time: string;
  version: number;
  snapshot_name: string;
}

export interface SnapshotRequest {
  snapshot_request_id: number;
  snapshot_description: string;
  block_spacing: number;
  start_block_num: number;
  end_block_num: number;
}

interface Pending {
  state: BlockState;
  path: string;
  settle: { resolve: (info: SnapshotInfo) => void; reject: (thrown: unknown) => void }[];
}

export class Snapshots {
  private readonly controller: Controller;
  private readonly store: Store;
  private readonly scheduleFile: string;
  private pending: Pending[] = [];
  private requests: SnapshotRequest[] = [];

  constructor(controller: Controller, store: Store) {
    this.controller = controller;
    this.store = store;
    this.scheduleFile = join(store.snapshotsDir, "snapshot-schedule.json");
    if (existsSync(this.scheduleFile))
      this.requests = JSON.parse(readFileSync(this.scheduleFile, "utf8")) as SnapshotRequest[];
  }

  /** Writes the state at the head, which must not have a block open. Resolves once that block is irreversible. */
  create(): Promise<SnapshotInfo> {
    const { head, tables, chainId, root } = this.controller;
    const under = this.pending.find(({ state }) => state.id === head.id);
    return new Promise((resolve, reject) => {
      if (under !== undefined) {
        under.settle.push({ resolve, reject });
        return;
      }
      const path = this.store.writeSnapshot({ chainId, tables, root: head });
      if (head.id === root.id) resolve(infoOf(head, path));
      else {
        renameSync(path, `${path}.pending`);
        this.pending.push({ state: head, path, settle: [{ resolve, reject }] });
      }
    });
  }

  list(): SnapshotRequest[] {
    return this.requests;
  }

  schedule(wanted: Partial<SnapshotRequest>): SnapshotRequest {
    const request = {
      snapshot_request_id: Math.max(-1, ...this.requests.map((each) => each.snapshot_request_id)) + 1,
      snapshot_description: wanted.snapshot_description ?? "",
      block_spacing: wanted.block_spacing ?? 0,
      start_block_num: wanted.start_block_num ?? this.controller.head.num + 1,
      end_block_num: wanted.end_block_num || FOREVER,
    };
    if (request.start_block_num > request.end_block_num) {
      throw failure(
        "invalid_snapshot_request",
        "End block number should be greater or equal to start block number",
        "snapshot_scheduler.cpp:schedule_snapshot",
      );
    }
    const twin = this.requests.some(
      (each) =>
        each.block_spacing === request.block_spacing &&
        each.start_block_num === request.start_block_num &&
        each.end_block_num === request.end_block_num,
    );
    if (twin)
      throw failure(
        "duplicate_snapshot_request",
        "Duplicate snapshot request",
        "snapshot_scheduler.cpp:schedule_snapshot",
      );
    this.requests = [...this.requests, request];
    this.save();
    return request;
  }

  unschedule(id: number): SnapshotRequest {
    const request = this.requests.find((each) => each.snapshot_request_id === id);
    if (request === undefined)
      throw failure(
        "snapshot_request_not_found",
        "Snapshot request not found",
        "snapshot_scheduler.cpp:unschedule_snapshot",
      );
    this.requests = this.requests.filter((each) => each !== request);
    this.save();
    return request;
  }

  /** True when a scheduled snapshot is due at this block. */
  isDue(num: number): boolean {
    return this.requests.some(({ start_block_num: start, end_block_num: end, block_spacing: spacing }) => {
      if (num < start || num > end) return false;
      return spacing === 0 ? num === start : (num - start) % spacing === 0;
    });
  }

  irreversible(state: BlockState): void {
    const settled = this.pending.filter((each) => each.state.num <= state.num);
    this.pending = this.pending.filter((each) => each.state.num > state.num);
    for (const { state: of, path, settle } of settled) {
      if (of.id === state.id) {
        renameSync(`${path}.pending`, path);
        for (const { resolve } of settle) resolve(infoOf(of, path));
      } else {
        rmSync(`${path}.pending`, { force: true });
        for (const { reject } of settle)
          reject(failure("exception", "Snapshot block was forked out", "pending_snapshot.cpp:finalize"));
      }
    }
  }

  private save(): void {
    writeFileSync(this.scheduleFile, JSON.stringify(this.requests, null, 2));
  }
}

function infoOf(state: BlockState, path: string): SnapshotInfo {
  return {
    head_block_id: state.id,
    head_block_num: state.num,
    head_block_time: formatBlockTime(state.slot),
    version: FORMAT_VERSION,
    snapshot_name: path,
  };
}
