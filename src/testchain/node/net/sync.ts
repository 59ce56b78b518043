/**
 * How a node catches up and helps others to: nodeos's sync manager. Irreversible blocks are fetched in ranges
 * from one peer (*lib catchup*), the last reversible ones as a branch (*head catchup*), new ones just come.
 */
import { blockNumOf } from "../../../chain/block/header.ts";
import { ZERO_256 } from "../../../chain/hash.ts";
import { FEATURE, type Handshake, type Message, NO_IDS } from "../../../chain/p2p/messages.ts";
import type { Controller } from "../chain/controller.ts";
import type { NodeLog } from "../log.ts";
import type { Peer } from "./peer.ts";

/** Heads this close are not worth a catch-up. */
const MIN_DISTANCE = 10;
const RESPONSE_MS = 5000;
const SLOT_NS = 500_000_000n;
/** Blocks are queued to a socket until this much is unsent, then as it drains. */
const SEND_AHEAD_BYTES = 1024 * 1024;

type Stage = "in sync" | "lib catchup" | "head catchup";

interface Range {
  next: number;
  end: number;
}

export class SyncManager {
  private stage: Stage = "in sync";
  private source: Peer | undefined;
  private next = 0;
  private requestedEnd = 0;
  private target = 0;
  private timer: NodeJS.Timeout | undefined;
  private greetWhenSynced = false;
  /** What each peer asked us for and has not got yet. */
  private readonly serving = new Map<Peer, Range>();
  private readonly controller: Controller;
  private readonly peers: () => Iterable<Peer>;
  private readonly span: number;
  private readonly log: NodeLog;

  constructor(controller: Controller, peers: () => Iterable<Peer>, span: number, log: NodeLog) {
    this.controller = controller;
    this.peers = peers;
    this.span = span;
    this.log = log;
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
    const { head, root } = this.forkView();
    const latency = Number((peer.roundTripNs + SLOT_NS / 2n) / SLOT_NS);
    peer.syncingFromUs = false;
    if (head.id === hello.headId) return;
    if (head.num < hello.rootNum) {
      if (peer.handshakesSent > 0) peer.sendHandshake();
    } else if (root.num > hello.headNum + latency + MIN_DISTANCE) {
      const blocks = { mode: "last_irr_catch_up" as const, pending: head.num, ids: this.range(peer, head.id) };
      peer.send({ type: "notice", transactions: { mode: "last_irr_catch_up", pending: root.num, ids: [] }, blocks });
      peer.syncingFromUs = true;
    } else if (head.num + latency < hello.headNum) {
      this.catchUp(peer, hello.headNum, hello.headId);
    } else if (head.num >= hello.headNum + latency) {
      const blocks = { mode: "catch_up" as const, pending: head.num, ids: this.range(peer, head.id) };
      peer.send({ type: "notice", transactions: NO_IDS, blocks });
      if (this.isOnFork(hello.headId)) {
        peer.send({ type: "request", transactions: NO_IDS, blocks: { mode: "catch_up", pending: 0, ids: [] } });
      }
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
      peer.headNum = Math.max(peer.headNum, blockNumOf(id));
      if (this.controller.forks.get(id) === undefined) this.catchUp(peer, pending, id);
      else peer.sendHandshake();
    }
  }

  request(peer: Peer, message: Extract<Message, { type: "request" }>): void {
    const { mode, ids } = message.blocks;
    if (mode === "none") peer.syncingFromUs = false;
    if (mode === "catch_up") this.sendBranch(peer, ids.at(-1) ?? ZERO_256);
    if (mode === "normal" && ids.length === 2) this.serve(peer, blockNumOf(ids[0] as string), this.controller.head.num);
  }

  syncRequest(peer: Peer, start: number, end: number): void {
    if (end === 0) this.serving.delete(peer);
    else this.serve(peer, start, end);
  }

  /** A block came from a peer, new or not; `fresh`: it is of the present. */
  received(peer: Peer, num: number, fresh: boolean): void {
    if (fresh) peer.syncingFromUs = false;
    if (this.stage === "head catchup") {
      this.setStage("in sync");
      this.greetWhenSynced = true;
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
  rejected(peer: Peer): void {
    peer.sendHandshake();
  }

  closed(peer: Peer): void {
    this.serving.delete(peer);
    if (peer === this.source) this.reassign();
  }

  /** More of what a peer asked for, as its socket drains. */
  drain(peer: Peer): void {
    const range = this.serving.get(peer);
    if (range === undefined) return;
    while (range.next <= range.end && peer.socket.writableLength < SEND_AHEAD_BYTES) {
      const raw = this.controller.blocks.rawByNum(range.next);
      if (raw === undefined) {
        this.serving.delete(peer);
        return;
      }
      peer.sendBlock(raw);
      range.next += 1;
    }
    if (range.next > range.end) this.serving.delete(peer);
  }

  private forkView() {
    return { head: this.controller.forks.head, root: this.controller.root };
  }

  /** Head, and since 1.0 the first block that we have, as an id that is only its number. */
  private range(peer: Peer, headId: string): string[] {
    if (peer.level < FEATURE.blockRange) return [headId];
    const first = this.controller.blocks.earliest;
    return [headId, first.toString(16).padStart(8, "0") + "0".repeat(56)];
  }

  private isOnFork(id: string): boolean {
    const known = this.controller.blocks.idByNum(blockNumOf(id));
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
    const source =
      preferred ?? [...this.peers()].find((peer) => peer.current && peer.headNum >= Math.min(this.next, this.target));
    if (source === undefined) {
      this.log.write("warn", "net-0", "net_plugin.cpp:request_next_chunk", "Unable to continue syncing at this time");
      this.setStage("in sync");
      this.target = 0;
      this.greetAll();
      return;
    }
    const start = Math.max(this.next, this.requestedEnd + 1);
    const end = Math.min(start + this.span - 1, this.target);
    this.source = source;
    this.requestedEnd = end;
    this.log.write(
      "info",
      "net-0",
      "net_plugin.cpp:operator()",
      `${source.label} requesting range ${start} to ${end}, fhead ${this.forkView().head.num}, froot ${this.controller.root.num}`,
    );
    source.send({ type: "sync_request", start, end });
    this.expectMore();
  }

  private expectMore(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.reassign(), RESPONSE_MS);
  }

  private reassign(): void {
    if (this.stage !== "lib catchup") return;
    this.source?.send({ type: "sync_request", start: 0, end: 0 });
    this.source = undefined;
    this.next = this.controller.root.num + 1;
    this.requestedEnd = 0;
    this.requestChunk();
  }

  private catchUp(peer: Peer, num: number, id: string): void {
    if (this.stage === "lib catchup" || num < this.controller.root.num) {
      peer.sendHandshake();
      return;
    }
    this.log.write(
      "info",
      "net-0",
      "net_plugin.cpp:2393:verify_catchup",
      `${peer.label} catch_up while in ${this.stage}, fhead = ${num}, id ${id.slice(8, 24)}...`,
    );
    this.setStage("head catchup");
    const head = this.forkView().head.id;
    peer.send({ type: "request", transactions: NO_IDS, blocks: { mode: "catch_up", pending: 0, ids: [head] } });
  }

  /** From where the peer's branch leaves ours to our head. */
  private sendBranch(peer: Peer, fromId: string): void {
    const num = blockNumOf(fromId);
    const ours = num === 0 ? undefined : this.controller.blocks.idByNum(num);
    if (num > 0 && ours === undefined && this.controller.forks.get(fromId) === undefined) {
      peer.goAway("benign_other");
      return;
    }
    this.serve(peer, (ours === fromId ? num : peer.rootNum) + 1, this.controller.head.num);
  }

  private serve(peer: Peer, start: number, end: number): void {
    const under = this.serving.get(peer);
    if (under !== undefined) {
      under.end = Math.max(under.end, end);
      under.next = Math.min(under.next, start);
    } else {
      this.serving.set(peer, { next: start, end });
    }
    this.drain(peer);
  }

  private setStage(stage: Stage): void {
    if (stage === this.stage) return;
    this.log.write("info", "net-0", "net_plugin.cpp:1970:set_state", `old state ${this.stage} becoming ${stage}`);
    this.stage = stage;
  }

  private greetAll(): void {
    for (const peer of this.peers()) if (peer.connected) peer.sendHandshake();
  }
}
