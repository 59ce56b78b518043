/**
 * What became of one slot. A slot is *missed* when the chain goes from a block before it to one behind it; until
 * there is one behind it, a slot whose block is overdue counts as missed provisionally. Verdicts are
 * computed from what is known now, so a fork switch changes them by itself.
 */
import { timeOf } from "../chain/time.ts";
import type { BlockTree, TreeBlock } from "./block-tree.ts";

/** A block that is not here so long after its timestamp is overdue, and late when it comes after all. */
export const OVERDUE_MS = 120;
/** Fewer observers than this cannot tell a missing block from a blind eye. */
export const QUORUM = 2;

export type SlotState =
  /** Its time has not come, or the block may still be on its way. */
  | "due"
  | "produced"
  /** Produced, but first seen more than {@link OVERDUE_MS} after its timestamp. */
  | "late"
  | "missed"
  /** A block was signed but is not part of the chain. */
  | "orphaned"
  /** Nobody was watching, or too few. */
  | "unknown";

export type Certainty =
  /** Nothing behind it yet. */
  | "provisional"
  /** The chain has gone past it; a fork switch can still change it. */
  | "canonical"
  /** A later block is irreversible. */
  | "final";

export interface SlotVerdict {
  slot: number;
  state: SlotState;
  certainty: Certainty;
  block?: TreeBlock;
  /** First seen so many ms after (before, if negative) its timestamp; absent where nobody saw it arrive. */
  latenessMs?: number;
}

export interface VerdictView {
  tree: BlockTree;
  now: number;
  /** Slot of the last irreversible block, 0 while unknown. */
  libSlot: number;
  /** First slot that was watched from its beginning. */
  since: number;
  /** Independent observers that can see right now. */
  observers: number;
}

export function judgeSlot(slot: number, view: VerdictView): SlotVerdict {
  const { tree, now } = view;
  const headSlot = tree.head?.slot ?? 0;
  const certainty: Certainty = view.libSlot > slot ? "final" : headSlot > slot ? "canonical" : "provisional";
  const block = tree.canonical(slot);
  if (block !== undefined) return produced(slot, block, view.libSlot >= slot ? "final" : certainty);
  if (slot < view.since) return { slot, state: "unknown", certainty };
  if (headSlot > slot) return gap(slot, certainty, tree);
  if (now < timeOf(slot) + OVERDUE_MS) return { slot, state: "due", certainty };
  return { slot, state: view.observers >= QUORUM ? "missed" : "unknown", certainty };
}

function produced(slot: number, block: TreeBlock, certainty: Certainty): SlotVerdict {
  if (!block.exact) return { slot, state: "produced", certainty, block };
  const latenessMs = block.firstSeenAt - timeOf(slot);
  return { slot, state: latenessMs > OVERDUE_MS ? "late" : "produced", certainty, block, latenessMs };
}

function gap(slot: number, certainty: Certainty, tree: BlockTree): SlotVerdict {
  const { before, after } = tree.around(slot);
  if (after === undefined || before === undefined || before.slot > slot) return { slot, state: "unknown", certainty };
  const [orphan] = tree.orphans(slot);
  return orphan === undefined
    ? { slot, state: "missed", certainty }
    : { slot, state: "orphaned", certainty, block: orphan };
}
