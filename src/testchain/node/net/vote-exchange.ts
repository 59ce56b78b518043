/** Finalizers' votes between peers: counted on the block they are for, and passed on once. */
import { blockNumOf } from "../../../chain/block/header.ts";
import { encodeFrame, type Vote } from "../../../chain/p2p/messages.ts";
import type { Controller } from "../chain/controller.ts";
import type { BlockState } from "../consensus/block-state.ts";
import type { NodeLog } from "../log.ts";
import type { Peer } from "./peer.ts";

/** Votes for blocks that have not come yet wait here. */
const MAX_EARLY_VOTES = 1000;

export interface VoteExchangeParts {
  controller: Controller;
  peers: () => Iterable<Peer>;
  /** A vote counted; `description` is its finalizer's. */
  voted: (description: string) => void;
  log: NodeLog;
  now: () => number;
  /** 0: votes of others are neither counted nor passed on, as nodeos does without `vote-threads`. */
  threads: number;
}

export class VoteExchange {
  private readonly parts: VoteExchangeParts;
  private early: { vote: Vote; from: Peer }[] = [];

  constructor(parts: VoteExchangeParts) {
    this.parts = parts;
  }

  received(peer: Peer, vote: Vote): void {
    peer.lastVoteMs = this.parts.now();
    if (this.parts.threads > 0) this.count(vote, peer);
  }

  /** Votes of our own finalizers. */
  cast(votes: readonly Vote[]): void {
    for (const vote of votes) this.count(vote, undefined);
  }

  /** A block came: votes on it that were here before count now. */
  blockCame(blockId: string): void {
    const due = this.early.filter(({ vote }) => vote.blockId === blockId);
    const rootNum = this.parts.controller.root.num;
    this.early = this.early.filter(({ vote }) => vote.blockId !== blockId && blockNumOf(vote.blockId) > rootNum);
    for (const { vote, from } of due) this.count(vote, from);
  }

  closed(peer: Peer): void {
    this.early = this.early.filter(({ from }) => from !== peer);
  }

  private count(vote: Vote, from: Peer | undefined): void {
    const { controller, log } = this.parts;
    const state = controller.forks.get(vote.blockId);
    if (state === undefined) {
      if (from !== undefined && blockNumOf(vote.blockId) > controller.root.num && this.early.length < MAX_EARLY_VOTES) {
        this.early.push({ vote, from });
      }
      return;
    }
    const result = state.tally?.add(vote.finalizerKey, vote.blockId, vote.strong, vote.signature);
    if (result === "success") {
      this.parts.voted(descriptionOf(vote, state));
      this.passOn(vote, from);
    } else if (result === "unknown_public_key" || result === "invalid_signature") {
      const message = `Invalid vote(s), closing connection - ${from?.id}`;
      log.write("error", "net-0", "net_plugin.cpp:broadcast_vote_message", message);
      from?.close(false);
    }
  }

  private passOn(vote: Vote, from: Peer | undefined): void {
    const frame = encodeFrame(vote);
    for (const peer of this.parts.peers()) {
      if (peer !== from && peer.current && peer.takesBlocks) peer.sendFrame(frame);
    }
  }
}

function descriptionOf(vote: Vote, { consensus }: BlockState): string {
  if (consensus.kind === "legacy") return "unknown";
  return (
    [consensus.finalizers, consensus.pendingFinalizers?.policy]
      .flatMap((policy) => policy?.finalizers ?? [])
      .find(({ publicKey }) => publicKey === vote.finalizerKey)?.description ?? "unknown"
  );
}
