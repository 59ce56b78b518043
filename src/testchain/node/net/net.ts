/**
 * The p2p side of a node: listens and dials, passes blocks, votes and transactions on, and answers
 * `/v1/net/*`. nodeos's net plugin.
 *
 * A block is passed on as soon as its header is accepted, long before it is applied: a producing node that
 * applies nothing still relays.
 */
import { randomBytes } from "node:crypto";
import { connect, createServer, type Server, type Socket } from "node:net";
import { identifyBlock } from "../../../chain/block/block.ts";
import { blockNumOf } from "../../../chain/block/header.ts";
import { ZERO_256 } from "../../../chain/hash.ts";
import {
  encodeFrame,
  type GoAwayReason,
  type Handshake,
  type Message,
  type Vote,
} from "../../../chain/p2p/messages.ts";
import { SLOT_MS, timeOf } from "../../../chain/time.ts";
import type { PackedTransaction } from "../../../chain/transaction.ts";
import { messageOf } from "../../../kit/problem.ts";
import type { Controller } from "../chain/controller.ts";
import type { BlockState } from "../consensus/block-state.ts";
import type { VoteResult } from "../consensus/votes.ts";
import { ChainFailure } from "../failure.ts";
import type { NodeLog } from "../log.ts";
import { Peer, type PeerHost } from "./peer.ts";
import { SyncManager } from "./sync.ts";

/** Votes for blocks that have not come yet wait here. */
const MAX_EARLY_VOTES = 1000;
/** Blocks further in the future are refused by producing nodes. */
const MAX_FUTURE_MS = 15_000;
const RECONNECT_SOON_MS = 100;

export interface NetSettings {
  /** `host:port`; none for a node that only dials. */
  listen: readonly string[];
  peers: readonly string[];
  maxPerHost: number;
  maxClients: number;
  keepaliveMs: number;
  /** How often closed connections are dialled again. */
  reconnectMs: number;
  agent: string;
  syncSpan: number;
  /** 0: votes are neither counted nor passed on, as nodeos does without `vote-threads`. */
  voteThreads: number;
  /** Accounts this node produces for; their blocks are always sent whole. */
  producers: readonly string[];
}

export interface NetEvents {
  /** A header was accepted; `ready`: it made a new best head, apply it. */
  accepted(state: BlockState, ready: boolean): void;
  /** A vote counted; `description` is its finalizer's. */
  voted(description: string): void;
  transaction(packed: PackedTransaction, from: Peer): void;
}

export class Net implements PeerHost {
  readonly chainId: string;
  readonly nodeId = randomBytes(32).toString("hex");
  readonly agent: string;
  readonly listenAddress: string;
  readonly keepaliveMs: number;
  readonly log: NodeLog;
  readonly sync: SyncManager;
  /** Dials that failed, for metrics. */
  failedConnections = 0;
  private readonly settings: NetSettings;
  private readonly controller: Controller;
  private readonly events: NetEvents;
  private readonly clock: () => number;
  private readonly servers: Server[] = [];
  private readonly connections = new Set<Peer>();
  /** Everything we are told to stay connected to. */
  private readonly wanted = new Set<string>();
  private readonly dialing = new Set<string>();
  /** Which peers have a block; also the list of blocks that we know. */
  private readonly holders = new Map<string, Set<Peer>>();
  private readonly transactionHolders = new Map<string, Set<Peer>>();
  private readonly earlyVotes: { vote: Vote; from: Peer }[] = [];
  private readonly timers: NodeJS.Timeout[] = [];
  private nextId = 1;
  private stopped = false;

  constructor(
    settings: NetSettings,
    parts: { controller: Controller; events: NetEvents; log: NodeLog; now: () => number },
  ) {
    this.settings = settings;
    this.controller = parts.controller;
    this.events = parts.events;
    this.log = parts.log;
    this.clock = parts.now;
    this.chainId = parts.controller.chainId;
    this.agent = settings.agent;
    this.listenAddress = settings.listen[0] ?? "";
    this.keepaliveMs = settings.keepaliveMs;
    this.sync = new SyncManager(parts.controller, () => this.connections, settings.syncSpan, parts.log);
    for (const peer of settings.peers) this.wanted.add(peer);
  }

  async start(): Promise<void> {
    this.log.write("info", "nodeos", "net_plugin.cpp:4693:plugin_startup", `my node_id is ${this.nodeId}`);
    for (const address of this.settings.listen) await this.listen(address);
    for (const address of this.wanted) this.dial(address);
    this.timers.push(
      setInterval(() => this.redial(), this.settings.reconnectMs),
      setInterval(() => this.heartbeat(), this.keepaliveMs),
    );
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers) clearInterval(timer);
    this.sync.stop();
    for (const server of this.servers) server.close();
    for (const peer of [...this.connections]) peer.close(false);
  }

  now(): number {
    return this.clock();
  }

  view() {
    const { root } = this.controller;
    const head = this.controller.forks.head;
    return { rootNum: root.num, rootId: root.id, headNum: head.num, headId: head.id };
  }

  get peers(): readonly Peer[] {
    return [...this.connections];
  }

  // ---- connections

  /** `/v1/net/connect` */
  connect(address: string): string {
    if (!/^[^:\s]+:\d{1,5}(:(blk|trx))?$/.test(address)) return "invalid peer address";
    if (this.find(address) !== undefined || this.dialing.has(address)) return "already connected";
    this.wanted.add(address);
    this.dial(address);
    return "added connection";
  }

  /** `/v1/net/disconnect` */
  disconnect(address: string): string {
    const known = this.wanted.delete(address);
    const peer = this.find(address);
    peer?.close(false);
    return known || peer !== undefined ? "connection removed" : "no known connection for host";
  }

  find(address: string): Peer | undefined {
    return this.peers.find((peer) => peer.dialed === address);
  }

  private listen(address: string): Promise<void> {
    const colon = address.lastIndexOf(":");
    const server = createServer((socket) => this.admit(socket));
    this.servers.push(server);
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(Number(address.slice(colon + 1)), address.slice(0, colon), () => {
        this.log.write(
          "info",
          "nodeos",
          "listener.hpp:150:log_listening",
          `start listening on ${address} resolved from ${address}, max clients is ${this.settings.maxClients}`,
        );
        resolve();
      });
    });
  }

  private admit(socket: Socket): void {
    const inbound = this.peers.filter((peer) => peer.incoming);
    const fromHost = inbound.filter((peer) => peer.socket.remoteAddress === socket.remoteAddress).length;
    const full = this.settings.maxClients > 0 && inbound.length >= this.settings.maxClients;
    if (fromHost >= this.settings.maxPerHost || full) {
      socket.destroy();
      return;
    }
    this.log.write(
      "info",
      "net-0",
      "net_plugin.cpp:2933:create_session",
      `Accepted new connection: ${socket.remoteAddress}`,
    );
    this.adopt(socket, "");
  }

  private adopt(socket: Socket, dialed: string): Peer {
    const peer = new Peer(this, this.nextId++, socket, dialed);
    this.connections.add(peer);
    socket.on("drain", () => this.sync.drain(peer));
    return peer;
  }

  private dial(address: string): void {
    if (this.stopped || this.dialing.has(address) || this.find(address) !== undefined) return;
    const [host = "", port = ""] = address.split(":");
    const socket = connect({ host, port: Number(port) });
    this.dialing.add(address);
    socket.once("connect", () => {
      this.dialing.delete(address);
      socket.removeAllListeners("error");
      if (this.stopped) {
        socket.destroy();
        return;
      }
      const peer = this.adopt(socket, address);
      peer.sendHandshake();
      peer.ping();
    });
    socket.once("error", (error) => {
      this.dialing.delete(address);
      this.failedConnections += 1;
      this.log.write(
        "info",
        "net-0",
        "net_plugin.cpp:operator()",
        `connection failed to ${address}, ${messageOf(error)}`,
      );
    });
  }

  private redial(): void {
    for (const address of this.wanted) this.dial(address);
    const inbound = this.peers.filter((peer) => peer.incoming).length;
    const out = this.connections.size - inbound;
    this.log.write(
      "info",
      "net-0",
      "net_plugin.cpp:5192:connection_monitor",
      `p2p client connections: ${inbound}/${this.settings.maxClients}, peer connections: ${out}/${this.wanted.size}, block producer peers: 0`,
    );
  }

  private heartbeat(): void {
    for (const peer of this.peers) peer.heartbeat(this.sync.syncing);
  }

  // ---- what peers tell

  greeted(peer: Peer, hello: Handshake): GoAwayReason | undefined {
    if (hello.generation === 1) {
      if (hello.nodeId === this.nodeId) return "self";
      const twin = this.peers.some(
        (other) => other !== peer && other.connected && other.hello?.nodeId === hello.nodeId,
      );
      // only one of the two ends closes, or both connections would go
      if (twin && this.nodeId >= hello.nodeId) return "duplicate";
      if (hello.chainId !== this.chainId) return "wrong_chain";
      const ours = hello.rootNum > 0 ? this.controller.blocks.idByNum(hello.rootNum) : undefined;
      if (hello.rootNum <= this.controller.root.num && ours !== undefined && ours !== hello.rootId) return "forked";
      if (peer.handshakesSent === 0) peer.sendHandshake();
    }
    this.sync.greeted(peer, hello);
    return undefined;
  }

  message(peer: Peer, message: Message): void {
    switch (message.type) {
      case "signed_block":
        this.onBlock(peer, message.block);
        return;
      case "packed_transaction":
        this.onTransaction(peer, message.transaction);
        return;
      case "vote":
        this.onVote(peer, message);
        return;
      case "notice":
        this.sync.notice(peer, message);
        return;
      case "request":
        this.sync.request(peer, message);
        return;
      case "sync_request":
        this.sync.syncRequest(peer, message.start, message.end);
        return;
      case "block_nack":
        peer.nacked(blockNumOf(message.id));
        this.holders.get(message.id)?.add(peer);
        return;
      case "block_notice":
        this.onBlockNotice(peer, message.previous, message.id);
    }
  }

  closed(peer: Peer, reconnect: boolean): void {
    this.connections.delete(peer);
    for (const holders of this.holders.values()) holders.delete(peer);
    this.sync.closed(peer);
    if (reconnect && this.wanted.has(peer.dialed)) setTimeout(() => this.dial(peer.dialed), RECONNECT_SOON_MS);
  }

  private onBlock(peer: Peer, raw: Buffer): void {
    const { id, header } = identifyBlock(raw);
    const num = blockNumOf(id);
    const age = this.now() - timeOf(header.slot);
    const fresh = age < SLOT_MS;
    peer.lastReceivedBlock = num;
    peer.headNum = Math.max(peer.headNum, num);
    if (this.controller.forks.get(id) !== undefined || this.holders.has(id)) {
      this.holders.get(id)?.add(peer);
      if (!this.sync.syncing) peer.sendNack(id);
      this.sync.received(peer, num, fresh);
      return;
    }
    if (num <= this.controller.root.num) {
      if (this.sync.syncing) this.sync.received(peer, num, fresh);
      else peer.sendNack(id);
      return;
    }
    if (this.settings.producers.length > 0 && age < -MAX_FUTURE_MS) {
      this.refuse(peer, num, id, `received a block from the future, rejecting it: ${id}`);
      return;
    }
    this.accept(peer, num, id, raw, fresh);
  }

  private accept(peer: Peer, num: number, id: string, raw: Buffer, fresh: boolean): void {
    try {
      const { state, result } = this.controller.accept(raw);
      this.holders.set(id, new Set([peer]));
      const ready = result === "appended" || result === "fork_switch";
      if (ready) peer.uniqueBlocks += 1;
      this.sync.received(peer, num, fresh);
      this.events.accepted(state, ready);
      this.broadcastBlock(state);
      this.takeEarlyVotes(id);
    } catch (thrown) {
      if (thrown instanceof ChainFailure && thrown.name === "unlinkable_block_exception") {
        this.log.write("debug", "net-0", "net_plugin.cpp:operator()", `unlinkable_block ${num} : ${id}`);
        this.sync.rejected(peer);
      } else {
        this.refuse(peer, num, id, messageOf(thrown));
      }
    }
  }

  private refuse(peer: Peer, num: number, id: string, why: string): void {
    this.log.write(
      "info",
      "net-0",
      "net_plugin.cpp:operator()",
      `bad block exception connection - ${peer.id}: #${num} ${id.slice(8, 24)}...: ${why}`,
    );
    peer.close(false);
  }

  private onBlockNotice(peer: Peer, previous: string, id: string): void {
    if (blockNumOf(id) <= this.controller.root.num) return;
    if (this.holders.has(id)) {
      this.holders.get(id)?.add(peer);
    } else if (this.controller.forks.get(previous) === undefined) {
      peer.sendNack(ZERO_256);
      const ids = [previous, this.controller.head.id];
      peer.send({
        type: "request",
        transactions: { mode: "none", pending: 0, ids: [] },
        blocks: { mode: "normal", pending: 0, ids },
      });
    }
  }

  private onTransaction(peer: Peer, packed: PackedTransaction): void {
    if (!this.sync.syncing) this.events.transaction(packed, peer);
  }

  // ---- votes

  private onVote(peer: Peer, vote: Vote): void {
    peer.lastVoteMs = this.now();
    if (this.settings.voteThreads > 0) this.countVote(vote, peer);
  }

  /** Votes of our own finalizers. */
  castVotes(votes: readonly Vote[]): void {
    for (const vote of votes) this.countVote(vote, undefined);
  }

  private countVote(vote: Vote, from: Peer | undefined): void {
    const state = this.controller.forks.get(vote.blockId);
    if (state === undefined) {
      const wanted = blockNumOf(vote.blockId) > this.controller.root.num;
      if (from !== undefined && wanted && this.earlyVotes.length < MAX_EARLY_VOTES)
        this.earlyVotes.push({ vote, from });
      return;
    }
    if (state.tally === undefined || state.consensus.kind !== "savanna") return;
    const result: VoteResult = state.tally.add(vote.finalizerKey, vote.blockId, vote.strong, vote.signature);
    if (result === "unknown_public_key" || result === "invalid_signature") {
      this.log.write(
        "error",
        "net-0",
        "net_plugin.cpp:broadcast_vote_message",
        `Invalid vote(s), closing connection - ${from?.id}`,
      );
      from?.close(false);
    }
    if (result !== "success") return;
    const policies = [state.consensus.finalizers, state.consensus.pendingFinalizers?.policy];
    const finalizer = policies
      .flatMap((policy) => policy?.finalizers ?? [])
      .find(({ publicKey }) => publicKey === vote.finalizerKey);
    this.events.voted(finalizer?.description ?? "unknown");
    const frame = encodeFrame(vote);
    for (const peer of this.connections) {
      if (peer !== from && peer.current && !peer.transactionsOnly) peer.sendFrame(frame);
    }
  }

  private takeEarlyVotes(blockId: string): void {
    for (let i = this.earlyVotes.length - 1; i >= 0; i--) {
      const early = this.earlyVotes[i];
      if (early === undefined || blockNumOf(early.vote.blockId) <= this.controller.root.num) {
        this.earlyVotes.splice(i, 1);
      } else if (early.vote.blockId === blockId) {
        this.earlyVotes.splice(i, 1);
        this.countVote(early.vote, early.from);
      }
    }
  }

  // ---- passing on

  broadcastBlock(state: BlockState): void {
    if (this.sync.syncing) return;
    const holders = this.holders.get(state.id) ?? new Set();
    this.holders.set(state.id, holders);
    let frame: Buffer | undefined;
    for (const peer of this.connections) {
      if (!peer.current || peer.transactionsOnly || holders.has(peer) || peer.rootNum >= state.num) continue;
      holders.add(peer);
      if (peer.wantsNotices && !this.settings.producers.includes(state.header.producer)) {
        peer.send({ type: "block_notice", previous: state.previous, id: state.id });
      } else {
        frame ??= encodeFrame({ type: "signed_block", block: state.raw });
        peer.sendBlockFrame(frame);
      }
    }
  }

  broadcastTransaction(id: string, packed: PackedTransaction): void {
    const holders = this.transactionHolders.get(id) ?? new Set();
    this.transactionHolders.set(id, holders);
    const frame = encodeFrame({ type: "packed_transaction", transaction: packed });
    for (const peer of this.connections) {
      if (!peer.current || peer.blocksOnly || holders.has(peer)) continue;
      holders.add(peer);
      peer.sendFrame(frame);
    }
  }

  /** True the first time a transaction is heard of; `from` has it. */
  noteTransaction(id: string, from: Peer): boolean {
    const holders = this.transactionHolders.get(id);
    holders?.add(from);
    if (holders === undefined) this.transactionHolders.set(id, new Set([from]));
    return holders === undefined;
  }

  /** A block is irreversible: nobody needs to be told about it or older ones. */
  irreversible(state: BlockState): void {
    for (const id of this.holders.keys()) {
      if (blockNumOf(id) <= state.num) this.holders.delete(id);
    }
    if (this.transactionHolders.size > 50_000) this.transactionHolders.clear();
  }
}
