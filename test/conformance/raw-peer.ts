/** One p2p connection, message by message, as a case wants it: well-behaved or not. */
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { ZERO_256 } from "../../src/chain/hash.ts";
import { FrameSplitter } from "../../src/chain/p2p/frame.ts";
import {
  anonymousHandshake,
  decodeMessage,
  encodeFrame,
  FEATURE,
  type Handshake,
  type Message,
  NETWORK_VERSION_BASE,
} from "../../src/chain/p2p/messages.ts";
import { until } from "./rig.ts";

type Sendable = Exclude<Message, { type: "unknown" }>;

export class RawPeer {
  /** Everything that came, in order. */
  readonly messages: Message[] = [];
  /** The peer closed, or the connection broke. */
  closed = false;
  readonly nodeId: string;
  private readonly socket: Socket;
  private readonly frames = new FrameSplitter();
  private generation = 0;

  private constructor(socket: Socket, nodeId: string) {
    this.socket = socket;
    this.nodeId = nodeId;
    socket.on("data", (chunk) => {
      for (const payload of this.frames.push(chunk)) this.messages.push(decodeMessage(payload));
    });
    socket.on("error", () => {});
    socket.once("close", () => {
      this.closed = true;
    });
  }

  /** Connects and says nothing yet. */
  static async connect(port: number, nodeId: string = randomBytes(32).toString("hex")): Promise<RawPeer> {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return new RawPeer(socket, nodeId);
  }

  send(message: Sendable): void {
    this.socket.write(encodeFrame(message));
  }

  sendBytes(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  /** A handshake of a node that has nothing, but for what is said otherwise. */
  greet(chainId: string, facts: Partial<Handshake> = {}): void {
    this.generation += 1;
    this.send({
      ...anonymousHandshake({
        networkVersion: NETWORK_VERSION_BASE + FEATURE.savanna,
        chainId,
        nodeId: this.nodeId,
        timeNs: BigInt(Date.now()) * 1_000_000n,
        p2pAddress: `127.0.0.1:9999 - ${this.nodeId.slice(0, 7)}`,
        rootNum: 0,
        rootId: ZERO_256,
        headNum: 0,
        headId: ZERO_256,
        agent: "conformance",
        generation: this.generation,
      }),
      ...facts,
    });
  }

  all<T extends Message["type"]>(type: T): Extract<Message, { type: T }>[] {
    return this.messages.filter((message): message is Extract<Message, { type: T }> => message.type === type);
  }

  /** The first message of a type, from `from` on in their order. */
  next<T extends Message["type"]>(type: T, from = 0): Promise<Extract<Message, { type: T }>> {
    return until(`a ${type}`, () =>
      this.messages.slice(from).find((message): message is Extract<Message, { type: T }> => message.type === type),
    );
  }

  /** Resolves when the peer has closed. */
  async gone(): Promise<void> {
    await until("the peer to close", () => this.closed);
  }

  close(): void {
    this.socket.destroy();
  }
}
