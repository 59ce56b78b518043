/** Both consensus schemes, replayed over the blocks of a real nodeos and held against what it logged about them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loggedBlocks, recordedBlocks, recordedGenesis } from "../../../../test/testchain/recording.ts";
import { certificateOf, decodeBlock, signaturesOf } from "../../../chain/block/block.ts";
import { finalityExtension } from "../../../chain/block/finality.ts";
import { type BlockHeader, blockId } from "../../../chain/block/header.ts";
import { satisfies } from "../../../chain/block/schedule.ts";
import { signersOf } from "../../../chain/block/signing.ts";
import { startFromGenesis } from "../chain/genesis-state.ts";
import { type BlockState, irreversibleOf, isBetter } from "./block-state.ts";
import {
  activatedFeatures,
  announcedSchedule,
  consensusAfter,
  type Draft,
  draftBlock,
  type HeaderContent,
  makeHeader,
  pastOf,
} from "./draft.ts";
import { certifies, isStrong } from "./votes.ts";

interface Replayed {
  draft: Draft;
  state: BlockState;
}

/** Blocks by number with the consensus after each. */
function replay(): Map<number, Replayed> {
  const chain = new Map<number, Replayed>();
  const root = startFromGenesis(recordedGenesis()).root;
  const ancestor = (num: number) => (num === 1 ? root : chain.get(num)?.state);
  let parent = root;
  for (const raw of recordedBlocks()) {
    const block = decodeBlock(raw);
    const { header } = block;
    const draft = draftBlock(parent, header.slot, header.confirmed);
    assert.ok(draft !== undefined);
    assert.equal(parent.id, header.previous);
    const id = blockId(header);
    const consensus = consensusAfter(draft, header, id, ancestor);
    const { num } = draft;
    const facts = { id, num, slot: header.slot, previous: parent.id, header, block, raw, consensus };
    parent = { ...facts, tally: undefined, applied: true };
    chain.set(num, { draft, state: parent });
  }
  return chain;
}

const chain = replay();
const blocks = [...chain.values()];
const stateOf = (num: number) => (chain.get(num) as Replayed).state;

test("every recorded block is by the producer that is due and signed with its key", () => {
  assert.equal(blocks.length, 226);
  for (const { draft, state } of blocks) {
    assert.equal(draft.producer, state.header.producer, `who is due in block ${state.num}`);
    const signatures = state.block === undefined ? [] : signaturesOf(state.block);
    const signers = signersOf(state.header, signatures, pastOf(draft));
    assert.ok(satisfies(draft.authority, signers), `who signed block ${state.num}`);
  }
});

test("the last irreversible block is what nodeos logged, through legacy, transition and Savanna", () => {
  const logged = loggedBlocks("producer-savanna");
  assert.equal(logged.length, 226);
  for (const { num, lib } of logged) assert.equal(irreversibleOf(stateOf(num).consensus), lib, `lib of block ${num}`);
});

test("Savanna takes over at the block nodeos logged, and not before its first policy is irreversible", () => {
  // "Transitioning to savanna, IF Genesis Block 82, IF Critical Block 124"
  const first = blocks.find(({ draft }) => draft.kind === "savanna");
  assert.equal(first?.state.num, 125);
  const { consensus } = stateOf(124);
  assert.equal(consensus.kind === "legacy" && consensus.savannaGenesis?.num, 82);
});

/** What the chain's content added to a recorded header, taken out of it. */
function contentOf(draft: Draft, header: BlockHeader): HeaderContent {
  const extension = finalityExtension(header);
  const policy = extension?.finalizerPolicy;
  return {
    transactionMroot: header.transactionMroot,
    actionMroot: header.actionMroot,
    features: activatedFeatures(header),
    producers: announcedSchedule(header)?.producers,
    finalizers: policy && {
      threshold: policy.threshold,
      finalizers: policy.finalizers.insert.map(({ value }) => value),
    },
    claim: draft.kind === "savanna" ? extension?.qcClaim : undefined,
  };
}

test("a header made from a draft and the recorded content has the recorded id", () => {
  for (const { draft, state } of blocks) {
    assert.equal(blockId(makeHeader(draft, contentOf(draft, state.header))), state.id, `block ${state.num}`);
  }
});

test("the recorded chain has what makes headers differ: features, a schedule, a finalizer policy", () => {
  const having = (test: (header: BlockHeader) => boolean) => blocks.filter(({ state }) => test(state.header));
  assert.ok(having((header) => activatedFeatures(header).length > 0).length >= 2);
  assert.deepEqual(
    having((header) => announcedSchedule(header) !== undefined).map(({ state }) => state.num),
    [30],
  );
  assert.deepEqual(
    having((header) => finalityExtension(header)?.finalizerPolicy !== undefined).map(({ state }) => state.num),
    [82],
  );
});

test("every recorded certificate reaches the threshold, and is strong when the claim says so", () => {
  let seen = 0;
  for (const { state } of blocks) {
    const certificate = state.block && certificateOf(state.block);
    if (certificate === undefined) continue;
    seen += 1;
    const { consensus } = stateOf(certificate.blockNum);
    assert.ok(consensus.kind === "savanna");
    assert.ok(certifies(certificate, consensus.finalizers, consensus.pendingFinalizers?.policy));
    const claim = finalityExtension(state.header)?.qcClaim;
    assert.deepEqual(claim, { blockNum: certificate.blockNum, strong: isStrong(certificate) });
  }
  assert.ok(seen > 90, `${seen} certificates`);
});

test("each recorded block is a better head than its parent", () => {
  for (const { state } of blocks.slice(1)) assert.ok(isBetter(state, stateOf(state.num - 1)), `block ${state.num}`);
});
