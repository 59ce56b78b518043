/** A p2p peer that does what a test tells it, on a real TCP port: well-behaved or hostile. */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { FrameSplitter } from "../src/chain/p2p/frame.ts";
import {
  anonymousHandshake,
  decodeMessage,
  encodeFrame,
  type Handshake,
  type Message,
} from "../src/chain/p2p/messages.ts";
import { RECORDED_CHAIN_ID } from "./recordings.ts";

type Sendable = Exclude<Message, { type: "unknown" }>;

/** One connection that somebody opened to the peer. */
export class Visitor {
  readonly socket: Socket;
  private readonly frames = new FrameSplitter();
  private readonly received: Message[] = [];
  private waiting: (() => void) | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    // whoever is tested may hang up in any way
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      this.received.push(...this.frames.push(chunk).map(decodeMessage));
      this.waiting?.();
    });
  }

  send(...messages: Sendable[]): void {
    this.sendRaw(Buffer.concat(messages.map(encodeFrame)));
  }

  sendRaw(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  /** The next message of this type; those before it are forgotten. */
  async next<T extends Message["type"]>(type: T): Promise<Extract<Message, { type: T }>> {
    for (;;) {
      const message = this.received.shift();
      if (message?.type === type) return message as Extract<Message, { type: T }>;
      if (message === undefined) {
        await new Promise<void>((arrived) => {
          this.waiting = arrived;
        });
      }
    }
  }

  /** Resolves when the visitor has closed the connection. */
  async left(): Promise<void> {
    if (this.socket.destroyed) return;
    await new Promise<void>((closed) => this.socket.once("close", () => closed()));
  }
}

export async function scriptedPeer() {
  const visitors: Visitor[] = [];
  let arrived = Promise.withResolvers<Visitor>();
  const server = createServer({ noDelay: true }, (socket) => {
    const visitor = new Visitor(socket);
    visitors.push(visitor);
    arrived.resolve(visitor);
    arrived = Promise.withResolvers();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    target: { host: "127.0.0.1", port, chainId: RECORDED_CHAIN_ID },
    /** The next who connects; ask before they do. */
    visitor: () => arrived.promise,
    async [Symbol.asyncDispose]() {
      for (const { socket } of visitors) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** A handshake as a node sends it. */
export function greeting(facts: Partial<Omit<Handshake, "type">> = {}): Handshake {
  return anonymousHandshake({
    networkVersion: 1217,
    chainId: RECORDED_CHAIN_ID,
    nodeId: "81".repeat(32),
    timeNs: BigInt(Date.now()) * 1_000_000n,
    p2pAddress: "127.0.0.1:9811 - 8181818",
    agent: "scripted",
    generation: 1,
    rootNum: 19,
    rootId: `00000013${"ab".repeat(28)}`,
    headNum: 20,
    headId: `00000014${"cd".repeat(28)}`,
    ...facts,
  });
}
