/** Who produces at an instant, who is next, and when it is our turn again: read off the schedule and the round under way. */
import type { ChainView, RoundView } from "../../api/views.ts";

const SLOT_MS = 500;
const ROUND_MS = 12 * SLOT_MS;
/** Rounds are told of as they begin; with older ones than this the watch has stopped, and nothing can be read off. */
const KNOWN_ROUNDS_AHEAD = 2;

export interface Duty {
  producer: string;
  next: { producer: string; inMs: number };
}

/** The round under way, or the last one that was told of. */
export function latestRound(chain: string, rounds: readonly RoundView[]): RoundView | undefined {
  return rounds.findLast((round) => round.chain === chain);
}

/** `now` is the server's time. `undefined` when nobody can say. */
export function dutyAt(now: number, { schedule }: ChainView, round: RoundView | undefined): Duty | undefined {
  const { producers } = schedule;
  const at = positionAt(now, producers, round);
  if (at === undefined) return undefined;
  const producer = producers[at.index];
  const next = producers[(at.index + 1) % producers.length];
  return producer === undefined || next === undefined
    ? undefined
    : { producer, next: { producer: next, inMs: at.endsInMs } };
}

/** How long until `account` produces; 0 while it does, `undefined` when it is not in the schedule or nobody can say. */
export function turnOf(
  account: string,
  now: number,
  { schedule }: ChainView,
  round: RoundView | undefined,
): number | undefined {
  const { producers } = schedule;
  const at = positionAt(now, producers, round);
  const index = producers.indexOf(account);
  if (at === undefined || index === -1) return undefined;
  const ahead = (index - at.index + producers.length) % producers.length;
  return ahead === 0 ? 0 : at.endsInMs + (ahead - 1) * ROUND_MS;
}

/** Whose place in the schedule it is, and how long its round goes on. */
function positionAt(
  now: number,
  producers: readonly string[],
  round: RoundView | undefined,
): { index: number; endsInMs: number } | undefined {
  const told = round === undefined ? -1 : producers.indexOf(round.producer);
  if (round === undefined || told === -1) return undefined;
  // the block of a slot is built in the half second before its timestamp
  const since = now - (round.startsAt - SLOT_MS);
  const ahead = Math.max(0, Math.floor(since / ROUND_MS));
  if (ahead > KNOWN_ROUNDS_AHEAD) return undefined;
  return { index: (told + ahead) % producers.length, endsInMs: (ahead + 1) * ROUND_MS - since };
}
