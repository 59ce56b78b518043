/** Judged rounds for tests of the record, made from the letters that it keeps. */
import { SLOTS_PER_ROUND } from "../../src/chain/time.ts";
import { decodeSlots, type Round } from "../../src/watch/rounds.ts";

export interface RoundFacts {
  startSlot: number;
  producer: string;
  /** Twelve. */
  letters: string;
  final: boolean;
}

export function judgedRound({ startSlot, producer, letters, final }: RoundFacts): Round {
  const certainty = final ? "final" : "canonical";
  const slots = decodeSlots(letters).map((state, i) => ({ slot: startSlot + i, state, certainty }) as const);
  const counts = { due: 0, produced: 0, late: 0, missed: 0, orphaned: 0, unknown: 0 };
  for (const { state } of slots) counts[state] += 1;
  return { startSlot, producer, scheduleVersion: 1, slots, counts, final };
}

export const PRODUCED = "p".repeat(SLOTS_PER_ROUND);
