/**
 * A TCP connection's worth of virtual network: listens on a loopback port and passes bytes on to another,
 * until told to cut, freeze or delay. It sits between two nodes and knows nothing of what they say.
 */
import { connect, createServer, type Server, type Socket } from "node:net";

export type LinkState =
  /** Bytes pass. */
  | "up"
  /** Connections are reset and refused: a cable pulled out, seen at once. */
  | "cut"
  /** Connections stay open and carry nothing: a dead router, seen by silence. */
  | "frozen";

export class Link {
  readonly target: { host: string; port: number };
  private readonly server: Server;
  private readonly pairs = new Set<[Socket, Socket]>();
  private now: LinkState = "up";
  private lagMs = 0;

  constructor(target: { host: string; port: number }) {
    this.target = target;
    this.server = createServer((near) => this.open(near));
  }

  get state(): LinkState {
    return this.now;
  }

  /** Extra time in each direction. */
  get delayMs(): number {
    return this.lagMs;
  }

  /** Listens; the port to dial instead of the target's. */
  start(port = 0): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen(port, "127.0.0.1", () => {
        const address = this.server.address();
        resolve(typeof address === "object" && address !== null ? address.port : port);
      });
    });
  }

  stop(): void {
    this.server.close();
    this.drop();
  }

  set(state: LinkState): void {
    this.now = state;
    if (state === "cut") this.drop();
    // what was held back while frozen goes out again when it is up
    for (const pair of this.pairs) for (const socket of pair) state === "frozen" ? socket.pause() : socket.resume();
  }

  setDelay(ms: number): void {
    this.lagMs = ms;
  }

  private drop(): void {
    for (const pair of this.pairs) for (const socket of pair) socket.resetAndDestroy();
    this.pairs.clear();
  }

  private open(near: Socket): void {
    if (this.now === "cut") {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ ...this.target, noDelay: true });
    const pair: [Socket, Socket] = [near, far];
    this.pairs.add(pair);
    near.setNoDelay(true);
    this.carry(near, far, pair);
    this.carry(far, near, pair);
    if (this.now === "frozen") for (const socket of pair) socket.pause();
  }

  private carry(from: Socket, to: Socket, pair: [Socket, Socket]): void {
    const later = (run: () => void) => (this.lagMs > 0 ? setTimeout(run, this.lagMs) : run());
    from.on("data", (bytes) => later(() => to.writable && to.write(bytes)));
    from.once("end", () => later(() => to.end()));
    from.once("error", () => to.destroy());
    from.once("close", () => {
      this.pairs.delete(pair);
      later(() => to.destroySoon());
    });
  }
}
