/**
 * What is known to be final under Savanna. A certificate inside a block makes blocks final whether or not
 * the block that carries it is ever applied; the state follows when the head's branch holds them.
 */
import { type BlockState, irreversibleOf } from "../consensus/block-state.ts";
import type { ForkDatabase } from "../consensus/fork-database.ts";

export class PendingFinality {
  private readonly forks: ForkDatabase;
  private newest: { num: number; id: string };

  constructor(forks: ForkDatabase) {
    this.forks = forks;
    this.newest = forks.root;
  }

  /** A block came, applied or not: what its claim makes final. */
  note(state: BlockState): void {
    const { consensus } = state;
    if (consensus.kind !== "savanna" || consensus.final <= this.newest.num) return;
    const parent = this.forks.get(state.previous);
    const final = parent && this.forks.ancestorAt(parent, consensus.final);
    if (final !== undefined) this.newest = final;
  }

  /** False when what is known to be final is not on the head's branch: nothing may be built on that head. */
  isHeldBy(head: BlockState): boolean {
    return this.newest.num <= this.forks.root.num || this.finalOn(head) !== undefined;
  }

  /** The newest block of the head's branch that is final; `undefined` when what is final is not on it. */
  finalOn(head: BlockState): BlockState | undefined {
    if (head.consensus.kind === "legacy") return this.forks.ancestorAt(head, irreversibleOf(head.consensus));
    const final = this.forks.get(this.newest.id);
    if (final === undefined) return undefined;
    if (final.num > head.num) return this.forks.ancestorAt(final, head.num)?.id === head.id ? head : undefined;
    const common = this.forks.ancestorAt(head, final.num);
    return common?.id === final.id ? common : undefined;
  }

  /** The root has moved. */
  advanced(): void {
    if (this.newest.num < this.forks.root.num) this.newest = this.forks.root;
  }
}
