/** A block with the consensus after it, as the fork database holds it. */
import type { SignedBlock } from "../../../chain/block/block.ts";
import type { BlockHeader } from "../../../chain/block/header.ts";
import type { LegacyConsensus } from "./legacy.ts";
import type { SavannaConsensus } from "./savanna.ts";
import type { VoteTally } from "./votes.ts";

export type Consensus = LegacyConsensus | SavannaConsensus;

export interface BlockState {
  readonly id: string;
  readonly num: number;
  readonly slot: number;
  readonly previous: string;
  readonly header: BlockHeader;
  /** Absent for block 1 and for the block that a snapshot starts at. */
  readonly block: SignedBlock | undefined;
  readonly raw: Buffer;
  readonly consensus: Consensus;
  /** Votes of finalizers on this block; it collects them for as long as the block is reversible. */
  readonly tally: VoteTally | undefined;
  /** Its transactions were run here and gave what the header says. */
  applied: boolean;
}

/**
 * What nodeos shows as the last irreversible block by this block alone. In a transition to Savanna legacy
 * consensus makes nothing irreversible beyond the block that began it.
 */
export function irreversibleOf(consensus: Consensus): number {
  if (consensus.kind === "savanna") return consensus.final;
  return Math.min(consensus.irreversible, consensus.savannaGenesis?.num ?? consensus.irreversible);
}

/**
 * True when `a` is the better head. Savanna: newest certified block, then newest block; legacy: highest
 * irreversible block, then longest chain; the id decides between equals. Savanna wins over legacy.
 */
export function isBetter(a: BlockState, b: BlockState): boolean {
  const [x, y] = [rank(a), rank(b)];
  for (let i = 0; i < x.length; i++) {
    if (x[i] !== y[i]) return (x[i] as number) > (y[i] as number);
  }
  return a.id > b.id;
}

function rank(state: BlockState): number[] {
  const { consensus } = state;
  if (consensus.kind === "savanna") return [1, consensus.claimSlot, state.slot];
  return [0, consensus.irreversible, state.num];
}
