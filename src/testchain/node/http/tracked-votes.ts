/** The last vote of each finalizer as seen in the certificates of applied blocks; `get_finalizer_info`. */
import { certificateOf } from "../../../chain/block/block.ts";
import type { FinalizerPolicy, PolicyVotes } from "../../../chain/block/finality.ts";
import type { BlockState } from "../consensus/block-state.ts";

export interface TrackedVote {
  description: string;
  publicKey: string;
  strong: boolean;
  generation: number;
  blockId: string;
  slot: number;
}

export class TrackedVotes {
  private readonly last = new Map<string, TrackedVote>();

  /** A block was applied; `claimed` is the block its certificate is for. */
  applied(state: BlockState, claimed: BlockState | undefined): void {
    const certificate = state.block === undefined ? undefined : certificateOf(state.block);
    if (certificate === undefined || claimed?.consensus.kind !== "savanna") return;
    this.take(certificate.active, claimed.consensus.finalizers, claimed);
    const pending = claimed.consensus.pendingFinalizers?.policy;
    if (certificate.pending !== undefined && pending !== undefined) this.take(certificate.pending, pending, claimed);
  }

  /** In the order of their keys. */
  list(): TrackedVote[] {
    return [...this.last.values()].sort((a, b) => (a.description < b.description ? -1 : 1));
  }

  private take(votes: PolicyVotes, policy: FinalizerPolicy, claimed: BlockState): void {
    policy.finalizers.forEach(({ description, publicKey }, i) => {
      const strong = votes.strong?.bits[i] === true;
      if (!strong && votes.weak?.bits[i] !== true) return;
      this.last.set(publicKey, {
        description,
        publicKey,
        strong,
        generation: policy.generation,
        blockId: claimed.id,
        slot: claimed.slot,
      });
    });
  }
}
