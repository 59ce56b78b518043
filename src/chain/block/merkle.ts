/**
 * The merkle roots of a block: the legacy scheme (pairs marked left and right, an odd node paired with
 * itself) and Savanna's (a plain tree, the left part a power of two), and the incremental legacy tree
 * over all block ids that every legacy signature commits to.
 */
import { sha256Pair } from "../hash.ts";

function legacyPair(left: Buffer, right: Buffer): Buffer {
  const [marked, other] = [Buffer.from(left), Buffer.from(right)];
  marked[0] = (marked[0] as number) & 0x7f;
  other[0] = (other[0] as number) | 0x80;
  return sha256Pair(marked, other);
}

/** Root of `leaves` in the legacy scheme; 32 zero bytes when there are none. */
export function legacyMerkleRoot(leaves: readonly Buffer[]): Buffer {
  let level = leaves;
  while (level.length > 1) {
    const above: Buffer[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] as Buffer;
      above.push(legacyPair(left, level[i + 1] ?? left));
    }
    level = above;
  }
  return level[0] ?? Buffer.alloc(32);
}

/** Root of `leaves` in Savanna's scheme; 32 zero bytes when there are none. */
export function savannaMerkleRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length < 2) return leaves[0] ?? Buffer.alloc(32);
  let middle = 1;
  while (middle * 2 < leaves.length) middle *= 2;
  return sha256Pair(savannaMerkleRoot(leaves.slice(0, middle)), savannaMerkleRoot(leaves.slice(middle)));
}

/** A legacy merkle tree that grows by one leaf and keeps only the nodes that it still needs. */
export class IncrementalMerkle {
  private active: Buffer[];
  private count: number;

  constructor(active: Buffer[] = [], count = 0) {
    this.active = active;
    this.count = count;
  }

  /** 32 zero bytes while empty. */
  get root(): Buffer {
    return this.active.at(-1) ?? Buffer.alloc(32);
  }

  /** The tree with one more leaf; this one stays as it is, because forks share a past. */
  appended(leaf: Buffer): IncrementalMerkle {
    const kept: Buffer[] = [];
    const waiting = this.active[Symbol.iterator]();
    let top = leaf;
    let partial = false;
    let index = this.count;
    for (let depth = depthOf(this.count + 1) - 1; depth > 0; depth--, index >>>= 1) {
      if (index % 2 === 0) {
        if (!partial) kept.push(top);
        top = legacyPair(top, top);
        partial = true;
      } else {
        const left = waiting.next().value as Buffer;
        if (partial) kept.push(left);
        top = legacyPair(left, top);
      }
    }
    kept.push(top);
    return new IncrementalMerkle(kept, this.count + 1);
  }

  toJSON(): { active: string[]; count: number } {
    return { active: this.active.map((node) => node.toString("hex")), count: this.count };
  }

  static from(json: { active: string[]; count: number }): IncrementalMerkle {
    return new IncrementalMerkle(
      json.active.map((node) => Buffer.from(node, "hex")),
      json.count,
    );
  }
}

function depthOf(leaves: number): number {
  return Math.ceil(Math.log2(leaves)) + 1;
}
