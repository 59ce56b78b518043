/**
 * The p2p side of a node, put together: connections, sync, blocks, votes and transactions. nodeos's net plugin.
 */
import { randomBytes } from "node:crypto";
import { blockNumOf } from "../../../chain/block/header.ts";
import type { GoAwayReason, Handshake, Message, Vote } from "../../../chain/p2p/messages.ts";
import type { PackedTransaction } from "../../../chain/transaction.ts";
import type { Controller } from "../chain/controller.ts";
import type { BlockState } from "../consensus/block-state.ts";
import type { NodeLog } from "../log.ts";
import type { Authentication } from "./authentication.ts";
import { BlockExchange } from "./block-exchange.ts";
import { Peer, type PeerHost } from "./peer.ts";
import { PeerTable, type PeerTableSettings } from "./peer-table.ts";
import { SyncManager } from "./sync.ts";
import { TransactionExchange } from "./transaction-exchange.ts";
import { VoteExchange } from "./vote-exchange.ts";

export interface NetSettings extends PeerTableSettings {
  /** What handshakes give as our address. */
  address: string;
  keepaliveMs: number;
  agent: string;
  /** Blocks fetched from one peer at a time. */
  syncSpan: number;
  /** 0: votes are neither counted nor passed on, as nodeos does without `vote-threads`. */
  voteThreads: number;
  acceptTransactions: boolean;
  /** Accounts this node produces for; their blocks are always sent whole. */
  producers: readonly string[];
}

export interface NetEvents {
  /** There is a new best head: apply it. */
  ready(): void;
  /** A vote counted; `description` is its finalizer's. */
  voted(description: string): void;
  transaction(packed: PackedTransaction, from: Peer): void;
}

export interface NetParts {
  controller: Controller;
  authentication: Authentication;
  events: NetEvents;
  log: NodeLog;
  now: () => number;
}

export class Net implements PeerHost {
  readonly nodeId = randomBytes(32).toString("hex");
  readonly table: PeerTable;
  readonly sync: SyncManager;
  readonly blocks: BlockExchange;
  readonly votes: VoteExchange;
  readonly transactions: TransactionExchange;
  readonly settings: NetSettings;
  readonly authentication: Authentication;
  readonly log: NodeLog;
  readonly now: () => number;
  private readonly controller: Controller;
  private readonly events: NetEvents;
  private heartbeats: NodeJS.Timeout | undefined;
  private nextId = 1;

  /** Throws `OptionsError` for an address that is none. */
  constructor(settings: NetSettings, { controller, authentication, events, log, now }: NetParts) {
    this.settings = settings;
    this.controller = controller;
    this.authentication = authentication;
    this.events = events;
    this.log = log;
    this.now = now;
    this.table = new PeerTable(settings, log, (socket, dialed, traffic) => {
      const peer = new Peer(this, this.nextId++, socket, { dialed, traffic });
      socket.on("drain", () => this.sync.drain(peer));
      return peer;
    });
    const peers = () => this.table.all;
    this.sync = new SyncManager({ controller, peers, log, span: settings.syncSpan, keepaliveMs: settings.keepaliveMs });
    const { producers } = settings;
    const { ready } = events;
    this.blocks = new BlockExchange({ controller, sync: this.sync, peers, ready, log, now, producers });
    const voted = (description: string) => events.voted(description);
    this.votes = new VoteExchange({ controller, peers, voted, log, now, threads: settings.voteThreads });
    this.transactions = new TransactionExchange(peers);
  }

  async start(): Promise<void> {
    this.log.write("info", "nodeos", "net_plugin.cpp:4693:plugin_startup", `my node_id is ${this.nodeId}`);
    await this.table.start();
    this.heartbeats = setInterval(() => {
      for (const peer of this.peers) peer.heartbeat(this.sync.syncing);
    }, this.settings.keepaliveMs);
  }

  stop(): void {
    clearInterval(this.heartbeats);
    this.sync.stop();
    this.table.stop();
  }

  get chainId(): string {
    return this.controller.chainId;
  }

  get peers(): readonly Peer[] {
    return [...this.table.all];
  }

  /** Where this node is: its last irreversible block and the best head it knows. */
  view() {
    const { root } = this.controller;
    const { head } = this.controller.forks;
    return { rootNum: root.num, rootId: root.id, headNum: head.num, headId: head.id };
  }

  greeted(peer: Peer, hello: Handshake): GoAwayReason | undefined {
    if (hello.generation === 1) {
      const refused = this.firstGreeting(peer, hello);
      if (refused !== undefined) return refused;
      if (peer.handshakesSent === 0) peer.sendHandshake();
    }
    this.sync.greeted(peer, hello);
    return undefined;
  }

  private firstGreeting(peer: Peer, hello: Handshake): GoAwayReason | undefined {
    if (hello.nodeId === this.nodeId) return "self";
    const twin = this.peers.some((other) => other !== peer && other.connected && other.hello?.nodeId === hello.nodeId);
    // only one of the two ends closes, or both connections would go
    if (twin && this.nodeId >= hello.nodeId) return "duplicate";
    if (hello.chainId !== this.chainId) return "wrong_chain";
    const ours = hello.rootNum > 0 ? this.controller.blocks.idByNum(hello.rootNum) : undefined;
    if (hello.rootNum <= this.controller.root.num && ours !== undefined && ours !== hello.rootId) return "forked";
    const unproven = this.authentication.refusal(hello);
    if (unproven === undefined) return undefined;
    this.log.write("error", "net-0", "net_plugin.cpp:authenticate_peer", `Peer ${hello.p2pAddress} ${unproven}.`);
    return "authentication";
  }

  message(peer: Peer, message: Message): void {
    switch (message.type) {
      case "signed_block":
        this.onBlock(peer, message.block);
        return;
      case "packed_transaction":
        if (!this.sync.syncing && this.settings.acceptTransactions) this.events.transaction(message.transaction, peer);
        return;
      case "vote":
        this.votes.received(peer, message);
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
        this.blocks.held(peer, message.id);
        return;
      case "block_notice":
        this.blocks.noticed(peer, message.previous, message.id);
    }
  }

  private onBlock(peer: Peer, raw: Buffer): void {
    const state = this.blocks.received(peer, raw);
    if (state !== undefined) this.votes.blockCame(state.id);
  }

  closed(peer: Peer, reconnect: boolean): void {
    this.blocks.closed(peer);
    this.votes.closed(peer);
    this.transactions.closed(peer);
    this.table.closed(peer, reconnect);
    this.sync.closed(peer);
  }

  /** A block is irreversible. */
  irreversible(state: BlockState): void {
    this.blocks.irreversible(state);
  }

  /** Votes of our own finalizers. */
  castVotes(votes: readonly Vote[]): void {
    this.votes.cast(votes);
  }
}
