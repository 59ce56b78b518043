/** Reads the record: rounds, how producers did, what happened. */
import type { Pool, QueryResultRow } from "pg";
import { Problem } from "../kit/problem.ts";
import { decodeSlots } from "../watch/rounds.ts";
import type { SlotState } from "../watch/verdict.ts";
import type { RecordedHappening } from "./recorder.ts";

export interface RecordedRound {
  startSlot: number;
  producer: string;
  scheduleVersion: number;
  /** Twelve. */
  slots: SlotState[];
  final: boolean;
}

/** How a producer did over a span of rounds; counts of slots. */
export interface ProducerRecord {
  producer: string;
  rounds: number;
  produced: number;
  late: number;
  missed: number;
  orphaned: number;
  unknown: number;
}

export interface RoundQuery {
  chainId: string;
  producer?: string | undefined;
  /** Only rounds that begin before this slot. */
  beforeSlot?: number | undefined;
  limit: number;
}

/** Newest first. */
export async function readRounds(pool: Pool, query: RoundQuery): Promise<RecordedRound[]> {
  const { rows } = await ask<{
    start_slot: string;
    producer: string;
    version: string;
    slots: string;
    final: boolean;
  }>(
    pool,
    `select start_slot, producer, schedule_version as version, slots, final from atalaya.round
     where chain_id = $1 and ($2::text is null or producer = $2) and ($3::bigint is null or start_slot < $3)
     order by start_slot desc limit $4`,
    [query.chainId, query.producer ?? null, query.beforeSlot ?? null, query.limit],
  );
  return rows.map(({ start_slot, producer, version, slots, final }) => ({
    startSlot: Number(start_slot),
    producer,
    scheduleVersion: Number(version),
    slots: decodeSlots(slots),
    final,
  }));
}

/** One entry a producer, by name, of the rounds that begin at or after `fromSlot`. */
export async function readProducers(pool: Pool, chainId: string, fromSlot: number): Promise<ProducerRecord[]> {
  const count = (letter: string): string => `sum(12 - length(replace(slots, '${letter}', '')))::int`;
  const { rows } = await ask<ProducerRecord>(
    pool,
    `select producer, count(*)::int as rounds, ${count("p")} as produced, ${count("l")} as late,
            ${count("m")} as missed, ${count("o")} as orphaned, ${count("?")} as unknown
     from atalaya.round where chain_id = $1 and start_slot >= $2 group by producer order by producer`,
    [chainId, fromSlot],
  );
  return rows;
}

/** Newest first. */
export async function readHappenings(pool: Pool, chainIds: string[], limit: number): Promise<RecordedHappening[]> {
  const { rows } = await ask<{ chain_id: string; at: Date } & Omit<RecordedHappening, "chainId" | "at">>(
    pool,
    `select chain_id, id, at, level, kind, facts from atalaya.happening
     where chain_id = any($1) order by at desc limit $2`,
    [chainIds, limit],
  );
  return rows.map(({ chain_id, at, ...rest }) => ({ chainId: chain_id, at: at.getTime(), ...rest }));
}

async function ask<Row extends QueryResultRow>(pool: Pool, sql: string, values: unknown[]): Promise<{ rows: Row[] }> {
  try {
    return await pool.query<Row>(sql, values);
  } catch (cause) {
    throw new Problem({
      code: "RECORD_UNREADABLE",
      message: "the record of the past cannot be read now",
      help: "try again in a moment; if it lasts, the log says why",
      cause,
    });
  }
}
