/**
 * Snapshots: the state at the head is written at once under a provisional name; the answer comes when that
 * block is irreversible, or as a failure when it is forked out.
 */
import { existsSync, renameSync, rmSync } from "node:fs";
import { formatBlockTime } from "../../../chain/time.ts";
import type { Controller } from "../chain/controller.ts";
import type { Store } from "../chain/store.ts";
import type { BlockState } from "../consensus/block-state.ts";
import { failure } from "../failure.ts";
import type { NodeLog } from "../log.ts";

const FORMAT_VERSION = 8;

export interface SnapshotInfo {
  head_block_id: string;
  head_block_num: number;
  head_block_time: string;
  version: number;
  snapshot_name: string;
}

interface Pending {
  state: BlockState;
  /** Under its provisional name. */
  path: string;
  /** Scheduled requests that it is for. */
  requests: number[];
  settle: { resolve: (info: SnapshotInfo) => void; reject: (thrown: unknown) => void }[];
}

export class Snapshots {
  private readonly controller: Controller;
  private readonly store: Store;
  private readonly log: NodeLog;
  private pending: Pending[] = [];

  constructor(controller: Controller, store: Store, log: NodeLog) {
    this.controller = controller;
    this.store = store;
    this.log = log;
  }

  /**
   * Writes the state at the head, which must not have a block open, for a caller or scheduled requests. Resolves
   * once that block is irreversible. Rejects with a failure when its snapshot exists or the block is forked out.
   */
  create(requests: readonly number[] = []): Promise<SnapshotInfo> {
    const { head, tables, chainId, root } = this.controller;
    const under = this.pending.find(({ state }) => state.id === head.id);
    const { promise, resolve, reject } = Promise.withResolvers<SnapshotInfo>();
    if (under !== undefined) {
      under.requests.push(...requests);
      under.settle.push({ resolve, reject });
      return promise;
    }
    if (existsSync(this.store.snapshotPath(head.id))) {
      const message = `snapshot named ${this.store.snapshotPath(head.id)} already exists`;
      return Promise.reject(failure("snapshot_exists_exception", message, "snapshot_scheduler.cpp:create_snapshot"));
    }
    this.say("snapshot_scheduler.cpp:216:create_snapshot", `Starting snapshot creation at block ${head.num}`);
    const path = this.store.writeSnapshot({ chainId, tables, root: head });
    const taken = { state: head, path, requests: [...requests], settle: [{ resolve, reject }] };
    const complete = `Snapshot creation at block ${head.num} complete; snapshot will be available once block becomes irreversible`;
    this.say("snapshot_scheduler.cpp:225:create_snapshot", complete);
    if (head.id === root.id) this.finish(taken);
    else this.pending.push(taken);
    return promise;
  }

  /** Snapshots that were taken for a scheduled request and whose block is not irreversible yet. */
  pendingOf(request: number): SnapshotInfo[] {
    return this.pending
      .filter(({ requests }) => requests.includes(request))
      .map(({ state, path }) => infoOf(state, path));
  }

  irreversible(state: BlockState): void {
    const settled = this.pending.filter((each) => each.state.num <= state.num);
    this.pending = this.pending.filter((each) => each.state.num > state.num);
    for (const each of settled) {
      if (each.state.id === state.id) this.finish(each);
      else this.drop(each);
    }
  }

  private finish({ state, path, settle }: Pending): void {
    const final = this.store.snapshotPath(state.id);
    renameSync(path, final);
    this.say("pending_snapshot.hpp:67:finalize", `Snapshot created at block ${state.num} available at ${final}`);
    for (const { resolve } of settle) resolve(infoOf(state, final));
  }

  private drop({ state, path, settle }: Pending): void {
    rmSync(path, { force: true });
    const message = `Snapshotted block was forked out of the chain.  ID: ${state.id}`;
    const thrown = failure("snapshot_finalization_exception", message, "pending_snapshot.hpp:finalize");
    for (const { reject } of settle) reject(thrown);
  }

  private say(place: string, message: string): void {
    this.log.write("info", "nodeos", place, message);
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
