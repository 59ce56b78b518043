/**
 * Listens to one peer without being a full node: handshake, head and LIB, clock offset, and every block
 * header as it passes.
 *
 * How it stays harmless and in the stream: the first handshake claims nothing, every later one answers a handshake
 * of the peer with the peer's own head and LIB. It never has reason to ask us for blocks, counts us as in sync and
 * sends each new block. We send no nacks (they would reduce blocks
 * to notices) and ignore requests. A time message every few seconds keeps the connection and measures the
 * clock: offset = ((rec − org) + (xmt − dst)) / 2.
 *
 * The peer may be anyone: what it sends is bounded, read only as far as it is needed, and believed only once it has
 * named our chain. One connection only; whoever wants a lasting one opens the next when `closed` comes.
 */
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { Problem } from "../../kit/problem.ts";
import { identifyBlock } from "../block/block.ts";
import { type BlockHeader, blockNum } from "../block/header.ts";
import { ZERO_256 } from "../hash.ts";
import { FrameSplitter } from "./frame.ts";
import {
  anonymousHandshake,
  decodeMessage,
  encodeFrame,
  FEATURE,
  type Handshake,
  type Message,
  messageType,
  NETWORK_VERSION_BASE,
  type TimeMessage,
} from "./messages.ts";

import {
  closedByPeer,
  connectionFailed,
  type End,
  fellSilent,
  leavesUnread,
  neverGreeted,
  sentAway,
  sentGarbage,
  wrongChain,
} from "./monitor-end.ts";

/** Peers drop a connection that was silent for 20 s. */
const PING_EVERY_MS = 4000;
/** A peer that sends nothing for so many of our pings, neither answers nor its own pings every 10 s, is gone. */
const SILENT_PINGS = 6;
/** For connecting and the peer's first handshake. */
const HELLO_TIMEOUT_MS = 5000;
/** We send a few hundred bytes at a time; a peer with this much of it unread is not listening. */
const MAX_UNSENT_BYTES = 1024 * 1024;
/** The others are not even decoded. */
const HEARD: ReadonlySet<string> = new Set<Message["type"]>(["handshake", "time", "signed_block", "go_away"]);

type View = Pick<Handshake, "rootNum" | "rootId" | "headNum" | "headId">;
const NOTHING: View = { rootNum: 0, rootId: ZERO_256, headNum: 0, headId: ZERO_256 };

export interface MonitorTarget {
  host: string;
  port: number;
  chainId: string;
}

export interface SeenBlock {
  id: string;
  num: number;
  header: BlockHeader;
  producerSignature: string;
  /** When its last byte had arrived, ms since 1970. */
  receivedAt: number;
}

export interface MonitorEvents {
  /** Each handshake of the peer: its head and LIB, its agent and version. */
  handshake?(hello: Handshake): void;
  block?(block: SeenBlock): void;
  /** `offsetMs` > 0: the peer's clock is ahead of ours. */
  clock?(measured: { offsetMs: number; roundTripMs: number }): void;
  /** The end of the connection, always once; why, as a problem. */
  closed?(why: Problem): void;
}

export class PeerMonitor {
  private readonly target: MonitorTarget;
  private readonly events: MonitorEvents;
  private readonly nodeId = randomBytes(32).toString("hex");
  private readonly frames = new FrameSplitter();
  private readonly socket: Socket;
  private readonly helloTimer: NodeJS.Timeout;
  private pinger: NodeJS.Timeout | undefined;
  private silentPings = 0;
  private generation = 0;
  private pingSentNs = 0n;
  private greeted = false;
  private ended = false;

  /** Connects at once; everything that happens is told through `events`. */
  constructor(target: MonitorTarget, events: MonitorEvents) {
    this.target = target;
    this.events = events;
    this.socket = connect({ host: target.host, port: target.port, noDelay: true });
    this.helloTimer = setTimeout(() => this.end(neverGreeted(HELLO_TIMEOUT_MS)), HELLO_TIMEOUT_MS);
    this.socket.once("connect", () => {
      this.pinger = setInterval(() => this.pingOrGiveUp(), PING_EVERY_MS);
      this.sendHandshake(NOTHING);
      this.ping();
    });
    this.socket.on("data", (chunk) => this.receive(chunk));
    this.socket.once("error", (cause) => this.end(connectionFailed(this.pinger !== undefined, this.greeted, cause)));
    this.socket.once("close", () => this.end(closedByPeer(this.greeted)));
  }

  get address(): string {
    return `${this.target.host}:${this.target.port}`;
  }

  /** Ends the connection; `closed` is not called any more. */
  close(): void {
    this.ended = true;
    clearTimeout(this.helloTimer);
    clearInterval(this.pinger);
    this.socket.destroy();
  }

  private end(why: End): void {
    if (this.ended) return;
    this.close();
    this.events.closed?.(new Problem({ ...why, where: this.address }));
  }

  private receive(chunk: Buffer): void {
    try {
      for (const payload of this.frames.push(chunk)) {
        this.silentPings = 0;
        if (HEARD.has(messageType(payload))) this.handle(decodeMessage(payload));
        if (this.ended) return;
      }
    } catch (thrown) {
      // Reading what the peer sent throws problems only, here and in those we tell; anything else is our own mistake.
      if (!(thrown instanceof Problem)) throw thrown;
      this.end(sentGarbage(thrown));
    }
  }

  private handle(message: Message): void {
    switch (message.type) {
      case "handshake":
        this.onHandshake(message);
        return;
      case "time":
        this.onTime(message);
        return;
      case "signed_block":
        if (this.greeted) this.onBlock(message.block);
        return;
      case "go_away":
        this.end(sentAway(message.reason));
    }
  }

  private onHandshake(hello: Handshake): void {
    if (hello.chainId !== this.target.chainId) {
      this.end(wrongChain(hello.chainId, this.target.chainId));
      return;
    }
    const first = !this.greeted;
    this.greeted = true;
    clearTimeout(this.helloTimer);
    this.events.handshake?.(hello);
    // The first answer makes the peer count us as in sync; a later handshake asks where we are.
    if (first || hello.generation > 1) this.sendHandshake(hello);
  }

  private onBlock(bytes: Buffer): void {
    const receivedAt = Date.now();
    const { header, id, producerSignature } = identifyBlock(bytes);
    this.events.block?.({ id, num: blockNum(header), header, producerSignature, receivedAt });
  }

  private onTime(message: TimeMessage): void {
    const now = nowNs();
    if (message.org === 0n) {
      this.send({ type: "time", org: message.xmt, rec: now, xmt: now, dst: 0n });
    } else if (message.org === this.pingSentNs) {
      const { org, rec, xmt } = message;
      this.pingSentNs = 0n;
      this.events.clock?.({
        offsetMs: Number((rec - org + (xmt - now)) / 2n) / 1e6,
        roundTripMs: Number(now - org - (xmt - rec)) / 1e6,
      });
    }
  }

  private pingOrGiveUp(): void {
    this.silentPings += 1;
    if (this.silentPings > SILENT_PINGS) this.end(fellSilent(SILENT_PINGS * PING_EVERY_MS));
    else this.ping();
  }

  private ping(): void {
    this.pingSentNs = nowNs();
    this.send({ type: "time", org: 0n, rec: 0n, xmt: this.pingSentNs, dst: 0n });
  }

  private sendHandshake({ rootNum, rootId, headNum, headId }: View): void {
    this.generation += 1;
    this.send(
      anonymousHandshake({
        networkVersion: NETWORK_VERSION_BASE + FEATURE.savanna,
        chainId: this.target.chainId,
        nodeId: this.nodeId,
        timeNs: nowNs(),
        // `:blk` asks for blocks only; the rest is what nodeos writes for itself
        p2pAddress: `127.0.0.1:9876:blk - ${this.nodeId.slice(0, 7)}`,
        agent: "atalaya monitor",
        generation: this.generation,
        rootNum,
        rootId,
        headNum,
        headId,
      }),
    );
  }

  private send(message: Exclude<Message, { type: "unknown" }>): void {
    if (this.socket.writable) this.socket.write(encodeFrame(message));
    const unread = this.socket.writableLength;
    if (unread > MAX_UNSENT_BYTES) this.end(leavesUnread(unread));
  }
}

/** Wall clock: clock offsets are about what the system's clock says, steps included. */
function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
