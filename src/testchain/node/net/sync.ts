/**
 * How a node catches up and helps others to: nodeos's sync manager. Irreversible blocks are fetched in ranges
 * from one peer (*lib catchup*), the last reversible ones as a branch (*head catchup*), new ones just come.
 */
import { blockNumOf } from "../../../chain/block/header.ts";
import { ZERO_256 } from "../../../chain/hash.ts";
import { FEATURE, type Handshake, type Message, NO_IDS } from "../../../chain/p2p/messages.ts";
import { SLOT_MS } from "../../../chain/time.ts";
import type { Controller } from "../chain/controller.ts";
import type { NodeLog } from "../log.ts";
import { BlockServer } from "./block-server.ts";
import type { Peer } from "./peer.ts";

/** A peer that was asked for blocks and sends none for so long is left. */
const RESPONSE_MS = 5000;
const SLOT_NS = BigInt(SLOT_MS) * 1_000_000n;
const CATCH_UP = { mode: "catch_up", pending: 0 } as const;

type Stage = "in sync" | "lib catchup" | "head catchup";

export interface SyncParts {
  controller: Controller;
  peers: () => Iterable<Peer>;
  log: NodeLog;
  /** Blocks fetched from one peer at a time. */
  span: number;
  keepaliveMs: number;
}

export class SyncManager {
  private stage: Stage = "in sync";
  private source: Peer | undefined;
  /** While in lib catchup: the block expected next, the end of the range asked for, and where it will be done. */
  private next = 0;
  private requestedEnd = 0;
  private target = 0;
  private timer: NodeJS.Timeout | undefined;
  private greetWhenSynced = false;
  private readonly parts: SyncParts;
  private readonly server: BlockServer;
  /** A peer must be this many blocks behind our last irreversible one to be told to fetch ranges. */
  private readonly minDistance: number;

  constructor(parts: SyncParts) {
    this.parts = parts;
    this.server = new BlockServer(parts.controller.blocks, parts.log);
    this.minDistance = Math.floor(parts.keepaliveMs / SLOT_MS / 2);
  }

  /** While true, blocks are not passed on and nothing is said about transactions. */
  get syncing(): boolean {
    return this.stage === "lib catchup";
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  /** Compares where the peer is with where we are; nodeos's cases 0 to 4. */
  greeted(peer: Peer, hello: Handshake): void {
    if (!peer.takesBlocks) return;
    const { head, root } = this.forkView();
    const latency = Number((peer.roundTripNs + SLOT_NS / 2n) / SLOT_NS);
    peer.syncingFromUs = false;
    if (head.id === hello.headId) return;
    if (head.num < hello.rootNum) {
      if (peer.handshakesSent > 0) peer.sendHandshake();
    } else if (root.num > hello.headNum + latency + this.minDistance) {
      const blocks = { mode: "last_irr_catch_up" as const, pending: head.num, ids: this.range(peer, head.id) };
      peer.send({ type: "notice", transactions: { mode: "last_irr_catch_up", pending: root.num, ids: [] }, blocks });
      peer.syncingFromUs = true;
    } else if (head.num + latency < hello.headNum) {
      this.catchUp(peer, hello.headNum, hello.headId);
    } else if (head.num >= hello.headNum + latency) {
      const blocks = { mode: "catch_up" as const, pending: head.num, ids: this.range(peer, head.id) };
      peer.send({ type: "notice", transactions: NO_IDS, blocks });
      if (this.isOnFork(hello.headId))
        peer.send({ type: "request", transactions: NO_IDS, blocks: { ...CATCH_UP, ids: [] } });
    }
  }

  notice(peer: Peer, message: Extract<Message, { type: "notice" }>): void {
    const { mode, pending, ids } = message.blocks;
    const [id] = ids;
    if (mode === "last_irr_catch_up") {
      peer.rootNum = message.transactions.pending;
      peer.headNum = Math.max(peer.headNum, pending);
      this.start(peer, message.transactions.pending);
    } else if (mode === "catch_up" && id !== undefined) {
      const num = blockNumOf(id);
      const notice = `${peer.label} notice_message, pending ${pending}, blk_num ${num}, id ${id.slice(8, 24)}...`;
      this.log("info", "2433:sync_recv_notice", notice);
      peer.headNum = Math.max(peer.headNum, num);
      if (this.parts.controller.forks.get(id) === undefined) this.catchUp(peer, pending, id);
      else peer.sendHandshake();
    }
  }

  request(peer: Peer, message: Extract<Message, { type: "request" }>): void {
    const { mode, ids } = message.blocks;
    const [from] = ids;
    if (mode === "none") peer.syncingFromUs = false;
    if (mode === "catch_up") this.sendBranch(peer, ids.at(-1) ?? ZERO_256);
    if (mode === "normal" && from !== undefined && ids.length === 2) {
      this.sendRange(peer, "block_nack", blockNumOf(from), this.parts.controller.head.num);
    }
  }

  syncRequest(peer: Peer, start: number, end: number): void {
    if (end === 0) this.server.cancel(peer);
    else this.server.serve(peer, start, end);
  }

  /** More of what a peer asked for, as its socket drains. */
  drain(peer: Peer): void {
    this.server.drain(peer);
  }

  /** A block came from a peer, new or not; `fresh`: it is of the present. */
  received(peer: Peer, num: number, id: string, fresh: boolean): void {
    if (fresh) peer.syncingFromUs = false;
    if (this.stage === "head catchup") {
      this.reached(num, id);
    } else if (this.stage === "lib catchup" && peer === this.source) {
      this.expectMore();
      if (num === this.next) this.next += 1;
      if (num >= this.requestedEnd && this.requestedEnd < this.target) this.requestChunk();
    }
  }

  /** A block is head. */
  applied(num: number, fresh: boolean): void {
    if (this.stage === "lib catchup" && num >= this.target) {
      this.setStage("head catchup");
      clearTimeout(this.timer);
      this.source = undefined;
      this.greetAll();
    } else if (fresh && this.greetWhenSynced) {
      this.greetWhenSynced = false;
      this.greetAll();
    }
  }

  /** A peer's block did not link: ask where we stand. */
  rejected(peer: Peer, num: number): void {
    this.reset(num);
    peer.sendHandshake();
  }

  /** A block of the range under way was refused: the range begins again behind the last irreversible block. */
  reset(num: number): void {
    if (this.requestedEnd === 0 || num >= this.next) return;
    this.requestedEnd = 0;
    this.next = this.parts.controller.root.num + 1;
  }

  closed(peer: Peer): void {
    this.server.cancel(peer);
    if (peer === this.source) this.reassign();
  }

  private forkView() {
    return { head: this.parts.controller.forks.head, root: this.parts.controller.root };
  }

  /** Head, and since 1.0 the first block that we have, as an id that is only its number. */
  private range(peer: Peer, headId: string): string[] {
    if (peer.level < FEATURE.blockRange) return [headId];
    const first = this.parts.controller.blocks.earliest;
    return [headId, first.toString(16).padStart(8, "0") + "0".repeat(56)];
  }

  private isOnFork(id: string): boolean {
    const known = this.parts.controller.blocks.idByNum(blockNumOf(id));
    return known !== undefined && known !== id;
  }

  private start(peer: Peer, target: number): void {
    const { head, root } = this.forkView();
    this.target = Math.max(this.target, target);
    if (target <= root.num || target <= head.num) {
      peer.sendHandshake();
      return;
    }
    if (this.stage === "lib catchup") return;
    this.setStage("lib catchup");
    this.next = root.num + 1;
    this.requestedEnd = 0;
    this.requestChunk(peer);
  }

  private requestChunk(preferred?: Peer): void {
    const { peers, controller, span } = this.parts;
    const source =
      preferred ?? [...peers()].find((peer) => peer.current && peer.headNum >= Math.min(this.next, this.target));
    if (source === undefined) {
      this.log("warn", "request_next_chunk", "Unable to continue syncing at this time");
      clearTimeout(this.timer);
      this.setStage("in sync");
      this.target = 0;
      this.greetAll();
      return;
    }
    const start = Math.max(this.next, this.requestedEnd + 1);
    const end = Math.min(start + span - 1, this.target);
    this.source = source;
    this.requestedEnd = end;
    const where = `fhead ${this.forkView().head.num}, froot ${controller.root.num}`;
    this.log("info", "2110:operator()", `${source.label} requesting range ${start} to ${end}, ${where}`);
    source.send({ type: "sync_request", start, end });
    this.expectMore();
  }

  private expectMore(): void {
    clearTimeout(this.timer);
    // closing it makes the next one the source
    this.timer = setTimeout(() => this.source?.close(true), RESPONSE_MS);
  }

  /** Goes on with another peer where this one left off. */
  private reassign(): void {
    if (this.stage !== "lib catchup") return;
    clearTimeout(this.timer);
    this.source = undefined;
    this.next = this.parts.controller.root.num + 1;
    this.requestedEnd = 0;
    this.requestChunk();
  }

  private catchUp(peer: Peer, num: number, id: string): void {
    const { controller, peers } = this.parts;
    const state = `while in ${this.stage}, fhead = ${num}`;
    const further = [...peers()].some(
      ({ catchUp }) => catchUp !== undefined && (catchUp.num > num || catchUp.id === id),
    );
    if (further) {
      this.log("info", "verify_catchup", `${peer.label} none notice ${state}, id ${id.slice(8, 24)}...`);
      peer.catchUp = undefined;
      peer.send({ type: "request", transactions: NO_IDS, blocks: NO_IDS });
      return;
    }
    const target = `target froot = ${this.target} next_expected = ${this.next}`;
    this.log("info", "2393:verify_catchup", `${peer.label} catch_up ${state} ${target}, id ${id.slice(8, 24)}...`);
    if (this.stage === "lib catchup" || num < controller.root.num) {
      peer.sendHandshake();
      return;
    }
    this.setStage("head catchup");
    peer.catchUp = { num, id };
    peer.send({ type: "request", transactions: NO_IDS, blocks: { ...CATCH_UP, ids: [controller.forks.head.id] } });
  }

  /** A block came in head catchup: done with every peer whose head is no further; in sync when none is left. */
  private reached(num: number, id: string): void {
    let waiting = false;
    for (const peer of this.parts.peers()) {
      if (peer.catchUp === undefined) continue;
      if (peer.catchUp.num < num || peer.catchUp.id === id) peer.catchUp = undefined;
      else waiting = true;
    }
    if (waiting) return;
    this.setStage("in sync");
    this.greetWhenSynced = true;
  }

  /** From where the peer's branch leaves ours to our head. */
  private sendBranch(peer: Peer, fromId: string): void {
    const { controller } = this.parts;
    const num = blockNumOf(fromId);
    const ours = num === 0 ? undefined : controller.blocks.idByNum(num);
    if (num > 0 && ours === undefined && controller.forks.get(fromId) === undefined) {
      peer.goAway("benign_other");
      return;
    }
    this.sendRange(peer, "peer_catchup", (ours === fromId ? num : peer.rootNum) + 1, controller.head.num);
  }

  private sendRange(peer: Peer, why: string, start: number, end: number): void {
    this.log("info", "1564:blk_send_branch", `${peer.label} enqueue ${why} ${start} - ${end}`);
    this.server.serve(peer, start, end);
  }

  private setStage(stage: Stage): void {
    if (stage === this.stage) return;
    this.log("info", "1970:set_state", `old state ${this.stage} becoming ${stage}`);
    this.stage = stage;
  }

  private greetAll(): void {
    for (const peer of this.parts.peers()) if (peer.connected) peer.sendHandshake();
  }

  private log(level: "info" | "warn", method: string, message: string): void {
    this.parts.log.write(level, "net-0", `net_plugin.cpp:${method}`, message);
  }
}
