/** Time messages of one connection: pings and their answers, the round trip, and how far the peer's clock is off. */
import type { TimeMessage } from "../../../chain/p2p/messages.ts";

/** Clocks further apart are worth a warning; a block's time. */
const WARNING_NS = 500_000_000n;

export class PeerClock {
  /** Of the last ping that was answered, by our clock. */
  roundTripNs = 0n;
  private readonly now: () => number;
  private readonly send: (message: TimeMessage) => void;
  private readonly warn: (message: string) => void;
  /** When the ping that waits for its answer was sent; 0 for none. */
  private pingNs = 0n;

  /** `now` in ms. */
  constructor(now: () => number, send: (message: TimeMessage) => void, warn: (message: string) => void) {
    this.now = now;
    this.send = send;
    this.warn = warn;
  }

  nowNs(): bigint {
    return BigInt(Math.round(this.now() * 1000)) * 1000n;
  }

  /** Pings, unless one is on its way. */
  ping(): void {
    if (this.pingNs !== 0n) return;
    this.pingNs = this.nowNs();
    this.send({ type: "time", org: 0n, rec: 0n, xmt: this.pingNs, dst: 0n });
  }

  /** Pings, whether or not the last one was answered. */
  pingAgain(): void {
    this.pingNs = 0n;
    this.ping();
  }

  received({ org, rec, xmt }: TimeMessage): void {
    if (xmt === 0n) return;
    const now = this.nowNs();
    if (org === 0n) {
      this.send({ type: "time", org: xmt, rec: now, xmt: this.nowNs(), dst: 0n });
    } else if (org === this.pingNs) {
      this.roundTripNs = now - org;
      this.pingNs = 0n;
      const offset = (rec - org + (xmt - now)) / 2n;
      if (offset <= WARNING_NS && offset >= -WARNING_NS) return;
      const calculation = `(rec ${rec} - org ${org} + xmt ${xmt} - dst ${now})/2`;
      this.warn(`Clock offset is ${offset / 1000n}us, calculation: ${calculation}`);
    }
  }
}
