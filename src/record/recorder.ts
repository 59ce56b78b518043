/**
 * Writes down what the watch loop judged. What comes is gathered by key, so that a round that changes twelve
 * times in six seconds is written a few times; what cannot be written now is kept and written later.
 */
import type { Pool } from "pg";
import { messageOf, Problem } from "../kit/problem.ts";
import { encodeSlots, type Round } from "../watch/rounds.ts";

/** A happening as the record keeps it. */
export interface RecordedHappening {
  chainId: string;
  id: string;
  /** ms since 1970. */
  at: number;
  level: string;
  kind: string;
  facts: Record<string, string | number>;
}

const WRITE_EVERY_MS = 1_000;
/** About a day of rounds of one chain: beyond that the oldest are given up. */
const KEPT_MAX = 15_000;
/** Rows a statement. */
const BATCH = 500;

export class Recorder {
  private readonly pool: Pool;
  private readonly told: (writing: boolean, problem?: Problem) => void;
  private rounds = new Map<string, { chainId: string; round: Round }>();
  private happenings = new Map<string, RecordedHappening>();
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private isStopping = false;
  private works: boolean | undefined;

  /** `told` hears whether what comes can be written: once at the beginning, then whenever that changes. */
  constructor(pool: Pool, told: (writing: boolean, problem?: Problem) => void) {
    this.pool = pool;
    this.told = told;
    this.schedule();
  }

  round(chainId: string, round: Round): void {
    keep(this.rounds, `${chainId}/${round.startSlot}`, { chainId, round });
  }

  happening(happening: RecordedHappening): void {
    keep(this.happenings, `${happening.chainId}/${happening.id}`, happening);
  }

  /** Writes what is left and ends; gives up on what cannot be written. */
  async stop(): Promise<void> {
    this.isStopping = true;
    clearTimeout(this.timer);
    await this.writing;
    await this.write();
  }

  private schedule(): void {
    if (this.isStopping) return;
    this.timer = setTimeout(() => {
      this.writing = this.write().finally(() => this.schedule());
    }, WRITE_EVERY_MS);
  }

  private async write(): Promise<void> {
    const { rounds, happenings } = this;
    this.rounds = new Map();
    this.happenings = new Map();
    try {
      for (const batch of batches(rounds)) {
        await writeRounds(this.pool, [...batch.values()]);
        for (const key of batch.keys()) rounds.delete(key);
      }
      for (const batch of batches(happenings)) {
        await writeHappenings(this.pool, [...batch.values()]);
        for (const key of batch.keys()) happenings.delete(key);
      }
      this.tell(true);
    } catch (cause) {
      // what came meanwhile is newer
      this.rounds = merge(rounds, this.rounds);
      this.happenings = merge(happenings, this.happenings);
      this.tell(
        false,
        new Problem({
          code: "RECORD_WRITE_FAILED",
          message: `the record cannot be written: ${messageOf(cause)}`,
          help: "what happens is kept in memory and written when the database is back",
          cause,
        }),
      );
    }
  }

  private tell(works: boolean, problem?: Problem): void {
    if (this.works === works) return;
    this.works = works;
    this.told(works, problem);
  }
}

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  if (map.size <= KEPT_MAX) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}

function merge<T>(older: Map<string, T>, newer: Map<string, T>): Map<string, T> {
  for (const [key, value] of newer) keep(older, key, value);
  return older;
}

function batches<T>(map: Map<string, T>): Map<string, T>[] {
  const entries = [...map];
  const count = Math.ceil(entries.length / BATCH);
  return Array.from({ length: count }, (_, i) => new Map(entries.slice(i * BATCH, (i + 1) * BATCH)));
}

/** A slot of which this run knows nothing (`?`, `.`) keeps what an earlier one knew. */
const WRITE_ROUNDS = `
  insert into atalaya.round as old (chain_id, start_slot, producer, schedule_version, slots, final)
  select * from unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::boolean[])
  on conflict (chain_id, start_slot) do update set
    producer = excluded.producer,
    schedule_version = excluded.schedule_version,
    final = excluded.final,
    slots = (
      select string_agg(
        case when substr(excluded.slots, i, 1) in ('?', '.') and substr(old.slots, i, 1) <> '?'
             then substr(old.slots, i, 1) else substr(excluded.slots, i, 1) end, '' order by i)
      from generate_series(1, 12) as i)`;

async function writeRounds(pool: Pool, rows: { chainId: string; round: Round }[]): Promise<void> {
  await pool.query(WRITE_ROUNDS, [
    rows.map(({ chainId }) => chainId),
    rows.map(({ round }) => round.startSlot),
    rows.map(({ round }) => round.producer),
    rows.map(({ round }) => round.scheduleVersion),
    rows.map(({ round }) => encodeSlots(round)),
    rows.map(({ round }) => round.final),
  ]);
}

const WRITE_HAPPENINGS = `
  insert into atalaya.happening (chain_id, id, at, level, kind, facts)
  select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::jsonb[])
  on conflict (chain_id, id) do update set
    at = excluded.at, level = excluded.level, kind = excluded.kind, facts = excluded.facts`;

async function writeHappenings(pool: Pool, rows: RecordedHappening[]): Promise<void> {
  await pool.query(WRITE_HAPPENINGS, [
    rows.map(({ chainId }) => chainId),
    rows.map(({ id }) => id),
    rows.map(({ at }) => new Date(at)),
    rows.map(({ level }) => level),
    rows.map(({ kind }) => kind),
    rows.map(({ facts }) => JSON.stringify(facts)),
  ]);
}
