/**
 * Savanna consensus as a function from block to block: proposer policies (schedules) that change at round
 * boundaries, finalizer policies, and finality by quorum certificates. The rules of nodeos's
 * `block_header_state` and `finality_core`, without the finality tree: nothing outside of nodeos checks it.
 *
 * A value here describes the chain *after* a block; values are never changed in place, forks share them.
 */
import {
  applyFinalizerDiff,
  applyProposerDiff,
  type FinalityExtension,
  type FinalizerPolicy,
  type QcClaim,
} from "../../../chain/block/finality.ts";
import type { ProducerSchedule, ScheduledProducer } from "../../../chain/block/schedule.ts";
import { producerAt, roundStart, SLOTS_PER_ROUND } from "../../../chain/time.ts";
import type { LegacyConsensus, SavannaGenesis } from "./legacy.ts";

export interface ProposerPolicy {
  readonly schedule: ProducerSchedule;
  /** Slot of the block that proposed it. */
  readonly proposalSlot: number;
}

export interface NumberedPolicy {
  readonly num: number;
  readonly policy: FinalizerPolicy;
}

export interface SavannaConsensus {
  readonly kind: "savanna";
  readonly active: ProposerPolicy;
  readonly proposed: ProposerPolicy | undefined;
  readonly pending: ProposerPolicy | undefined;
  readonly finalizers: FinalizerPolicy;
  readonly pendingFinalizers: NumberedPolicy | undefined;
  readonly proposedFinalizers: readonly NumberedPolicy[];
  /** The newest block that a certificate is claimed for, and its slot. */
  readonly claim: QcClaim;
  readonly claimSlot: number;
  readonly final: number;
  readonly finalSlot: number;
}

/** What the rules need to know of an ancestor. */
export interface Ancestor {
  num: number;
  slot: number;
  claim: QcClaim;
}

/** At the start of Savanna: after genesis, or after the last legacy block of a transition. */
export function savannaStart(
  at: { num: number; slot: number },
  schedule: ProducerSchedule,
  finalizers: FinalizerPolicy,
  pendingSchedule?: ProducerSchedule,
): SavannaConsensus {
  return {
    kind: "savanna",
    active: { schedule, proposalSlot: 0 },
    proposed: pendingSchedule === undefined ? undefined : { schedule: pendingSchedule, proposalSlot: at.slot },
    pending: undefined,
    finalizers,
    pendingFinalizers: undefined,
    proposedFinalizers: [],
    claim: { blockNum: at.num, strong: false },
    claimSlot: at.slot,
    final: at.num,
    finalSlot: at.slot,
  };
}

/** Savanna takes over from a legacy chain: its genesis block of Savanna has become irreversible. */
export function savannaAfter(legacy: LegacyConsensus, genesis: SavannaGenesis): SavannaConsensus {
  const pending = legacy.pending.schedule.producers.length > 0 ? legacy.pending.schedule : undefined;
  return savannaStart(genesis, legacy.active, genesis.finalizers, pending);
}

/** The proposer policy for a block at `slot` on top of one at `parentSlot`. */
export function policyAt(parent: SavannaConsensus, parentSlot: number, slot: number): ProposerPolicy {
  if (roundStart(slot) === roundStart(parentSlot)) return parent.active;
  const { proposed, pending } = parent;
  const priorRound = roundStart(parentSlot) - SLOTS_PER_ROUND;
  if (proposed !== undefined && proposed.proposalSlot < priorRound && proposed.proposalSlot <= parent.finalSlot)
    return proposed;
  if (pending !== undefined && pending.proposalSlot <= parent.finalSlot) return pending;
  return parent.active;
}

export function scheduledAt(parent: SavannaConsensus, parentSlot: number, slot: number): ScheduledProducer | undefined {
  return producerAt(policyAt(parent, parentSlot, slot).schedule.producers, slot);
}

/** The newest proposal, on which the next one builds. */
export function lastProposedSchedule(consensus: SavannaConsensus): ProducerSchedule {
  return (consensus.proposed ?? consensus.pending ?? consensus.active).schedule;
}

export function lastProposedFinalizers(consensus: SavannaConsensus): FinalizerPolicy {
  return (consensus.proposedFinalizers.at(-1) ?? consensus.pendingFinalizers)?.policy ?? consensus.finalizers;
}

/** The consensus after a block. `claimed` is the ancestor that the block's claim is for. */
export function nextSavanna(
  parent: SavannaConsensus,
  block: { num: number; slot: number; parentSlot: number },
  extension: FinalityExtension,
  claimed: Ancestor,
  slotOfAncestor: (num: number) => number,
): SavannaConsensus {
  const final = extension.qcClaim.strong ? Math.max(parent.final, claimed.claim.blockNum) : parent.final;
  const next = {
    ...parent,
    ...promoteProposer(parent, block),
    ...promoteFinalizers(parent, block.num, final),
    claim: extension.qcClaim,
    claimSlot: claimed.slot,
    final,
    finalSlot: final === parent.final ? parent.finalSlot : slotOfAncestor(final),
  };
  const { proposerPolicy, finalizerPolicy } = extension;
  if (proposerPolicy !== undefined) {
    const schedule = applyProposerDiff(lastProposedSchedule(parent), proposerPolicy);
    next.proposed = { schedule, proposalSlot: proposerPolicy.proposalSlot };
  }
  if (finalizerPolicy !== undefined) {
    const policy = applyFinalizerDiff(lastProposedFinalizers(parent), finalizerPolicy);
    next.proposedFinalizers = [...next.proposedFinalizers, { num: block.num, policy }];
  }
  return next;
}

function promoteProposer(parent: SavannaConsensus, block: { slot: number; parentSlot: number }) {
  const active = policyAt(parent, block.parentSlot, block.slot);
  let { proposed, pending } = parent;
  if (active === proposed) {
    proposed = undefined;
    pending = undefined;
  } else if (active === pending) {
    pending = undefined;
  }
  const firstOfRound = roundStart(block.slot) !== roundStart(block.parentSlot);
  if (firstOfRound && proposed !== undefined && pending === undefined) {
    pending = proposed;
    proposed = undefined;
  }
  return { active, proposed, pending };
}

/** Pending becomes active when final; the newest proposal that is final becomes pending. At most one is pending. */
function promoteFinalizers(parent: SavannaConsensus, num: number, final: number) {
  let { finalizers, pendingFinalizers, proposedFinalizers } = parent;
  if (pendingFinalizers !== undefined && pendingFinalizers.num <= final) {
    finalizers = pendingFinalizers.policy;
    pendingFinalizers = undefined;
  }
  const target = proposedFinalizers.findLast((proposal) => proposal.num <= final);
  if (target !== undefined) {
    const later = proposedFinalizers.filter((proposal) => proposal.num > final);
    if (pendingFinalizers === undefined) {
      pendingFinalizers = { num, policy: target.policy };
      proposedFinalizers = later;
    } else {
      proposedFinalizers = [target, ...later];
    }
  }
  return { finalizers, pendingFinalizers, proposedFinalizers };
}
