/** Answers questions about the past from the record. Chains are asked for by the names that the fleet gives them. */
import type { Pool } from "pg";
import { SLOT_MS, slotOf, timeOf } from "../chain/time.ts";
import { readHappenings, readProducers, readRounds } from "../record/history.ts";
import type { WatchTarget } from "../watch/target.ts";
import type { HappeningView, PastRoundView, ProducerSummary } from "./views.ts";

export class Past {
  private readonly pool: Pool;
  private readonly targets: readonly WatchTarget[];

  constructor(pool: Pool, targets: readonly WatchTarget[]) {
    this.pool = pool;
    this.targets = targets;
  }

  /** Newest first. `before`: ms since 1970. */
  async rounds(
    target: WatchTarget,
    query: { producer?: string | undefined; before?: number | undefined; limit: number },
  ): Promise<PastRoundView[]> {
    const { producer, before, limit } = query;
    // rounded up: a round that begins within the slot of `before` begins before it
    const beforeSlot = before === undefined ? undefined : slotOf(before + SLOT_MS - 1);
    const rounds = await readRounds(this.pool, { chainId: target.chainId, producer, beforeSlot, limit });
    return rounds.map(({ startSlot, producer, slots, final }) => ({
      chain: target.chain,
      startSlot,
      startsAt: timeOf(startSlot),
      producer,
      slots,
      final,
    }));
  }

  /** How each producer did in the last `hours`. */
  async producers(target: WatchTarget, hours: number): Promise<ProducerSummary[]> {
    const fromSlot = slotOf(Date.now()) - (hours * 3_600_000) / SLOT_MS;
    return readProducers(this.pool, target.chainId, Math.floor(fromSlot));
  }

  /** Of all chains, newest first. */
  async happenings(limit: number): Promise<HappeningView[]> {
    const names = new Map(this.targets.map(({ chainId, chain }) => [chainId, chain]));
    const rows = await readHappenings(this.pool, [...names.keys()], limit);
    return rows.map(({ chainId, level, kind, ...row }) => ({
      ...row,
      chain: names.get(chainId) ?? "",
      // the record holds what a board made
      level: level as HappeningView["level"],
      kind: kind as HappeningView["kind"],
    }));
  }
}
