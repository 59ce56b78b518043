/**
 * A TCP connection's worth of virtual network: listens on a loopback port and passes bytes on to another,
 * until told to cut, freeze or delay. It sits between two nodes and knows nothing of what they say.
 *
 * Invariant: what comes out of a connection is what went in, in order and without a gap, however the state and the
 * delay change in between; only a cut loses anything, and then the connection is reset.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import { Lane } from "./lane.ts";

export type LinkState =
  /** Bytes pass. */
  | "up"
  /** Connections are reset and refused: a cable pulled out, seen at once. */
  | "cut"
  /** Connections stay open and carry nothing: a dead router, seen by silence. */
  | "frozen";

interface Connection {
  sockets: readonly [Socket, Socket];
  lanes: readonly [Lane, Lane];
}

export class Link {
  readonly target: { host: string; port: number };
  private readonly server: Server;
  private readonly connections = new Set<Connection>();
  private now: LinkState = "up";
  private lagMs = 0;

  constructor(target: { host: string; port: number }) {
    this.target = target;
    // either side may end its half and still hear the other
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => this.open(near));
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
    for (const { lanes } of this.connections) for (const lane of lanes) lane.hold(state === "frozen");
  }

  /** For bytes that come in from now on; those under way keep their time. */
  setDelay(ms: number): void {
    this.lagMs = ms;
  }

  private drop(): void {
    for (const { sockets, lanes } of this.connections) {
      for (const lane of lanes) lane.stop();
      for (const socket of sockets) reset(socket);
    }
    this.connections.clear();
  }

  private open(near: Socket): void {
    if (this.now === "cut") {
      reset(near);
      return;
    }
    const far = connect({ ...this.target, allowHalfOpen: true, noDelay: true });
    const delayMs = () => this.lagMs;
    const sockets = [near, far] as const;
    const lanes = [new Lane(near, far, delayMs), new Lane(far, near, delayMs)] as const;
    const connection = { sockets, lanes };
    this.connections.add(connection);
    for (const socket of sockets) {
      // a reset, or a target that is not there: the other side sees a reset too
      socket.once("error", () => {
        for (const lane of lanes) lane.stop();
        for (const each of sockets) reset(each);
      });
      socket.once("close", () => {
        if (sockets.every((each) => each.destroyed)) this.connections.delete(connection);
      });
    }
    for (const lane of lanes) lane.hold(this.now === "frozen");
  }
}

/**
 * Resets a connection at once. Left to itself `resetAndDestroy` first waits until all is written and says an end, of which
 * the other side may then see only that. And Node cannot reset a socket whose end is just on its way out (libuv refuses):
 * it forgets it instead, open, and then spins for ever when the process is to end. Such a one is closed.
 */
function reset(socket: Socket): void {
  if (socket.connecting || (socket.writableEnded && !socket.writableFinished)) {
    socket.destroy();
    return;
  }
  socket.destroySoon = () => void socket.destroy();
  socket.resetAndDestroy();
}
