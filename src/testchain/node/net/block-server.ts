/** Sends peers the ranges of old blocks that they asked for, as fast as their sockets take them. */
import type { BlockLookup } from "../chain/block-lookup.ts";
import type { NodeLog } from "../log.ts";
import type { Peer } from "./peer.ts";

/** Blocks are queued to a socket until this much is unsent, then as it drains. */
const SEND_AHEAD_BYTES = 1024 * 1024;

interface Range {
  next: number;
  end: number;
}

export class BlockServer {
  private readonly blocks: BlockLookup;
  private readonly log: NodeLog;
  private readonly ranges = new Map<Peer, Range>();

  constructor(blocks: BlockLookup, log: NodeLog) {
    this.blocks = blocks;
    this.log = log;
  }

  /** Both ends are sent; what the peer asked for before is sent too. */
  serve(peer: Peer, start: number, end: number): void {
    const under = this.ranges.get(peer);
    if (under === undefined) {
      this.ranges.set(peer, { next: start, end });
    } else {
      under.end = Math.max(under.end, end);
      under.next = Math.min(under.next, start);
    }
    this.drain(peer);
  }

  cancel(peer: Peer): void {
    this.ranges.delete(peer);
  }

  /** The socket has room again. */
  drain(peer: Peer): void {
    const range = this.ranges.get(peer);
    if (range === undefined) return;
    while (range.next <= range.end && peer.socket.writableLength < SEND_AHEAD_BYTES) {
      const raw = this.blocks.rawByNum(range.next);
      if (raw === undefined) {
        this.ranges.delete(peer);
        const message = `${peer.label} enqueue block sync, unable to fetch block ${range.next}, resetting peer request`;
        this.log.write("info", "net-0", "net_plugin.cpp:1822:enqueue_sync_block", message);
        return;
      }
      peer.sendBlock(raw);
      range.next += 1;
    }
    if (range.next > range.end) this.ranges.delete(peer);
  }
}
