/** The production loop's one timer: whatever it is set to last is what will run, back on the main thread. */
import { type MainThread, PRIORITY } from "../main-thread.ts";

export class LoopTimer {
  private readonly main: MainThread;
  private readonly now: () => number;
  private timer: NodeJS.Timeout | undefined;
  /** Tells a task that was already posted that it has been overtaken. */
  private armed = 0;

  constructor(main: MainThread, now: () => number) {
    this.main = main;
    this.now = now;
  }

  /**
   * Runs `run` at instant `atMs`, at once when that has passed; instead of anything set before. Never sooner, though
   * Node's timers may fire a millisecond early by the wall clock: then a slot would seem not to have begun.
   */
  set(atMs: number, run: () => void | Promise<void>): void {
    this.cancel();
    this.arm(atMs, run, this.armed);
  }

  private arm(atMs: number, run: () => void | Promise<void>, mine: number): void {
    const fire = () => {
      if (mine !== this.armed) return;
      if (this.now() < atMs) this.arm(atMs, run, mine);
      else this.main.post(PRIORITY.high, () => (mine === this.armed ? run() : undefined));
    };
    this.timer = setTimeout(fire, Math.max(0, atMs - this.now()));
  }

  cancel(): void {
    clearTimeout(this.timer);
    this.armed += 1;
  }
}
