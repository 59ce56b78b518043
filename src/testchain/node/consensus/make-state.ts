/** A block of the fork database from its parts: the consensus after it, and room for votes on it. */
import type { SignedBlock } from "../../../chain/block/block.ts";
import type { BlockState, Consensus } from "./block-state.ts";
import { consensusAfter, type Draft } from "./draft.ts";
import type { ForkDatabase } from "./fork-database.ts";
import { VoteTally } from "./votes.ts";

/** `id` is that of `raw`, whose parent is in `forks`. Throws for header extensions that cannot be read. */
export function makeState(forks: ForkDatabase, draft: Draft, block: SignedBlock, raw: Buffer, id: string): BlockState {
  const { parent } = draft;
  const consensus = consensusAfter(draft, block.header, id, (num) => forks.ancestorAt(parent, num));
  const { header } = block;
  return {
    id,
    num: draft.num,
    slot: header.slot,
    previous: parent.id,
    header,
    block,
    raw,
    consensus,
    tally: tallyFor(consensus),
    applied: false,
  };
}

/** Room for the votes on a block with this consensus; none on legacy blocks. */
export function tallyFor(consensus: Consensus): VoteTally | undefined {
  if (consensus.kind === "legacy") return undefined;
  return new VoteTally(consensus.finalizers, consensus.pendingFinalizers?.policy);
}
