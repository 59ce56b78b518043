/**
 * The connections of a node: it listens and dials, dials again what it is told to stay connected to, and keeps
 * within nodeos's limits on who connects.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import { messageOf } from "../../../kit/problem.ts";
import type { NodeLog } from "../log.ts";
import { OptionsError } from "../options.ts";
import { type PeerAddress, parsePeerAddress, type Traffic } from "./endpoint.ts";
import type { Peer } from "./peer.ts";

const RECONNECT_SOON_MS = 100;

export interface PeerTableSettings {
  /** `host:port`, as the options have them; none for a node that only dials. */
  listen: readonly string[];
  peers: readonly string[];
  maxPerHost: number;
  /** 0 for no limit. */
  maxClients: number;
  /** How often closed connections are dialled again, ms. */
  reconnectMs: number;
}

/** Makes a peer of a socket; `dialed` is the address as it was configured, empty for one we accepted. */
export type MakePeer = (socket: Socket, dialed: string, traffic: Traffic) => Peer;

export class PeerTable {
  /** Dials that failed, for metrics. */
  failedConnections = 0;
  private readonly settings: PeerTableSettings;
  private readonly log: NodeLog;
  private readonly makePeer: MakePeer;
  private readonly servers: Server[] = [];
  private readonly connections = new Set<Peer>();
  /** Everything we are told to stay connected to. */
  private readonly wanted = new Set<string>();
  private readonly dialing = new Map<string, Socket>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private stopped = false;

  /** Throws {@link OptionsError} for an address that is none. */
  constructor(settings: PeerTableSettings, log: NodeLog, makePeer: MakePeer) {
    this.settings = settings;
    this.log = log;
    this.makePeer = makePeer;
    for (const peer of settings.peers) {
      if (parsePeerAddress(peer) === undefined) {
        throw new OptionsError(`Invalid p2p-peer-address ${peer}, syntax host:port:[trx|blk]`);
      }
      this.wanted.add(peer);
    }
    for (const address of settings.listen) {
      if (parsePeerAddress(address) === undefined) {
        throw new OptionsError(`Invalid p2p-listen-endpoint ${address}, syntax host:port:[trx|blk]`);
      }
    }
  }

  /** All connections, in the order they were made. */
  get all(): ReadonlySet<Peer> {
    return this.connections;
  }

  async start(): Promise<void> {
    for (const address of this.settings.listen) await this.listen(address);
    for (const address of this.wanted) this.dial(address);
    this.timers.add(setInterval(() => this.monitor(), this.settings.reconnectMs));
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers) clearInterval(timer);
    for (const server of this.servers) server.close();
    for (const socket of this.dialing.values()) socket.destroy();
    for (const peer of [...this.connections]) peer.close(false);
  }

  /** `/v1/net/connect` */
  connect(address: string): string {
    if (parsePeerAddress(address) === undefined) return "invalid peer address";
    // nodeos keeps a peer it was told of, connected or between two attempts
    if (this.wanted.has(address) || this.find(address) !== undefined) return "already connected";
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

  /** The connection that we dialled under this address. */
  find(address: string): Peer | undefined {
    for (const peer of this.connections) if (peer.dialed === address) return peer;
    return undefined;
  }

  /** A connection has ended. */
  closed(peer: Peer, reconnect: boolean): void {
    this.connections.delete(peer);
    if (!reconnect || !this.wanted.has(peer.dialed)) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.dial(peer.dialed);
    }, RECONNECT_SOON_MS);
    this.timers.add(timer);
  }

  private listen(address: string): Promise<void> {
    const { host, port, traffic } = parsePeerAddress(address) as PeerAddress;
    const server = createServer((socket) => this.admit(socket, traffic));
    this.servers.push(server);
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host === "" ? undefined : host, () => {
        const message = `start listening on ${address} resolved from ${address}, max clients is ${this.settings.maxClients}`;
        this.log.write("info", "nodeos", "listener.hpp:150:log_listening", message);
        resolve();
      });
    });
  }

  private admit(socket: Socket, traffic: Traffic): void {
    const inbound = [...this.connections].filter((peer) => peer.incoming);
    const fromHost = inbound.filter((peer) => peer.socket.remoteAddress === socket.remoteAddress).length;
    const full = this.settings.maxClients > 0 && inbound.length >= this.settings.maxClients;
    if (fromHost >= this.settings.maxPerHost || full) {
      socket.destroy();
      return;
    }
    const message = `Accepted new connection: ${socket.remoteAddress}`;
    this.log.write("info", "net-0", "net_plugin.cpp:2933:create_session", message);
    this.connections.add(this.makePeer(socket, "", traffic));
  }

  private dial(address: string): void {
    if (this.stopped || this.dialing.has(address) || this.find(address) !== undefined) return;
    const { host, port, traffic } = parsePeerAddress(address) as PeerAddress;
    const socket = connect({ host, port });
    this.dialing.set(address, socket);
    const failed = (error: Error): void => {
      this.dialing.delete(address);
      if (this.stopped) return;
      this.failedConnections += 1;
      const message = `connection failed to ${address}, ${messageOf(error)}`;
      this.log.write("info", "net-0", "net_plugin.cpp:2892:operator()", message);
    };
    socket.once("error", failed);
    socket.once("connect", () => {
      this.dialing.delete(address);
      socket.removeListener("error", failed);
      const peer = this.makePeer(socket, address, traffic);
      this.connections.add(peer);
      peer.sendHandshake();
      peer.ping();
    });
  }

  private monitor(): void {
    for (const address of this.wanted) this.dial(address);
    const clients = [...this.connections].filter((peer) => peer.incoming).length;
    const out = this.connections.size - clients;
    this.log.write(
      "info",
      "net-0",
      "net_plugin.cpp:5192:connection_monitor",
      `p2p client connections: ${clients}/${this.settings.maxClients}, peer connections: ${out}/${this.wanted.size}, block producer peers: 0`,
    );
  }
}
