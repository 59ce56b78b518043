/**
 * nodeos's implicit pause: a producer that receives blocks but no votes, of its own finalizer or of all the
 * others, for `production-pause-vote-timeout-ms` (6000) stops producing until votes come back or `resume` is
 * called. It protects against producing on a cut-off branch.
 */
export type PauseReason = "none" | "old_producer_vote" | "old_other_vote" | "old_votes";

interface Watch {
  /** Some finalizer of this class is in a policy, so its silence means something. */
  expected: boolean;
  /** When the first block after the latest vote came; `undefined` while votes keep up. */
  waitingSince: number | undefined;
}

export class VotePause {
  private readonly timeoutMs: number;
  private readonly own: Watch = { expected: false, waitingSince: undefined };
  private readonly others: Watch = { expected: false, waitingSince: undefined };
  private readonly producers: ReadonlySet<string>;

  /** `timeoutMs` 0 disables it, and a node without producers has nothing to pause. */
  constructor(producers: readonly string[], timeoutMs: number) {
    this.producers = new Set(producers);
    this.timeoutMs = producers.length === 0 ? 0 : timeoutMs;
  }

  /** A Savanna block's header was accepted; `finalizers` are the descriptions in its policies. */
  block(nowMs: number, finalizers: readonly string[]): void {
    this.own.expected = finalizers.some((description) => this.producers.has(description));
    this.others.expected = finalizers.some((description) => !this.producers.has(description));
    for (const watch of [this.own, this.others]) watch.waitingSince ??= nowMs;
  }

  vote(description: string): void {
    const watch = this.producers.has(description) ? this.own : this.others;
    watch.waitingSince = undefined;
  }

  /** `resume`: the clock starts again with the next block. */
  reset(): void {
    this.own.waitingSince = undefined;
    this.others.waitingSince = undefined;
  }

  reason(nowMs: number): PauseReason {
    const silent = (watch: Watch) =>
      this.timeoutMs > 0 &&
      watch.expected &&
      watch.waitingSince !== undefined &&
      nowMs - watch.waitingSince > this.timeoutMs;
    const [own, others] = [silent(this.own), silent(this.others)];
    return own && others ? "old_votes" : own ? "old_producer_vote" : others ? "old_other_vote" : "none";
  }
}
