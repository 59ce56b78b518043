/** Transactions between peers: each is run when it is first heard of, and passed on once when it succeeded. */
import { encodeFrame } from "../../../chain/p2p/messages.ts";
import type { PackedTransaction } from "../../../chain/transaction.ts";
import type { Peer } from "./peer.ts";

/** Beyond this many all are forgotten: at worst some go around once more. */
const MAX_KNOWN = 50_000;

export class TransactionExchange {
  private readonly peers: () => Iterable<Peer>;
  /** Which peers have a transaction; also the list of those that we have heard of. */
  private readonly holders = new Map<string, Set<Peer>>();

  constructor(peers: () => Iterable<Peer>) {
    this.peers = peers;
  }

  /** True the first time a transaction is heard of; `from` has it. */
  note(id: string, from: Peer): boolean {
    const holders = this.holders.get(id);
    if (holders !== undefined) {
      holders.add(from);
      return false;
    }
    if (this.holders.size >= MAX_KNOWN) this.holders.clear();
    this.holders.set(id, new Set([from]));
    return true;
  }

  broadcast(id: string, packed: PackedTransaction): void {
    const holders = this.holders.get(id) ?? new Set();
    this.holders.set(id, holders);
    const frame = encodeFrame({ type: "packed_transaction", transaction: packed });
    for (const peer of this.peers()) {
      if (!peer.current || !peer.takesTransactions || holders.has(peer)) continue;
      holders.add(peer);
      peer.sendFrame(frame);
    }
  }

  closed(peer: Peer): void {
    for (const holders of this.holders.values()) holders.delete(peer);
  }
}
