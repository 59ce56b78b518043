/** All blocks that may still become part of the chain: a tree over the last irreversible block. */
import { type BlockState, isBetter } from "./block-state.ts";

export class ForkDatabase {
  private rootState: BlockState;
  private readonly blocks = new Map<string, BlockState>();
  private best: BlockState;

  constructor(root: BlockState) {
    this.rootState = root;
    this.best = root;
  }

  /** The last irreversible block. */
  get root(): BlockState {
    return this.rootState;
  }

  /** The head of the best branch, applied or not; the root while there is nothing else. */
  get head(): BlockState {
    return this.best;
  }

  get size(): number {
    return this.blocks.size;
  }

  /** The block, the root included. */
  get(id: string): BlockState | undefined {
    return id === this.rootState.id ? this.rootState : this.blocks.get(id);
  }

  /** Adds a block whose parent is here; false when it was here already. */
  add(state: BlockState): boolean {
    if (this.get(state.id) !== undefined) return false;
    this.blocks.set(state.id, state);
    if (this.best === this.rootState || isBetter(state, this.best)) this.best = state;
    return true;
  }

  /** Removes a block and everything built on it. */
  remove(id: string): void {
    const doomed = [id];
    for (let i = 0; i < doomed.length; i++) {
      for (const state of this.blocks.values()) if (state.previous === doomed[i]) doomed.push(state.id);
    }
    for (const each of doomed) this.blocks.delete(each);
    this.chooseBest();
  }

  /** Makes a descendant the root; branches that do not hold it are dropped. Returns the blocks from old root to new. */
  advance(id: string): BlockState[] {
    const passed = this.branch(id).reverse();
    const newRoot = passed.at(-1);
    if (newRoot === undefined) return [];
    const kept = [...this.blocks.values()].filter(
      (state) => state.id !== id && this.ancestorAt(state, newRoot.num)?.id === id,
    );
    this.rootState = newRoot;
    this.blocks.clear();
    for (const state of kept) this.blocks.set(state.id, state);
    this.chooseBest();
    return passed;
  }

  /** From `id` back to, and without, the root. Empty when `id` is the root or unknown. */
  branch(id: string): BlockState[] {
    const states: BlockState[] = [];
    for (let state = this.blocks.get(id); state !== undefined; state = this.blocks.get(state.previous))
      states.push(state);
    return states;
  }

  /** The ancestor of `state` (or itself) with number `num`, `undefined` below the root. */
  ancestorAt(state: BlockState, num: number): BlockState | undefined {
    for (let at: BlockState | undefined = state; at !== undefined && at.num >= num; at = this.get(at.previous)) {
      if (at.num === num) return at;
    }
    return undefined;
  }

  /** Every reversible block, parents before children. */
  all(): BlockState[] {
    return [...this.blocks.values()].sort((a, b) => a.num - b.num);
  }

  private chooseBest(): void {
    let best = this.rootState;
    for (const state of this.blocks.values()) {
      if (best === this.rootState || isBetter(state, best)) best = state;
    }
    this.best = best;
  }
}
