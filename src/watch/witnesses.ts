/**
 * Whom to believe. Our own nodes check what they take: one of them is enough. A peer may say anything, so what only
 * peers say counts when two of them say the same.
 */

/** Statements that wait for a second witness; beyond that the oldest are dropped, or one peer could fill our memory. */
const KEPT = 2_000;

export class Witnesses {
  private readonly ours: ReadonlySet<string>;
  /** Who said it, by what was said. */
  private readonly waiting = new Map<string, string>();

  constructor(ours: Iterable<string>) {
    this.ours = new Set(ours);
  }

  /** Whether `statement` is believed now that `node` has made it. */
  believe(statement: string, node: string): boolean {
    if (this.ours.has(node)) return true;
    const first = this.waiting.get(statement);
    if (first !== undefined) return first !== node;
    this.waiting.set(statement, node);
    for (const oldest of this.waiting.keys()) {
      if (this.waiting.size <= KEPT) break;
      this.waiting.delete(oldest);
    }
    return false;
  }
}
