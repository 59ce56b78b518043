/** What became of transactions this node has seen; `get_transaction_status`. */
import { receiptTransactionId } from "../../../chain/block/block.ts";
import { formatBlockTime, formatTimePoint } from "../../../chain/time.ts";
import type { Controller } from "../chain/controller.ts";
import type { IncomingTransaction } from "../chain/incoming-transaction.ts";
import type { BlockState } from "../consensus/block-state.ts";

interface Tracked {
  expiration: number;
  /** Absent while it is only known here. */
  block: { id: string; num: number; slot: number } | undefined;
  irreversible: boolean;
}

const MAX_TRACKED = 20_000;

export class TransactionStatus {
  private readonly tracked = new Map<string, Tracked>();

  /** A transaction ran here. */
  local(incoming: IncomingTransaction): void {
    this.put(incoming.id, { expiration: incoming.transaction.expiration, block: undefined, irreversible: false });
  }

  applied(state: BlockState): void {
    for (const id of idsOf(state)) {
      const known = this.tracked.get(id);
      this.put(id, {
        expiration: known?.expiration ?? 0,
        block: { id: state.id, num: state.num, slot: state.slot },
        irreversible: false,
      });
    }
  }

  irreversible(state: BlockState): void {
    for (const id of idsOf(state)) {
      const known = this.tracked.get(id);
      if (known !== undefined) this.tracked.set(id, { ...known, irreversible: true });
    }
  }

  answer(id: string, controller: Controller) {
    const known = this.tracked.get(id);
    const { head, root } = controller;
    return {
      state: this.stateOf(known, controller),
      ...(known?.block === undefined
        ? {}
        : {
            block_number: known.block.num,
            block_id: known.block.id,
            block_timestamp: formatBlockTime(known.block.slot),
          }),
      ...(known === undefined || known.expiration === 0
        ? {}
        : { expiration: formatTimePoint(known.expiration * 1000) }),
      head_number: head.num,
      head_id: head.id,
      head_timestamp: formatBlockTime(head.slot),
      irreversible_number: root.num,
      irreversible_id: root.id,
      irreversible_timestamp: formatBlockTime(root.slot),
      earliest_tracked_block_id: root.id,
      earliest_tracked_block_number: root.num,
    };
  }

  private stateOf(known: Tracked | undefined, controller: Controller): string {
    if (known === undefined) return "UNKNOWN";
    if (known.irreversible) return "IRREVERSIBLE";
    if (known.block === undefined) return "LOCALLY_APPLIED";
    return controller.blocks.idByNum(known.block.num) === known.block.id ? "IN_BLOCK" : "FORKED_OUT";
  }

  private put(id: string, tracked: Tracked): void {
    if (this.tracked.size >= MAX_TRACKED) {
      const oldest = this.tracked.keys().next().value;
      if (oldest !== undefined) this.tracked.delete(oldest);
    }
    this.tracked.set(id, tracked);
  }
}

function idsOf(state: BlockState): string[] {
  return (state.block?.receipts ?? []).map(receiptTransactionId);
}
