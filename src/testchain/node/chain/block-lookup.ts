/** Blocks by number and id: reversible ones from the fork database, older ones from the block log. */
import { blockNumOf } from "../../../chain/block/header.ts";
import type { BlockState } from "../consensus/block-state.ts";
import type { ForkDatabase } from "../consensus/fork-database.ts";
import type { BlockLog } from "./block-log.ts";

export class BlockLookup {
  private readonly forks: ForkDatabase;
  private readonly log: BlockLog;
  private readonly head: () => BlockState;

  /** `head` gives the newest block whose content is in the state: the current chain ends there. */
  constructor(forks: ForkDatabase, log: BlockLog, head: () => BlockState) {
    this.forks = forks;
    this.log = log;
    this.head = head;
  }

  /** Number of the oldest block that can be had. */
  get earliest(): number {
    return this.log.first || this.forks.root.num;
  }

  /** A serialised block of the current chain by number, reversible or not. */
  rawByNum(num: number): Buffer | undefined {
    if (num > this.head().num) return undefined;
    if (num > this.forks.root.num) return this.forks.ancestorAt(this.head(), num)?.raw;
    return this.log.read(num);
  }

  /** A serialised block by id, on whatever branch. */
  rawById(id: string): Buffer | undefined {
    const state = this.forks.get(id);
    if (state !== undefined && state.raw.length > 0) return state.raw;
    const num = blockNumOf(id);
    return this.log.idOf(num) === id ? this.log.read(num) : undefined;
  }

  /** Id of a block of the current chain. */
  idByNum(num: number): string | undefined {
    if (num > this.head().num) return undefined;
    if (num >= this.forks.root.num) return this.forks.ancestorAt(this.head(), num)?.id;
    return this.log.idOf(num);
  }
}
