/** Twelve slots of one producer, judged: the unit that operators, the portal and the record think in. */
import { roundStart, SLOTS_PER_ROUND } from "../chain/time.ts";
import type { ScheduleHistory } from "./schedule-history.ts";
import { judgeSlot, type SlotState, type SlotVerdict, type VerdictView } from "./verdict.ts";

export interface Round {
  startSlot: number;
  /** Due in its first slot; a legacy schedule may change in the middle of a round. */
  producer: string;
  scheduleVersion: number;
  slots: SlotVerdict[];
  counts: Record<SlotState, number>;
  /** Every slot is final: nothing will change any more. */
  final: boolean;
}

/** The round that contains `slot`; `undefined` while no schedule is known. */
export function judgeRound(slot: number, schedules: ScheduleHistory, view: VerdictView): Round | undefined {
  const startSlot = roundStart(slot);
  const schedule = schedules.at(startSlot);
  const producer = schedules.dueAt(startSlot);
  if (schedule === undefined || producer === undefined) return undefined;
  const slots = Array.from({ length: SLOTS_PER_ROUND }, (_, i) => judgeSlot(startSlot + i, view));
  const counts: Round["counts"] = { due: 0, produced: 0, late: 0, missed: 0, orphaned: 0, unknown: 0 };
  for (const { state } of slots) counts[state] += 1;
  const final = slots.every(({ certainty }) => certainty === "final");
  return { startSlot, producer, scheduleVersion: schedule.version, slots, counts, final };
}

const LETTERS: Record<SlotState, string> = {
  due: ".",
  produced: "p",
  late: "l",
  missed: "m",
  orphaned: "o",
  unknown: "?",
};
const STATES = new Map(Object.entries(LETTERS).map(([state, letter]) => [letter, state as SlotState]));

/** Twelve letters, one a slot, for the record: `pppppplmmmmm`. */
export function encodeSlots(round: Round): string {
  return round.slots.map(({ state }) => LETTERS[state]).join("");
}

export function decodeSlots(text: string): SlotState[] {
  return [...text].map((letter) => STATES.get(letter) ?? "unknown");
}
