/**
 * All blocks that any observer has seen in the recent past, and which of them are the chain. The best head is
 * chosen by nodeos's own rule, so that a branch that an isolated node builds alone does not count as the chain
 * for being seen first: Savanna, newest certified block, then newest block; legacy, longest chain.
 */
import type { SeenBlock } from "./observation.ts";

export interface TreeBlock extends SeenBlock {
  /** Earliest arrival at any observer, ms since 1970. */
  firstSeenAt: number;
  /** That time is one of arrival, not of a poll. */
  exact: boolean;
  seenBy: Set<string>;
}

export interface ForkSwitch {
  /** Blocks that left the chain, newest first. */
  left: TreeBlock[];
  head: TreeBlock;
}

export class BlockTree {
  private readonly blocks = new Map<string, TreeBlock>();
  private readonly chain = new Map<number, TreeBlock>();
  private best: TreeBlock | undefined;
  /** Nearest ancestor of the head that was not seen: who the blocks before it are is settled when it comes. */
  private gap = "";
  private readonly keepSlots: number;

  /** Blocks more than `keepSlots` older than the head are forgotten. */
  constructor(keepSlots: number) {
    this.keepSlots = keepSlots;
  }

  get head(): TreeBlock | undefined {
    return this.best;
  }

  get size(): number {
    return this.blocks.size;
  }

  get(id: string): TreeBlock | undefined {
    return this.blocks.get(id);
  }

  /** The block of the chain in a slot. */
  canonical(slot: number): TreeBlock | undefined {
    return this.chain.get(slot);
  }

  /**
   * The two blocks of the chain around an empty slot: `after` is the next one, `before` its parent. `before` is
   * absent where the parent was not seen, and then nobody can say what happened in between; `after` where the chain
   * has not come that far.
   */
  around(slot: number): { before: TreeBlock | undefined; after: TreeBlock | undefined } {
    const last = this.best?.slot ?? slot;
    for (let next = slot + 1; next <= last; next++) {
      const after = this.chain.get(next);
      if (after !== undefined) return { before: this.blocks.get(after.previous), after };
    }
    return { before: undefined, after: undefined };
  }

  /** Ids of parents of blocks of the chain that were not seen, newest first; the oldest block's own is left out. */
  missingParents(): { id: string; childNum: number }[] {
    const blocks = [...this.chain.values()].sort((a, b) => b.slot - a.slot);
    blocks.pop();
    return blocks
      .filter((block) => !this.blocks.has(block.previous))
      .map((block) => ({ id: block.previous, childNum: block.num }));
  }

  /** Blocks of a slot that are not of the chain: signed, orphaned. */
  orphans(slot: number): TreeBlock[] {
    return [...this.blocks.values()].filter((block) => block.slot === slot && this.chain.get(slot) !== block);
  }

  /**
   * Takes a sighting. Returns the fork switch it caused, `"head"` when it moved the head on, `"new"` for another
   * new block, `"known"` otherwise.
   */
  see(block: SeenBlock, observer: string, at: number, exact: boolean): ForkSwitch | "head" | "new" | "known" {
    const known = this.blocks.get(block.id);
    if (known !== undefined) {
      known.seenBy.add(observer);
      if (exact && (!known.exact || at < known.firstSeenAt)) {
        known.firstSeenAt = at;
        known.exact = true;
      }
      return "known";
    }
    const added: TreeBlock = { ...block, firstSeenAt: at, exact, seenBy: new Set([observer]) };
    this.blocks.set(block.id, added);
    const before = this.best;
    const extendsHead = before?.id === added.previous;
    if (before === undefined || this.isBetter(added, before)) this.best = added;
    else if (added.id !== this.gap) return "new";
    if (extendsHead && this.best === added) {
      this.chain.set(added.slot, added);
      this.forget();
      return "head";
    }
    const left = this.follow();
    this.forget();
    if (left.length > 0 && this.best !== undefined) return { left, head: this.best };
    return this.best === added ? "head" : "new";
  }

  /** Makes the head's branch the chain, as far back as it is known; returns the blocks that left it, newest first. */
  private follow(): TreeBlock[] {
    const branch = new Map<number, TreeBlock>();
    let oldest = this.best?.slot ?? 0;
    for (let block = this.best; block !== undefined; block = this.blocks.get(block.previous)) {
      branch.set(block.slot, block);
      oldest = block.slot;
      this.gap = block.previous;
    }
    const left = [...this.chain.values()].filter(({ id, slot }) => slot >= oldest && branch.get(slot)?.id !== id);
    for (const { slot } of left) this.chain.delete(slot);
    for (const [slot, block] of branch) this.chain.set(slot, block);
    return left.sort((a, b) => b.slot - a.slot);
  }

  private isBetter(a: TreeBlock, b: TreeBlock): boolean {
    if (a.claim !== undefined && b.claim !== undefined) {
      const [x, y] = [this.claimSlot(a), this.claimSlot(b)];
      if (x !== undefined && y !== undefined && x !== y) return x > y;
      if (a.slot !== b.slot) return a.slot > b.slot;
      return a.id > b.id;
    }
    if ((a.claim === undefined) !== (b.claim === undefined)) return a.num > b.num;
    return a.num === b.num ? a.id > b.id : a.num > b.num;
  }

  /** Slot of the block that a block claims a certificate for; found by walking its branch. */
  private claimSlot(block: TreeBlock): number | undefined {
    const num = block.claim?.blockNum ?? 0;
    for (let at: TreeBlock | undefined = block; at !== undefined && at.num >= num; at = this.blocks.get(at.previous)) {
      if (at.num === num) return at.slot;
    }
    return undefined;
  }

  private forget(): void {
    const oldest = (this.best?.slot ?? 0) - this.keepSlots;
    if (this.blocks.size < this.keepSlots * 2) return;
    for (const [id, block] of this.blocks) if (block.slot < oldest) this.blocks.delete(id);
    for (const slot of this.chain.keys()) if (slot < oldest) this.chain.delete(slot);
  }
}
