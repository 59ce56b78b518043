/** When a node with these producers must next look at production; nodeos's `block_timing_util.hpp`. */
import { blockEffortMs, nextSlotOf, roundStart, SLOT_MS, SLOTS_PER_ROUND, timeOf } from "../../../chain/time.ts";

/**
 * Start of the next block that one of `producers` may build after `pendingSlot`, ms; `undefined` when none of
 * them is in the schedule. With `effortMs` 500 that is 500 ms before the block's timestamp.
 */
export function wakeUpTime(
  producers: readonly string[],
  schedule: readonly string[],
  pendingSlot: number,
  effortMs: number = SLOT_MS,
): number | undefined {
  const slots = producers
    .map((producer) => nextSlotOf(schedule, producer, pendingSlot + 1))
    .filter((slot) => slot !== undefined);
  if (slots.length === 0) return undefined;
  const slot = Math.min(...slots);
  return timeOf(roundStart(slot)) - SLOT_MS + effortMs * (slot % SLOTS_PER_ROUND);
}

/** nodeos keeps the offset as whole milliseconds a block, so 450 reads back as 456. */
export function offsetReadBack(offsetMs: number): number {
  return SLOT_MS * SLOTS_PER_ROUND - Math.floor(blockEffortMs(offsetMs)) * SLOTS_PER_ROUND;
}
