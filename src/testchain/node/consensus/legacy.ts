/**
 * Legacy consensus (DPoS with 2/3 confirmations) as a function from block to block: who may produce next,
 * schedule changes, and how irreversibility advances. The rules of nodeos's `block_header_state_legacy`.
 *
 * A value here describes the chain *after* a block; values are never changed in place, forks share them.
 */
import type { FinalizerPolicy } from "../../../chain/block/finality.ts";
import type { BlockHeader } from "../../../chain/block/header.ts";
import { IncrementalMerkle } from "../../../chain/block/merkle.ts";
import {
  EMPTY_SCHEDULE,
  legacyScheduleHash,
  type ProducerSchedule,
  type SigningAuthority,
  singleKey,
  toLegacySchedule,
} from "../../../chain/block/schedule.ts";
import { LegacyPast } from "../../../chain/block/signing.ts";
import { producerAt } from "../../../chain/time.ts";

/** nodeos tracks at most so many unconfirmed blocks. */
const MAX_TRACKED_CONFIRMATIONS = 1024;

export interface SavannaGenesis {
  readonly num: number;
  readonly slot: number;
  readonly finalizers: FinalizerPolicy;
}

export interface LegacyConsensus {
  readonly kind: "legacy";
  readonly active: ProducerSchedule;
  /** Announced in a header, active once that block (`libNum`) is irreversible. Empty when there is none. */
  readonly pending: { readonly schedule: ProducerSchedule; readonly libNum: number };
  readonly past: LegacyPast;
  readonly lastProduced: Readonly<Record<string, number>>;
  readonly lastImpliedIrreversible: Readonly<Record<string, number>>;
  readonly proposedIrreversible: number;
  readonly irreversible: number;
  /** Confirmations still missing, newest block last. */
  readonly confirmCount: readonly number[];
  /** The block that set the first finalizer policy, once there is one: the transition to Savanna has begun. */
  readonly savannaGenesis: SavannaGenesis | undefined;
  /** WTMSIG_BLOCK_SIGNATURES is active: schedules travel as a header extension. */
  readonly wtmsig: boolean;
}

/** What is fixed about a block before its content is known. */
export interface LegacyDraft {
  readonly num: number;
  readonly slot: number;
  readonly confirmed: number;
  readonly producer: string;
  readonly authority: SigningAuthority;
  readonly scheduleVersion: number;
  readonly irreversible: number;
  /** A schedule became active with this block; none can be announced in it. */
  readonly promoted: boolean;
  /** The consensus after the block but for what its header announces and its own id. */
  readonly base: Omit<LegacyConsensus, "past">;
  readonly past: LegacyPast;
}

/** After block 1, which names `eosio` as the only producer. */
export function legacyGenesis(blockOneId: string, initialKey: string): LegacyConsensus {
  const active: ProducerSchedule = { version: 0, producers: [{ name: "eosio", authority: singleKey(initialKey) }] };
  const legacy = toLegacySchedule(active);
  const scheduleHash = legacyScheduleHash(legacy ?? { version: 0, producers: [] });
  return {
    kind: "legacy",
    active,
    pending: { schedule: EMPTY_SCHEDULE, libNum: 0 },
    past: new LegacyPast(new IncrementalMerkle().appended(Buffer.from(blockOneId, "hex")), scheduleHash),
    lastProduced: {},
    lastImpliedIrreversible: {},
    proposedIrreversible: 0,
    irreversible: 0,
    confirmCount: [],
    savannaGenesis: undefined,
    wtmsig: false,
  };
}

export function draftLegacy(
  parent: LegacyConsensus,
  parentNum: number,
  slot: number,
  confirmed: number,
): LegacyDraft | undefined {
  const scheduled = producerAt(parent.active.producers, slot);
  if (scheduled === undefined) return undefined;
  const num = parentNum + 1;
  const { counts, proposed } = confirm(parent, num, confirmed);
  const irreversible = lastIrreversible(parent, scheduled.name, parent.proposedIrreversible);
  const promoted = parent.pending.schedule.producers.length > 0 && irreversible >= parent.pending.libNum;
  const active = promoted ? parent.pending.schedule : parent.active;
  const base: LegacyDraft["base"] = {
    kind: "legacy",
    active,
    // nodeos keeps the number of the last schedule that was pending
    pending: promoted ? { ...parent.pending, schedule: { ...parent.pending.schedule, producers: [] } } : parent.pending,
    lastProduced: promoted
      ? { ...carried(active, parent.lastProduced, irreversible), [scheduled.name]: num }
      : { ...parent.lastProduced, [scheduled.name]: num },
    lastImpliedIrreversible: promoted
      ? carried(
          active,
          { ...parent.lastImpliedIrreversible, [scheduled.name]: parent.proposedIrreversible },
          irreversible,
        )
      : { ...parent.lastImpliedIrreversible, [scheduled.name]: parent.proposedIrreversible },
    proposedIrreversible: proposed,
    irreversible,
    confirmCount: counts,
    savannaGenesis: parent.savannaGenesis,
    wtmsig: parent.wtmsig,
  };
  return {
    num,
    slot,
    confirmed,
    producer: scheduled.name,
    authority: scheduled.authority,
    scheduleVersion: parent.active.version,
    irreversible,
    promoted,
    base,
    past: parent.past,
  };
}

/** The consensus after a block whose header is known. */
export function finishLegacy(
  draft: LegacyDraft,
  header: BlockHeader,
  id: string,
  announced: ProducerSchedule | undefined,
  changes: { savannaGenesis?: SavannaGenesis | undefined; wtmsig?: boolean },
): LegacyConsensus {
  return {
    ...draft.base,
    pending: announced === undefined ? draft.base.pending : { schedule: announced, libNum: draft.num },
    past: draft.past.after(header, id),
    savannaGenesis: draft.base.savannaGenesis ?? changes.savannaGenesis,
    wtmsig: draft.base.wtmsig || changes.wtmsig === true,
  };
}

/** Each block confirms itself and `confirmed` earlier ones; one that reaches zero is proposed irreversible. */
function confirm(parent: LegacyConsensus, num: number, confirmed: number): { counts: number[]; proposed: number } {
  const required = Math.floor((parent.active.producers.length * 2) / 3) + 1;
  const counts = [...parent.confirmCount.slice(-(MAX_TRACKED_CONFIRMATIONS - 1)), required];
  let i = counts.length - 1;
  for (let left = confirmed + 1; i >= 0 && left > 0; left--, i--) {
    const missing = (counts[i] as number) - 1;
    counts[i] = missing;
    if (missing === 0) return { counts: counts.slice(i + 1), proposed: num - (counts.length - 1 - i) };
  }
  return { counts, proposed: parent.proposedIrreversible };
}

/** The block that more than two thirds of the producers imply to be irreversible. */
function lastIrreversible(parent: LegacyConsensus, producer: string, proposed: number): number {
  const implied = Object.entries(parent.lastImpliedIrreversible).map(([name, num]) =>
    name === producer ? proposed : num,
  );
  if (implied.length === 0) return 0;
  return implied.sort((a, b) => a - b)[Math.floor((implied.length - 1) / 3)] as number;
}

function carried(
  active: ProducerSchedule,
  from: Readonly<Record<string, number>>,
  otherwise: number,
): Record<string, number> {
  return Object.fromEntries(active.producers.map(({ name }) => [name, from[name] ?? otherwise]));
}
