/**
 * One direction of a connection through a link: takes bytes from one socket and gives them to the other, each
 * after its delay, none while it is held, and never one before another that came first.
 */
import type { Socket } from "node:net";

/** More than this is not taken in: what is sent faster than it is read, or while held, waits at its sender. */
const MAX_QUEUED_BYTES = 4 * 1024 * 1024;

interface Parcel {
  /** When it may go out, on the monotonic clock. */
  due: number;
  /** `undefined`: the sender has ended its half. */
  bytes: Buffer | undefined;
}

export class Lane {
  private readonly from: Socket;
  private readonly to: Socket;
  private readonly delayMs: () => number;
  private readonly parcels: Parcel[] = [];
  private queuedBytes = 0;
  private lastDue = 0;
  private held = false;
  private full = false;
  private stopped = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, delayMs: () => number) {
    this.from = from;
    this.to = to;
    this.delayMs = delayMs;
    from.on("data", (bytes) => this.take(bytes));
    from.once("end", () => this.take(undefined));
    to.on("drain", () => {
      this.full = false;
      this.pass();
    });
  }

  /** True: nothing is read and nothing goes out, until false. */
  hold(held: boolean): void {
    this.held = held;
    this.pass();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.parcels.length = 0;
  }

  private take(bytes: Buffer | undefined): void {
    if (this.stopped) return;
    // a delay that has become shorter must not let these overtake those before them
    this.lastDue = Math.max(this.lastDue, performance.now() + this.delayMs());
    this.parcels.push({ due: this.lastDue, bytes });
    this.queuedBytes += bytes?.length ?? 0;
    this.pass();
  }

  /** Sends what is due, and sees to it that the rest is sent when it is. */
  private pass(): void {
    clearTimeout(this.timer);
    if (this.stopped) return;
    const now = performance.now();
    while (!this.held && !this.full) {
      const next = this.parcels[0];
      if (next === undefined) break;
      if (next.due > now) {
        this.timer = setTimeout(() => this.pass(), Math.ceil(next.due - now));
        break;
      }
      this.parcels.shift();
      this.send(next.bytes);
    }
    if (this.held || this.queuedBytes >= MAX_QUEUED_BYTES) this.from.pause();
    else this.from.resume();
  }

  private send(bytes: Buffer | undefined): void {
    if (bytes === undefined) {
      this.to.end();
      return;
    }
    this.queuedBytes -= bytes.length;
    this.full = !this.to.write(bytes);
  }
}
