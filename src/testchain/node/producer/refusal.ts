/** Why a node does not produce a slot: nodeos's checks at each block start, in nodeos's order and words. */
import type { ScheduledProducer } from "../../../chain/block/schedule.ts";
import { formatBlockTime, timeOf } from "../../../chain/time.ts";
import type { BlockState } from "../consensus/block-state.ts";
import type { Level } from "../log.ts";
import type { PauseReason } from "./vote-pause.ts";
import type { Watermarks } from "./watermarks.ts";

/** `not ours` is nothing to speak of; the others are logged behind "Not producing block because ". */
export type Refusal = "not ours" | { level: Level; because: string };

export interface ProductionFacts {
  head: BlockState;
  root: BlockState;
  slot: number;
  /** Who is due in the slot. */
  scheduled: ScheduledProducer;
  nowMs: number;
  /** Our producer accounts, and the keys (`EOS…`) that we can sign with. */
  producers: readonly string[];
  keys: { has(key: string): boolean };
  /** The node has caught up with the present once, or was started with `enable-stale-production`. */
  enabled: boolean;
  paused: boolean;
  votes: PauseReason;
  /** Seconds; negative for no limit. */
  maxIrreversibleAgeSec: number;
  /** 0 for no limit. */
  maxReversible: number;
  watermarks: Watermarks;
}

const VOTES: Record<Exclude<PauseReason, "none">, string> = {
  old_producer_vote: "no recent votes received from configured producer",
  old_other_vote: "no recent votes received from others",
  old_votes: "no recent votes",
};

/** `undefined` when the node produces. */
export function productionRefusal(facts: ProductionFacts): Refusal | undefined {
  const { head, root, slot, scheduled, nowMs, enabled, maxReversible } = facts;
  const at = `, block ${formatBlockTime(slot)}`;
  const error = (because: string): Refusal => ({ level: "error", because: because + at });
  const ours = facts.producers.includes(scheduled.name);
  if (!enabled && ours) return error("stale production not enabled");
  if (!ours) return "not ours";
  if (!scheduled.authority.keys.some(({ key }) => facts.keys.has(key))) {
    return error(`I don't have any private keys relevant to authority: ${JSON.stringify(scheduled.authority)}`);
  }
  if (facts.paused) return { level: "warn", because: `production is explicitly paused${at}` };
  const ageSec = Math.floor((nowMs - timeOf(root.slot)) / 1000);
  const maxAgeSec = facts.maxIrreversibleAgeSec;
  if (maxAgeSec >= 0 && ageSec >= maxAgeSec) {
    return error(`the irreversible block is too old [age:${ageSec}s, max:${maxAgeSec}s]`);
  }
  if (facts.votes !== "none") return error(VOTES[facts.votes]);
  if (maxReversible > 0 && head.num - root.num > maxReversible) {
    return error(`max-reversible-blocks ${maxReversible} reached, head ${head.num}, lib ${root.num}`);
  }
  const watermark = facts.watermarks.refusal(head, slot, scheduled.name);
  return watermark === undefined ? undefined : { level: "error", because: watermark };
}
