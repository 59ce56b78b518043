/**
 * nodeos's main thread: one task at a time, by priority, first come first served within one.
 *
 * Production, applying blocks, transactions and most API calls run here; the HTTP and net threads of
 * nodeos are this process's event loop. A task may wait (for a remote signature): then everything behind
 * it waits too while `get_info` and p2p go on, exactly as in nodeos. A task that
 * never settles stops it for good, as nodeos's own bugs do.
 */
export const PRIORITY = { low: 10, mediumLow: 25, medium: 50, mediumHigh: 75, high: 100 } as const;

interface Task {
  priority: number;
  order: number;
  run: () => void | Promise<void>;
}

export class MainThread {
  private readonly queue: Task[] = [];
  private order = 0;
  private running = false;
  private stopped = false;
  private readonly onCrash: (thrown: unknown) => void;

  /** `onCrash` is called when a task throws: nodeos would have terminated. */
  constructor(onCrash: (thrown: unknown) => void) {
    this.onCrash = onCrash;
  }

  post(priority: number, run: Task["run"]): void {
    if (this.stopped) return;
    const task = { priority, order: this.order++, run };
    const before = this.queue.findIndex((queued) => queued.priority < priority);
    if (before === -1) this.queue.push(task);
    else this.queue.splice(before, 0, task);
    this.wake();
  }

  /**
   * Runs `work` as a task and returns its result; what it throws comes back to the caller. The thread is busy
   * only until `work` returns: a promise it returns is waited for elsewhere.
   */
  call<T>(priority: number, work: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.post(priority, () => {
        try {
          resolve(work());
        } catch (thrown) {
          reject(thrown);
        }
      });
    });
  }

  stop(): void {
    this.stopped = true;
    this.queue.length = 0;
  }

  private wake(): void {
    if (this.running || this.stopped) return;
    this.running = true;
    // off the caller's stack, so that a task never runs inside another one
    setImmediate(() => void this.runNext());
  }

  private async runNext(): Promise<void> {
    const task = this.queue.shift();
    if (task !== undefined && !this.stopped) {
      try {
        const pending = task.run();
        if (pending !== undefined) await pending;
      } catch (thrown) {
        this.onCrash(thrown);
      }
    }
    this.running = false;
    if (this.queue.length > 0) this.wake();
  }
}
