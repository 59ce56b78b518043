/**
 * The next block as consensus sees it, under either scheme: who is due and with which keys before anything
 * else is known, then the header that goes with a content, then the consensus after it.
 */
import {
  encodeFinalityExtension,
  type FinalityExtension,
  type FinalizerPolicy,
  finalityExtension,
  type QcClaim,
  replaceAll,
} from "../../../chain/block/finality.ts";
import {
  type BlockHeader,
  type Extension,
  HEADER_EXTENSION,
  SAVANNA_SCHEDULE_VERSION,
} from "../../../chain/block/header.ts";
import {
  fromLegacySchedule,
  type ProducerSchedule,
  readSchedule,
  type ScheduledProducer,
  type SigningAuthority,
  toLegacySchedule,
  writeSchedule,
} from "../../../chain/block/schedule.ts";
import type { LegacyPast } from "../../../chain/block/signing.ts";
import { Reader } from "../../../chain/codec/reader.ts";
import { pack } from "../../../chain/codec/writer.ts";
import type { BlockState, Consensus } from "./block-state.ts";
import { draftLegacy, finishLegacy, type LegacyDraft } from "./legacy.ts";
import {
  type Ancestor,
  lastProposedFinalizers,
  lastProposedSchedule,
  nextSavanna,
  type SavannaConsensus,
  savannaAfter,
  scheduledAt,
} from "./savanna.ts";

/** WTMSIG_BLOCK_SIGNATURES, known to consensus because it changes how schedules travel. */
export const WTMSIG_DIGEST = "299dcb6af692324b899b39f16d5a530a33062804e41f09dc97e9f156b4476707";

interface DraftFacts {
  readonly parent: BlockState;
  readonly num: number;
  readonly slot: number;
  readonly producer: string;
  readonly authority: SigningAuthority;
}
export type Draft = DraftFacts &
  (
    | { readonly kind: "legacy"; readonly legacy: LegacyDraft }
    | { readonly kind: "savanna"; readonly base: SavannaConsensus }
  );

/** What a block's content adds to its header. */
export interface HeaderContent {
  transactionMroot: string;
  actionMroot: string;
  /** Digests of protocol features that become active with this block. */
  features: readonly string[];
  /** Legacy: announced in this block. Savanna: proposed in this block. */
  producers: ScheduledProducer[] | undefined;
  finalizers: Omit<FinalizerPolicy, "generation"> | undefined;
  /** Savanna only. */
  claim: QcClaim | undefined;
}

/** Savanna's consensus for the block after `parent`, `undefined` while that one is still legacy. */
export function savannaBase(parent: BlockState): SavannaConsensus | undefined {
  const { consensus } = parent;
  if (consensus.kind === "savanna") return consensus;
  const genesis = consensus.savannaGenesis;
  return genesis !== undefined && consensus.irreversible >= genesis.num ? savannaAfter(consensus, genesis) : undefined;
}

/** The block at `slot` on top of `parent`: who is due, with which keys. `undefined` when nobody is scheduled. */
export function draftBlock(parent: BlockState, slot: number, confirmed: number): Draft | undefined {
  const base = savannaBase(parent);
  const num = parent.num + 1;
  if (base !== undefined) {
    const due = scheduledAt(base, parent.slot, slot);
    return due && { kind: "savanna", parent, num, slot, producer: due.name, authority: due.authority, base };
  }
  if (parent.consensus.kind !== "legacy") return undefined;
  const legacy = draftLegacy(parent.consensus, parent.num, slot, confirmed);
  return (
    legacy && { kind: "legacy", parent, num, slot, producer: legacy.producer, authority: legacy.authority, legacy }
  );
}

/** What a legacy signature commits to beyond the header; nothing under Savanna. */
export function pastOf(draft: Draft): LegacyPast | undefined {
  return draft.kind === "legacy" ? draft.legacy.past : undefined;
}

export function makeHeader(draft: Draft, content: HeaderContent): BlockHeader {
  const extensions: Extension[] = [];
  if (content.features.length > 0) {
    const data = pack((writer) => writer.vector(content.features, (digest) => writer.checksum256(digest)));
    extensions.push({ type: HEADER_EXTENSION.protocolFeatures, data });
  }
  const header: BlockHeader = {
    slot: draft.slot,
    producer: draft.producer,
    confirmed: draft.kind === "legacy" ? draft.legacy.confirmed : 0,
    previous: draft.parent.id,
    transactionMroot: content.transactionMroot,
    actionMroot: content.actionMroot,
    scheduleVersion: draft.kind === "legacy" ? draft.legacy.scheduleVersion : SAVANNA_SCHEDULE_VERSION,
    extensions,
  };
  if (draft.kind === "legacy") addLegacyParts(draft.legacy, header, content);
  else extensions.push(finalityPart(savannaExtension(draft.base, draft, content)));
  return header;
}

function addLegacyParts(draft: LegacyDraft, header: BlockHeader, content: HeaderContent): void {
  if (content.producers !== undefined) {
    const schedule = { version: draft.base.active.version + 1, producers: content.producers };
    if (draft.base.wtmsig) {
      const data = pack((writer) => writeSchedule(writer, schedule));
      header.extensions.push({ type: HEADER_EXTENSION.producerSchedule, data });
    } else {
      header.newProducers = toLegacySchedule(schedule);
    }
  }
  const genesis = draft.base.savannaGenesis;
  if (genesis !== undefined) {
    header.extensions.push(finalityPart({ qcClaim: { blockNum: genesis.num, strong: false } }));
  } else if (content.finalizers !== undefined) {
    const { threshold, finalizers } = content.finalizers;
    const finalizerPolicy = { generation: 1, threshold, finalizers: replaceAll([], finalizers) };
    header.extensions.push(finalityPart({ qcClaim: { blockNum: draft.num, strong: false }, finalizerPolicy }));
  }
}

function savannaExtension(base: SavannaConsensus, block: { slot: number }, content: HeaderContent): FinalityExtension {
  const extension: FinalityExtension = { qcClaim: content.claim ?? base.claim };
  if (content.producers !== undefined) {
    const before = lastProposedSchedule(base);
    const producers = replaceAll(before.producers, content.producers);
    extension.proposerPolicy = { version: before.version + 1, proposalSlot: block.slot, producers };
  }
  if (content.finalizers !== undefined) {
    const before = lastProposedFinalizers(base);
    const finalizers = replaceAll(before.finalizers, content.finalizers.finalizers);
    extension.finalizerPolicy = {
      generation: before.generation + 1,
      threshold: content.finalizers.threshold,
      finalizers,
    };
  }
  return extension;
}

function finalityPart(extension: FinalityExtension): Extension {
  return { type: HEADER_EXTENSION.finality, data: encodeFinalityExtension(extension) };
}

/** Digests of the protocol features that a header activates. */
export function activatedFeatures(header: BlockHeader): string[] {
  const extension = header.extensions.find(({ type }) => type === HEADER_EXTENSION.protocolFeatures);
  return extension === undefined ? [] : new Reader(extension.data).vector((reader) => reader.checksum256());
}

/** The schedule that a legacy header announces. */
export function announcedSchedule(header: BlockHeader): ProducerSchedule | undefined {
  if (header.newProducers !== undefined) return fromLegacySchedule(header.newProducers);
  const extension = header.extensions.find(({ type }) => type === HEADER_EXTENSION.producerSchedule);
  return extension === undefined ? undefined : readSchedule(new Reader(extension.data));
}

/** The consensus after a drafted block with this header. `ancestor` finds a block of its branch by number. */
export function consensusAfter(
  draft: Draft,
  header: BlockHeader,
  id: string,
  ancestor: (num: number) => { slot: number; consensus: Consensus } | undefined,
): Consensus {
  const extension = finalityExtension(header);
  if (draft.kind === "legacy") {
    const policy = extension?.finalizerPolicy;
    const finalizers = policy && {
      generation: 1,
      threshold: policy.threshold,
      finalizers: policy.finalizers.insert.map(({ value }) => value),
    };
    return finishLegacy(draft.legacy, header, id, announcedSchedule(header), {
      savannaGenesis: finalizers && { num: draft.num, slot: draft.slot, finalizers },
      wtmsig: activatedFeatures(header).includes(WTMSIG_DIGEST),
    });
  }
  const { base, parent } = draft;
  const finality = extension ?? { qcClaim: base.claim };
  const block = { num: draft.num, slot: draft.slot, parentSlot: parent.slot };
  return nextSavanna(
    base,
    block,
    finality,
    claimedAncestor(base, finality.qcClaim, ancestor),
    (num) => ancestor(num)?.slot ?? base.finalSlot,
  );
}

function claimedAncestor(
  base: SavannaConsensus,
  claim: QcClaim,
  ancestor: (num: number) => { slot: number; consensus: Consensus } | undefined,
): Ancestor {
  const found = claim.blockNum === base.claim.blockNum ? undefined : ancestor(claim.blockNum);
  if (found?.consensus.kind !== "savanna")
    return { num: claim.blockNum, slot: base.claimSlot, claim: { blockNum: base.final, strong: false } };
  return { num: claim.blockNum, slot: found.slot, claim: found.consensus.claim };
}
