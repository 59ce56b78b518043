/**
 * One p2p connection as nodeos keeps it: handshakes, clocks, what the peer has and wants. It decodes and
 * answers what concerns only the connection; everything about the chain goes to its {@link PeerHost}.
 */
import type { Socket } from "node:net";
import { sha256, ZERO_256 } from "../../../chain/hash.ts";
import { FrameSplitter } from "../../../chain/p2p/frame.ts";
import {
  anonymousHandshake,
  decodeMessage,
  encodeFrame,
  FEATURE,
  featureLevel,
  type GoAwayReason,
  type Handshake,
  type Message,
  NETWORK_VERSION_BASE,
  NO_SIGNATURE,
} from "../../../chain/p2p/messages.ts";
import { messageOf } from "../../../kit/problem.ts";
import type { NodeLog } from "../log.ts";

/** nodeos gives up on a connection with this much unsent. */
const MAX_UNSENT_BYTES = 40 * 1024 * 1024;
/** After this many nacks in a row the peer evidently gets its blocks elsewhere: notices will do. */
const NACKS_BEFORE_NOTICES = 2;

export interface ChainView {
  rootNum: number;
  rootId: string;
  headNum: number;
  headId: string;
}

export interface PeerHost {
  readonly chainId: string;
  readonly nodeId: string;
  readonly agent: string;
  readonly listenAddress: string;
  readonly keepaliveMs: number;
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
  blocksOnly = false;
  transactionsOnly = false;
  lastVoteMs = 0;
  roundTripNs = 0n;
  uniqueBlocks = 0;
  lastReceivedBlock = 0;
  bytesReceived = 0;
  bytesSent = 0;
  readonly startedMs: number;
  private readonly host: PeerHost;
  private readonly frames = new FrameSplitter();
  private generation = 0;
  private lastSent: ChainView | undefined;
  private pingNs = 0n;
  private heardMs: number;
  private blockMs: number;
  private nacks = 0;
  private lastNackNum = 0;
  private ended = false;

  constructor(host: PeerHost, id: number, socket: Socket, dialed: string) {
    this.host = host;
    this.id = id;
    this.socket = socket;
    this.dialed = dialed;
    this.incoming = dialed === "";
    this.startedMs = host.now();
    this.heardMs = this.startedMs;
    this.blockMs = this.startedMs;
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
    this.send(
      anonymousHandshake({
        networkVersion: NETWORK_VERSION_BASE + FEATURE.trxNotice,
        chainId: this.host.chainId,
        nodeId: this.host.nodeId,
        timeNs: this.nowNs(),
        p2pAddress: `${this.host.listenAddress} - ${this.host.nodeId.slice(0, 7)}`,
        agent: this.host.agent,
        generation: this.generation,
        ...view,
      }),
    );
  }

  get handshakesSent(): number {
    return this.generation;
  }

  ping(): void {
    if (this.pingNs !== 0n) return;
    this.pingNs = this.nowNs();
    this.send({ type: "time", org: 0n, rec: 0n, xmt: this.pingNs, dst: 0n });
  }

  /** Every keep-alive interval: drops a silent peer, greets one that sends no blocks, else pings. */
  heartbeat(syncing: boolean): void {
    const now = this.host.now();
    const limit = this.host.keepaliveMs * 2;
    if (now - this.heardMs > limit) {
      this.host.log.write("warn", "net-0", "net_plugin.cpp:check_heartbeat", `${this.label} heartbeat timed out`);
      this.close(!this.incoming);
    } else if (!syncing && now - this.blockMs > Math.max(limit / 2, 1000)) {
      this.lastSent = undefined;
      this.sendHandshake();
    } else {
      this.pingNs = 0n;
      this.ping();
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
      this.host.log.write(
        "warn",
        "net-0",
        "net_plugin.cpp:process_next_message",
        `${this.label} Exception in handling message: ${messageOf(thrown)}`,
      );
      this.close(false);
    }
  }

  private handle(message: Message): void {
    if (message.type === "handshake") {
      this.onHandshake(message);
    } else if (message.type === "time") {
      this.onTime(message.org, message.xmt);
    } else if (message.type === "go_away") {
      this.host.log.write(
        "warn",
        "net-0",
        "net_plugin.cpp:handle_message",
        `${this.label} received go_away_message, reason = ${message.reason}`,
      );
      this.close(message.reason === "benign_other" || message.reason === "wrong_version");
    } else {
      if (message.type === "signed_block") this.blockMs = this.heardMs;
      this.host.message(this, message);
    }
  }

  private onHandshake(hello: Handshake): void {
    if (!isValid(hello)) {
      this.host.log.write("warn", "net-0", "net_plugin.cpp:handle_message", `${this.label} bad handshake message`);
      this.goAway("fatal_other");
      return;
    }
    this.hello = hello;
    this.rootNum = hello.rootNum;
    this.headNum = hello.headNum;
    if (hello.generation === 1) {
      // `:blk` and `:trx` behind the port say what the peer wants
      const kind = /^[^ ]+:(blk|trx)( |$)/.exec(hello.p2pAddress)?.[1];
      this.blocksOnly ||= kind === "blk";
      this.transactionsOnly ||= kind === "trx";
    }
    const reason = this.host.greeted(this, hello);
    if (reason !== undefined) this.goAway(reason);
  }

  private onTime(org: bigint, xmt: bigint): void {
    if (xmt === 0n) return;
    const now = this.nowNs();
    if (org === 0n) {
      this.send({ type: "time", org: xmt, rec: now, xmt: this.nowNs(), dst: 0n });
    } else if (org === this.pingNs) {
      this.roundTripNs = now - org;
      this.pingNs = 0n;
    }
  }

  private nowNs(): bigint {
    return BigInt(Math.round(this.host.now() * 1000)) * 1000n;
  }
}

/** nodeos's checks of a handshake that do not need the chain. */
function isValid(hello: Handshake): boolean {
  const authenticates = hello.token !== ZERO_256 || hello.signature !== NO_SIGNATURE;
  const time = Buffer.alloc(8);
  time.writeBigInt64LE(hello.timeNs);
  return (
    hello.rootNum <= hello.headNum &&
    hello.p2pAddress !== "" &&
    hello.p2pAddress.length <= 384 &&
    hello.os !== "" &&
    hello.os.length <= 384 &&
    hello.agent.length <= 384 &&
    (!authenticates || sha256(time).toString("hex") === hello.token)
  );
}
