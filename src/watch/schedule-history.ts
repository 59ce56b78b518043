/**
 * Which schedule was in force when. Nodes only say which one is active now; from when on follows from the
 * blocks: in legacy each header names its schedule's version, under Savanna a schedule changes at the first slot of
 * a round and the producers of the blocks tell which.
 */
import { producerAt, roundStart, SLOTS_PER_ROUND } from "../chain/time.ts";

export interface ScheduleInForce {
  version: number;
  producers: readonly string[];
  /** First slot under it; the first schedule that was learnt counts from the beginning. */
  fromSlot: number;
}

/** What is known about a block for placing a schedule change. */
export interface ScheduleEvidence {
  slot: number;
  producer: string;
  /** Version in the header; `undefined` under Savanna, whose headers do not say. */
  version: number | undefined;
}

export class ScheduleHistory {
  private readonly entries: ScheduleInForce[] = [];

  get current(): ScheduleInForce | undefined {
    return this.entries.at(-1);
  }

  at(slot: number): ScheduleInForce | undefined {
    return this.entries.findLast((entry) => entry.fromSlot <= slot) ?? this.entries[0];
  }

  /** Who is due in a slot. */
  dueAt(slot: number): string | undefined {
    return producerAt(this.at(slot)?.producers ?? [], slot);
  }

  /**
   * A node says that this schedule is active. `nowSlot` is the slot of that moment; `recent` are the newest
   * blocks of the chain, in any order. Returns the entry when it is new.
   */
  learn(
    schedule: { version: number; producers: readonly string[] },
    nowSlot: number,
    recent: readonly ScheduleEvidence[],
  ): ScheduleInForce | undefined {
    const { current } = this;
    if (current !== undefined && schedule.version <= current.version) return undefined;
    const fromSlot = current === undefined ? 0 : changeSlot(current, schedule, nowSlot, recent);
    const entry = { ...schedule, fromSlot };
    this.entries.push(entry);
    if (this.entries.length > 16) this.entries.shift();
    return entry;
  }
}

function changeSlot(
  before: ScheduleInForce,
  after: { version: number; producers: readonly string[] },
  nowSlot: number,
  recent: readonly ScheduleEvidence[],
): number {
  const blocks = recent.filter(({ slot }) => slot >= before.fromSlot).sort((a, b) => a.slot - b.slot);
  const named = blocks.find(({ version }) => version === after.version);
  if (named !== undefined) return named.slot;
  if (blocks.some(({ version }) => version !== undefined)) return nowSlot + 1;
  // the newest boundary at which every block before fits the old schedule and every block since the new one
  const newest = roundStart(nowSlot + 1);
  const oldest = roundStart(blocks[0]?.slot ?? newest);
  for (let boundary = newest; boundary >= oldest; boundary -= SLOTS_PER_ROUND) {
    const fits = blocks.every(
      ({ slot, producer }) => producerAt(slot < boundary ? before.producers : after.producers, slot) === producer,
    );
    if (fits) return boundary;
  }
  return newest;
}
