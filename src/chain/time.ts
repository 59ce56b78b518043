/**
 * Block time: slots of 500 ms since 2000-01-01T00:00:00Z, rounds of 12 slots of one producer,
 * and the instants at which nodeos starts and signs each block of a round.
 *
 * Formulas: nodeos `block_timestamp.hpp`, `block_timing_util.hpp` and `block_header_state_utils.hpp`.
 * Times are integer milliseconds since 1970 unless a name says otherwise.
 */
import { Problem } from "../kit/problem.ts";

export const SLOT_MS = 500;
export const SLOTS_PER_ROUND = 12;
/** 2000-01-01T00:00:00Z, slot 0. */
export const EPOCH_MS = 946_684_800_000;
/** `produce-block-offset-ms` when the operator sets none. It is spread over the 12 blocks of a round. */
export const DEFAULT_OFFSET_MS = 450;

const SLOT_MAX = 0xffff_ffff;

/** The slot that contains instant `ms` (the newest slot whose timestamp is not later). */
export function slotOf(ms: number): number {
  return Math.floor((ms - EPOCH_MS) / SLOT_MS);
}

/** The timestamp T(slot), ms. */
export function timeOf(slot: number): number {
  return EPOCH_MS + slot * SLOT_MS;
}

/** First slot of the round that contains `slot`. */
export function roundStart(slot: number): number {
  return slot - (slot % SLOTS_PER_ROUND);
}

/** Position of `slot` in its round, 0..11. */
export function indexInRound(slot: number): number {
  return slot % SLOTS_PER_ROUND;
}

/** Who is due in `slot` under a schedule given as producers in schedule order. `undefined` when it is empty. */
export function producerAt<P>(producers: readonly P[], slot: number): P | undefined {
  if (producers.length === 0) return undefined;
  return producers[Math.floor((slot % (producers.length * SLOTS_PER_ROUND)) / SLOTS_PER_ROUND)];
}

/** Time given to one block, ms: 500 minus a twelfth of the round's offset (whole microseconds, as nodeos computes it). */
export function blockEffortMs(offsetMs: number = DEFAULT_OFFSET_MS): number {
  return (SLOT_MS * 1000 - Math.floor((offsetMs * 1000) / SLOTS_PER_ROUND)) / 1000;
}

/** When a producer on time starts to build the block of `slot`, ms. */
export function buildStart(slot: number, offsetMs: number = DEFAULT_OFFSET_MS): number {
  return timeOf(roundStart(slot)) - SLOT_MS + blockEffortMs(offsetMs) * indexInRound(slot);
}

/** When a producer on time signs the block of `slot`, ms: T(slot) − 37.5·(i+1) with the default offset. */
export function signingDeadline(slot: number, offsetMs: number = DEFAULT_OFFSET_MS): number {
  return buildStart(slot, offsetMs) + blockEffortMs(offsetMs);
}

/** First slot at or after `slot` in which `producer` is due, or `undefined` when it is not in the schedule. */
export function nextSlotOf(producers: readonly string[], producer: string, slot: number): number | undefined {
  const cycle = producers.length * SLOTS_PER_ROUND;
  for (let ahead = slot; ahead < slot + cycle; ahead = roundStart(ahead) + SLOTS_PER_ROUND) {
    if (producerAt(producers, ahead) === producer) return ahead;
  }
  return undefined;
}

/** nodeos's JSON form of a block timestamp: `2026-11-22T16:03:05.500`, UTC without a zone. */
export function formatBlockTime(slot: number): string {
  return formatTimePoint(timeOf(slot));
}

/** nodeos's JSON form of a time point with milliseconds, UTC without a zone. Throws `CHAIN_BAD_TIME`. */
export function formatTimePoint(ms: number): string {
  if (!(ms >= FIRST_MS && ms <= LAST_MS)) {
    throw new Problem({ code: "CHAIN_BAD_TIME", message: `${ms} ms since 1970 is outside of the years 0000 to 9999` });
  }
  return new Date(ms).toISOString().slice(0, 23);
}

const TIME_POINT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,6})?Z?$/;
const FIRST_MS = Date.parse("0000-01-01T00:00:00Z");
const LAST_MS = Date.parse("9999-12-31T23:59:59.999Z");

/** Milliseconds of a time point as nodeos writes it (with or without fraction and `Z`). Throws `CHAIN_BAD_TIME`. */
export function parseTimePoint(text: string): number {
  const parts = TIME_POINT.exec(text);
  const ms = parts === null ? Number.NaN : Date.parse(`${parts[1]}${parts[2] ?? ""}Z`);
  // Date.parse moves 30 February into March, and 24:00 into the next day
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 19) !== parts?.[1]) {
    throw new Problem({
      code: "CHAIN_BAD_TIME",
      message: `\`${text.slice(0, 40)}\` is not a block time`,
      expected: "UTC like 2026-11-22T16:03:05.500",
    });
  }
  return ms;
}

/** The slot of a block timestamp as nodeos writes it. Throws `CHAIN_BAD_TIME`. */
export function parseBlockTime(text: string): number {
  const slot = slotOf(parseTimePoint(text));
  if (slot < 0 || slot > SLOT_MAX) {
    throw new Problem({ code: "CHAIN_BAD_TIME", message: `block time ${text} is outside of the slots that exist` });
  }
  return slot;
}
