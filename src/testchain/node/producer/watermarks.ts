/**
 * Legacy only: the newest block that each of our producers has signed, as this process saw it. It keeps a
 * producer from confirming a block twice. Under Savanna nodeos keeps no such thing.
 */
import { isSavanna } from "../../../chain/block/header.ts";
import { formatBlockTime } from "../../../chain/time.ts";
import type { BlockState } from "../consensus/block-state.ts";

const MAX_CONFIRMED = 0xffff;

export class Watermarks {
  private readonly producers: ReadonlySet<string>;
  private readonly newest = new Map<string, { num: number; slot: number }>();

  /** Keeps watermarks of these producers only. */
  constructor(producers: readonly string[]) {
    this.producers = new Set(producers);
  }

  /** A block was applied, ours or another's: a second node with our producer moves the watermark too. */
  note(state: BlockState): void {
    const { producer } = state.header;
    if (isSavanna(state.header) || !this.producers.has(producer)) return;
    const known = this.newest.get(producer);
    if (known === undefined || known.slot < state.slot) this.newest.set(producer, { num: state.num, slot: state.slot });
  }

  /** Why `producer` must not build on `head` for `slot`; `undefined` when it may. */
  refusal(head: BlockState, slot: number, producer: string): string | undefined {
    const watermark = head.consensus.kind === "legacy" ? this.newest.get(producer) : undefined;
    if (watermark === undefined) return undefined;
    if (watermark.num > head.num) {
      return `"${producer}" signed a block at a higher block number (${watermark.num}) than the current fork's head (${head.num})`;
    }
    if (watermark.slot >= slot) {
      return (
        `"${producer}" signed a block at the next block time or later (${formatBlockTime(watermark.slot)}) ` +
        `than the pending block time (${formatBlockTime(slot)})`
      );
    }
    return undefined;
  }

  /** How many earlier blocks `producer` confirms with one on `head`: all since its last, none before `rootNum`. */
  blocksToConfirm(head: BlockState, rootNum: number, producer: string): number {
    const watermark = head.consensus.kind === "legacy" ? this.newest.get(producer) : undefined;
    if (watermark === undefined || watermark.num >= head.num) return 0;
    return Math.min(head.num - watermark.num, head.num - rootNum, MAX_CONFIRMED);
  }
}
