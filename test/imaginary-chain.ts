/**
 * Chains that never ran, for tests of what watches chains: blocks with ids that say where they belong, and the
 * sightings that observers would have of them.
 */
import { createHash } from "node:crypto";
import { producerAt, timeOf } from "../src/chain/time.ts";
import type { Observation, SeenBlock } from "../src/watch/observation.ts";

/** What becomes of one slot. */
export type Fate =
  /** Produced; first seen so many ms after its timestamp. */
  | { kind: "block"; latenessMs: number }
  | { kind: "nothing" }
  /** Signed and seen in time, and then nobody builds on it. */
  | { kind: "orphan" };

export interface ImaginaryChain {
  blocks: SeenBlock[];
  /** Slots whose block nobody built on. */
  orphans: SeenBlock[];
  /** When each block is first seen, by id. */
  seenAt: Map<string, number>;
}

export interface ImaginaryFacts {
  producers: readonly string[];
  firstSlot: number;
  fates: readonly Fate[];
  consensus: "legacy" | "savanna";
}

/** A chain that begins with a block right before `firstSlot` and goes on as its fates say. */
export function imagineChain({ producers, firstSlot, fates, consensus }: ImaginaryFacts): ImaginaryChain {
  const seenAt = new Map<string, number>();
  const orphans: SeenBlock[] = [];
  const make = (slot: number, parent: SeenBlock | undefined, latenessMs: number, mark = ""): SeenBlock => {
    const num = (parent?.num ?? 1000) + 1;
    const block: SeenBlock = {
      id: num.toString(16).padStart(8, "0") + createHash("sha256").update(`${slot}${mark}`).digest("hex").slice(8),
      num,
      slot,
      producer: producerAt(producers, slot) ?? "",
      previous: parent?.id ?? "0".repeat(64),
      scheduleVersion: 1,
      claim: consensus === "legacy" ? undefined : { blockNum: num - 1, strong: true },
      producerSignature: "",
    };
    seenAt.set(block.id, timeOf(slot) + latenessMs);
    return block;
  };
  const blocks = [make(firstSlot - 1, undefined, -30)];
  for (const [i, fate] of fates.entries()) {
    const slot = firstSlot + i;
    if (fate.kind === "block") blocks.push(make(slot, blocks.at(-1), fate.latenessMs));
    if (fate.kind === "orphan") orphans.push(make(slot, blocks.at(-1), -30, "orphan"));
  }
  return { blocks, orphans, seenAt };
}

/** A node's sighting of a block over p2p, `delayMs` after it was first seen anywhere. */
export function sighting(chain: ImaginaryChain, block: SeenBlock, node: string, delayMs: number): Observation {
  const at = (chain.seenAt.get(block.id) ?? 0) + delayMs;
  return { kind: "block", node, observer: `${node}/p2p`, block, at, exact: true };
}
