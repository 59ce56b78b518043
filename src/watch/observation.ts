/**
 * What observers tell the watch loop. An observer is one way of seeing one node, named `<node>/p2p` or
 * `<node>/http`; two of different nodes are independent.
 */
import { finalityExtension, type QcClaim } from "../chain/block/finality.ts";
import { type BlockHeader, blockNum } from "../chain/block/header.ts";
import type { Problem } from "../kit/problem.ts";

export interface SeenBlock {
  id: string;
  num: number;
  slot: number;
  producer: string;
  /** Id of the parent. */
  previous: string;
  scheduleVersion: number;
  /** Savanna: the block whose certificate this one carries or repeats. */
  claim: QcClaim | undefined;
  producerSignature: string;
}

/** `id` is known to be the header's own, so that a block's number is one more than its parent's. */
export function seenBlock(id: string, header: BlockHeader, producerSignature: string): SeenBlock {
  return {
    id,
    num: blockNum(header),
    slot: header.slot,
    producer: header.producer,
    previous: header.previous,
    scheduleVersion: header.scheduleVersion,
    claim: finalityExtension(header)?.qcClaim,
    producerSignature,
  };
}

export type Observation =
  | {
      kind: "block";
      node: string;
      observer: string;
      block: SeenBlock;
      /** When it was here, ms since 1970. */
      at: number;
      /** The time is that of arrival (p2p), not of the next poll (HTTP). */
      exact: boolean;
    }
  | {
      /** Head and LIB as the node itself states them. */
      kind: "head";
      node: string;
      observer: string;
      headNum: number;
      headId: string;
      headSlot: number | undefined;
      libNum: number;
      libId: string;
      at: number;
    }
  | { kind: "schedule"; node: string; version: number; producers: readonly string[]; at: number }
  | { kind: "clock"; node: string; offsetMs: number; roundTripMs: number; at: number }
  | { kind: "paused"; node: string; paused: boolean | undefined; problem?: Problem; at: number }
  | { kind: "version"; node: string; version: string; at: number }
  /** The observer can see its node. */
  | { kind: "up"; node: string; observer: string; latencyMs: number; at: number }
  /** It cannot, and why. */
  | { kind: "down"; node: string; observer: string; problem: Problem; at: number };
