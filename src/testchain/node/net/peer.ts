/**
 * One p2p connection as nodeos keeps it: handshakes, clocks, what the peer has and wants. It decodes and
 * answers what concerns only the connection; everything about the chain goes to its {@link PeerHost}.
 */
import type { Socket } from "node:net";
import { ZERO_256 } from "../../../chain/hash.ts";
import { FrameSplitter } from "../../../chain/p2p/frame.ts";
import {
  decodeMessage,
  encodeFrame,
  FEATURE,
  featureLevel,
  type GoAwayReason,
  type Handshake,
  type Message,
} from "../../../chain/p2p/messages.ts";
import { messageOf } from "../../../kit/problem.ts";
import type { Level, NodeLog } from "../log.ts";
import { type Traffic, trafficAskedFor } from "./endpoint.ts";
import { type ChainView, isValidHandshake, makeHandshake, type Self } from "./handshake.ts";
import { PeerClock } from "./peer-clock.ts";

/** nodeos gives up on a connection with this much unsent. */
const MAX_UNSENT_BYTES = 40 * 1024 * 1024;
/** After this many nacks in a row the peer evidently gets its blocks elsewhere: notices will do. */
const NACKS_BEFORE_NOTICES = 2;

export interface PeerHost extends Self {
  readonly settings: Self["settings"] & { readonly keepaliveMs: number };
  readonly log: NodeLog;
  now(): number;
  view(): ChainView;
  /** A valid handshake. Returns a reason to send the peer away, or nothing. */
  greeted(peer: Peer, hello: Handshake): GoAwayReason | undefined;
  message(peer: Peer, message: Message): void;
  closed(peer: Peer, reconnect: boolean): void;
}

export class Peer {
  readonly id: number;
  readonly socket: Socket;
  readonly incoming: boolean;
  /** As configured, `host:port`, for connections we opened; empty for those we accepted. */
  readonly dialed: string;
  hello: Handshake | undefined;
  /** What the peer has irreversibly, and its head; from its handshakes and notices. */
  rootNum = 0;
  headNum = 0;
  /** The peer is fetching old blocks from us and wants no new ones until it has them. */
  syncingFromUs = false;
  /** The head that the peer told us of and that we are catching up to. */
  catchUp: { num: number; id: string } | undefined;
  /** What is sent to the peer, and asked of it. */
  traffic: Traffic;
  lastVoteMs = 0;
  uniqueBlocks = 0;
  lastReceivedBlock = 0;
  bytesReceived = 0;
  bytesSent = 0;
  readonly startedMs: number;
  private readonly host: PeerHost;
  private readonly frames = new FrameSplitter();
  private readonly clock: PeerClock;
  private generation = 0;
  private lastSent: ChainView | undefined;
  /** When something came from the peer last, and went to it. */
  heardMs: number;
  spokeMs: number;
  private blockMs: number;
  private nacks = 0;
  private lastNackNum = 0;
  private ended = false;

  /** `dialed` is the address as it was configured, empty for a connection that we accepted. */
  constructor(host: PeerHost, id: number, socket: Socket, { dialed, traffic }: { dialed: string; traffic: Traffic }) {
    this.host = host;
    this.id = id;
    this.socket = socket;
    this.dialed = dialed;
    this.traffic = traffic;
    this.incoming = dialed === "";
    this.startedMs = host.now();
    this.heardMs = this.startedMs;
    this.spokeMs = this.startedMs;
    this.blockMs = this.startedMs;
    const now = () => host.now();
    const warn = (message: string) => this.say("warn", "handle_message", message);
    this.clock = new PeerClock(now, (message) => this.send(message), warn);
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.receive(chunk));
    socket.once("error", () => this.close(true));
    socket.once("close", () => this.close(true));
  }

  get connected(): boolean {
    return this.hello !== undefined && !this.ended;
  }

  /** Gets new blocks and transactions. */
  get current(): boolean {
    return this.connected && !this.syncingFromUs;
  }

  get takesBlocks(): boolean {
    return this.traffic !== "transactions";
  }

  get takesTransactions(): boolean {
    return this.traffic !== "blocks";
  }

  get level(): number {
    return this.hello === undefined ? 0 : featureLevel(this.hello);
  }

  get label(): string {
    return `["${this.hello?.p2pAddress ?? this.dialed}" - ${this.id} ${this.socket.remoteAddress}:${this.socket.remotePort}]`;
  }

  send(message: Exclude<Message, { type: "unknown" }>): void {
    this.sendFrame(encodeFrame(message));
  }

  sendFrame(frame: Buffer): void {
    if (this.ended || !this.socket.writable) return;
    this.bytesSent += frame.length;
    this.spokeMs = this.host.now();
    this.socket.write(frame);
    if (this.socket.writableLength > MAX_UNSENT_BYTES) this.close(false);
  }

  sendBlock(raw: Buffer): void {
    this.sendBlockFrame(encodeFrame({ type: "signed_block", block: raw }));
  }

  /** A block that is encoded already, because several peers get it. */
  sendBlockFrame(frame: Buffer): void {
    this.blockMs = this.host.now();
    this.sendFrame(frame);
  }

  /** Unless nothing has changed since the last one, which would be noise. */
  sendHandshake(): void {
    const view = this.host.view();
    if (this.lastSent?.headId === view.headId && this.lastSent.rootId === view.rootId && this.generation > 0) return;
    this.lastSent = view;
    this.generation += 1;
    const { generation, traffic } = this;
    this.send(makeHandshake(this.host, view, { generation, timeNs: this.clock.nowNs(), traffic }));
  }

  get handshakesSent(): number {
    return this.generation;
  }

  ping(): void {
    this.clock.ping();
  }

  get roundTripNs(): bigint {
    return this.clock.roundTripNs;
  }

  /** Every keep-alive interval: drops a silent peer, greets one that sends no blocks, else pings. */
  heartbeat(syncing: boolean): void {
    const now = this.host.now();
    const limit = this.host.settings.keepaliveMs * 2;
    if (now - this.heardMs > limit) {
      this.say("warn", "check_heartbeat", "heartbeat timed out for peer address");
      this.close(!this.incoming);
    } else if (!syncing && now - this.blockMs > Math.max(limit / 2, 1000)) {
      this.say("warn", "check_heartbeat", "half heartbeat timed out, sending handshake");
      this.lastSent = undefined;
      this.sendHandshake();
    } else {
      this.clock.pingAgain();
    }
  }

  /** The peer refused a block because it had it: count, and switch to notices when that is the rule. */
  nacked(num: number): void {
    this.nacks = num === 0 ? 0 : num - 1 === this.lastNackNum ? this.nacks + 1 : 0;
    this.lastNackNum = num;
    this.blockMs = this.host.now();
  }

  get wantsNotices(): boolean {
    return this.level >= FEATURE.blockNack && this.nacks > NACKS_BEFORE_NOTICES;
  }

  sendNack(id: string): void {
    if (this.level >= FEATURE.blockNack) this.send({ type: "block_nack", id });
  }

  goAway(reason: GoAwayReason): void {
    this.send({ type: "go_away", reason, nodeId: ZERO_256 });
    this.socket.end();
    this.close(false);
  }

  close(reconnect: boolean): void {
    if (this.ended) return;
    this.ended = true;
    this.socket.destroySoon();
    this.host.closed(this, reconnect && !this.incoming);
  }

  private receive(chunk: Buffer): void {
    this.bytesReceived += chunk.length;
    this.heardMs = this.host.now();
    try {
      for (const payload of this.frames.push(chunk)) {
        if (this.ended) return;
        this.handle(decodeMessage(payload));
      }
    } catch (thrown) {
      this.say("warn", "process_next_message", `Exception in handling message: ${messageOf(thrown)}`);
      this.close(false);
    }
  }

  private handle(message: Message): void {
    if (message.type === "handshake") {
      this.onHandshake(message);
    } else if (message.type === "time") {
      this.clock.received(message);
    } else if (message.type === "go_away") {
      this.say("warn", "handle_message", `received go_away_message, reason = ${message.reason}`);
      this.close(message.reason === "benign_other" || message.reason === "wrong_version");
    } else {
      if (message.type === "signed_block") this.blockMs = this.heardMs;
      this.host.message(this, message);
    }
  }

  private onHandshake(hello: Handshake): void {
    if (!isValidHandshake(hello)) {
      this.say("warn", "handle_message", "bad handshake message");
      this.goAway("fatal_other");
      return;
    }
    this.hello = hello;
    this.rootNum = hello.rootNum;
    this.headNum = hello.headNum;
    if (hello.generation === 1) {
      const asked = trafficAskedFor(hello.p2pAddress);
      if (asked !== "both") this.traffic = asked;
    }
    const reason = this.host.greeted(this, hello);
    if (reason !== undefined) this.goAway(reason);
  }

  private say(level: Level, method: string, message: string): void {
    this.host.log.write(level, "net-0", `net_plugin.cpp:${method}`, `${this.label} ${message}`);
  }
}
