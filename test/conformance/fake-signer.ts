/**
 * A remote signer that does what a case wants: answers well, late, wrong or not at all. Outside of what a case
 * asks for it signs at once and asks to close the connection, as a careful signer does.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { PrivateKey } from "../../src/chain/keys/k1.ts";
import { until } from "./rig.ts";

export interface SignRequest {
  /** When it had arrived, ms since 1970. */
  at: number;
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
  /** Hex. */
  digest: string;
  publicKey: string;
  /** A good signature over the digest; making it is up to the behaviour. */
  sign(): string;
  /** When the answer was given, and the signature in it when it was a good one. */
  answeredAt?: number;
  signature?: string;
}

/** Answers one request, or does not. */
export type Behaviour = (request: SignRequest, response: ServerResponse, socket: Socket) => void | Promise<void>;

export class FakeSigner {
  readonly requests: SignRequest[] = [];
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private address: { port: number } | { path: string };
  private key: PrivateKey | undefined;
  private next: Behaviour | undefined;
  private standing: Behaviour = signAndClose;

  private constructor(address: { port: number } | { path: string }) {
    this.address = address;
    this.server = createServer((request, response) => void this.serve(request, response));
    this.server.keepAliveTimeout = 0;
    this.server.on("connection", (socket) => {
      this.sockets.add(socket);
      socket.once("close", () => this.sockets.delete(socket));
    });
  }

  static async start(socketPath?: string): Promise<FakeSigner> {
    const signer = new FakeSigner(socketPath === undefined ? { port: 0 } : { path: socketPath });
    await signer.listen();
    return signer;
  }

  get port(): number {
    return "port" in this.address ? this.address.port : 0;
  }

  /** The key to sign with; before there is one, nothing is answered. */
  use(privateKey: string): void {
    this.key = PrivateKey.parse(privateKey);
  }

  /** Every request from now on. */
  always(behaviour: Behaviour): void {
    this.standing = behaviour;
  }

  /** The next request only; resolves with it when it has been dealt with. */
  async once(behaviour: Behaviour): Promise<SignRequest> {
    let dealtWith: SignRequest | undefined;
    this.next = async (request, response, socket) => {
      await behaviour(request, response, socket);
      dealtWith = request;
    };
    return until("a signature to be asked for", () => dealtWith);
  }

  /** Closes what is open in good order, as a server does whose keep-alive time is over. */
  closeConnections(): void {
    // not only our half of it: what a client still sends is not to be read
    for (const socket of this.sockets) socket.destroySoon();
  }

  /** Nobody listens any more. */
  async hangUp(): Promise<void> {
    this.closeConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async listen(): Promise<void> {
    const { address } = this;
    await new Promise<void>((resolve, reject) => {
      this.server.once("error", reject);
      if ("port" in address) this.server.listen(address.port, "127.0.0.1", resolve);
      else this.server.listen(address.path, resolve);
    });
    if ("port" in address) this.address = { port: (this.server.address() as AddressInfo).port };
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = incoming;
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString("utf8");
    const [digest = "", publicKey = ""] = JSON.parse(body) as string[];
    const request: SignRequest = {
      at: Date.now(),
      method: incoming.method ?? "",
      path: incoming.url ?? "",
      headers: incoming.headers,
      body,
      digest,
      publicKey,
      sign: () => this.signed(digest),
    };
    this.requests.push(request);
    const behaviour = this.next ?? this.standing;
    this.next = undefined;
    await behaviour(request, response, socket);
  }

  private signed(digest: string): string {
    if (this.key === undefined) throw new Error("the signer has no key yet");
    return this.key.sign(Buffer.from(digest, "hex"));
  }
}

/** A good answer, and the connection is closed behind it. */
export const signAndClose: Behaviour = (request, response) => {
  const signature = request.sign();
  answer(request, response, 201, JSON.stringify(signature), true);
  request.signature = signature;
};

/** A good answer, and the connection stays open. */
export const signAndKeep: Behaviour = (request, response) => {
  const signature = request.sign();
  answer(request, response, 201, JSON.stringify(signature), false);
  request.signature = signature;
};

/** Any answer at all; closes the connection. */
export function answering(status: number, body: (request: SignRequest) => string): Behaviour {
  return (request, response) => answer(request, response, status, body(request), true);
}

function answer(request: SignRequest, response: ServerResponse, status: number, body: string, close: boolean): void {
  request.answeredAt = Date.now();
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    ...(close ? { connection: "close" } : {}),
  });
  response.end(body);
}
