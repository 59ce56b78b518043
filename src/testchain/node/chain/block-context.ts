/** What the actions of a block run in: its place on the chain, the state, and what it collects for the header. */
import type { FinalizerPolicy } from "../../../chain/block/finality.ts";
import type { ScheduledProducer } from "../../../chain/block/schedule.ts";
import type { Tables } from "./tables.ts";

/** What a block under construction collects besides the state. */
export interface BlockEffects {
  schedule?: ScheduledProducer[] | undefined;
  finalizers?: Omit<FinalizerPolicy, "generation"> | undefined;
}

export interface BlockContext {
  chainId: string;
  num: number;
  slot: number;
  tables: Tables;
  effects: BlockEffects;
}
