/** Runs a block of the fork database on the state, and holds what came out against its header. */
import { finalityExtension } from "../../../chain/block/finality.ts";
import { blockId } from "../../../chain/block/header.ts";
import type { BlockState } from "../consensus/block-state.ts";
import { activatedFeatures, draftBlock } from "../consensus/draft.ts";
import { failure } from "../failure.ts";
import { BlockBuilder } from "./block-builder.ts";
import { openTransaction } from "./incoming-transaction.ts";
import type { Tables } from "./tables.ts";

/**
 * Runs the block on the state of its parent, in a session that stays open. Throws a failure when a transaction
 * fails or the result is not what the header says; the state is then as before.
 */
export function applyBlock(chainId: string, tables: Tables, state: BlockState, parent: BlockState): void {
  const { block } = state;
  const draft = draftBlock(parent, state.slot, state.header.confirmed);
  if (block === undefined || draft === undefined) {
    throw failure("block_validate_exception", `block ${state.id} cannot be run`);
  }
  const depth = tables.depth;
  try {
    const builder = new BlockBuilder(chainId, tables, draft, activatedFeatures(state.header));
    for (const receipt of block.receipts) {
      if ("id" in receipt.transaction) {
        throw failure("block_validate_exception", "deferred transactions do not exist");
      }
      const trace = builder.push(openTransaction(chainId, receipt.transaction), receipt.cpuUsageUs);
      if (trace.except !== undefined) throw trace.except;
    }
    const made = blockId(builder.header(finalityExtension(state.header)?.qcClaim));
    if (made !== state.id) {
      const at = "controller.cpp:apply_block";
      throw failure("block_validate_exception", `Block ID does not match, ${made} != ${state.id}`, at);
    }
  } catch (thrown) {
    while (tables.depth > depth) tables.undo();
    throw thrown;
  }
}
