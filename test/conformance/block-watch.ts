/** All blocks that a node sends to its peers, heard by our own monitor, with when they came. */
import { PeerMonitor, type SeenBlock } from "../../src/chain/p2p/monitor.ts";
import type { Problem } from "../../src/kit/problem.ts";

export class BlockWatch {
  /** In the order of arrival. */
  readonly blocks: SeenBlock[] = [];
  /** Measured clock offsets of the peer, ms. */
  readonly offsets: number[] = [];
  greeted = false;
  /** Why the connection ended, when it did. */
  ended: Problem | undefined;
  private readonly monitor: PeerMonitor;

  constructor(target: { host: string; port: number; chainId: string }) {
    this.monitor = new PeerMonitor(target, {
      handshake: () => {
        this.greeted = true;
      },
      block: (block) => this.blocks.push(block),
      clock: ({ offsetMs }) => this.offsets.push(offsetMs),
      closed: (why) => {
        this.ended = why;
      },
    });
  }

  get last(): SeenBlock | undefined {
    return this.blocks.at(-1);
  }

  /** The first block after `block` on the same branch that was seen. */
  childOf(id: string): SeenBlock | undefined {
    return this.blocks.find(({ header }) => header.previous === id);
  }

  close(): void {
    this.monitor.close();
  }
}
