/**
 * What the API shows: plain values for people's eyes, the only thing that the portal and the command line know
 * of the rest. Types only.
 *
 * They are public: no address, no host name, nothing that helps to find a hidden producer. Times are
 * milliseconds since 1970.
 */
import type { PairReason } from "../watch/pair.ts";
import type { Certainty, SlotState } from "../watch/verdict.ts";

export type { Certainty, PairReason, SlotState };

export type Level = "ok" | "warning" | "critical" | "unknown";

export interface SlotView {
  state: SlotState;
  certainty: Certainty;
  /** Number of the block, produced or orphaned. */
  num?: number;
  /** First seen so many ms after its timestamp (before, if negative). */
  latenessMs?: number;
}

export interface RoundView {
  chain: string;
  startSlot: number;
  /** T(startSlot), ms. */
  startsAt: number;
  producer: string;
  /** One of our accounts. */
  ours: boolean;
  /** Twelve. */
  slots: SlotView[];
  final: boolean;
}

export interface ChainView {
  name: string;
  id: string;
  consensus: "savanna" | "legacy" | "unknown";
  head?: { num: number; id: string; at: number; producer: string };
  lib?: { num: number; id: string };
  /** Producers in the order of the schedule. */
  schedule: { version: number; producers: string[] };
  /** Accounts of ours on this chain. */
  accounts: string[];
  /** Nodes that can be seen, of how many that are watched. Below two nothing can be said about missed blocks. */
  observers: { visible: number; watched: number };
  /** Since when slots are judged; absent while too little can be seen. */
  watchingSince?: number;
}

/** Why something cannot be seen; the text is chosen by code, in the reader's language. */
export type SightProblem = "unreachable" | "timeout" | "half-answer" | "garbage" | "wrong-chain" | "refused" | "other";

export interface SightView {
  state: "up" | "down" | "never" | "unwatched";
  since?: number;
  problem?: SightProblem;
}

export interface NodeView {
  name: string;
  role: string;
  chain?: string;
  site: string;
  status: "planned" | "live";
  http: SightView;
  p2p: SightView;
  headNum?: number;
  libNum?: number;
  /** Blocks behind the chain's head. */
  behind?: number;
  latencyMs?: number;
  /** > 0: its clock is ahead of ours. */
  clockOffsetMs?: number;
  version?: string;
  /** Producers: whether it may produce now. */
  paused?: boolean;
}

export interface PairView {
  name: string;
  chain: string;
  account: string;
  primary: string;
  secondary: string;
  active?: string;
  level: Level;
  /** The reason, to be said in the reader's language, and as an English sentence with its values. */
  reason: PairReason;
  because: string;
}

export interface SiteView {
  name: string;
  country: string;
  city?: string;
  rollout: number;
  status: "planned" | "building" | "live";
}

/** Something that happened; the sentence is made from kind and facts, in the reader's language. */
export interface HappeningView {
  id: string;
  at: number;
  level: Level;
  chain: string;
  kind: "round" | "fork" | "schedule" | "node-down" | "node-up" | "pair";
  facts: Record<string, string | number>;
}

export interface StateView {
  /** The server's clock when this was made. */
  now: number;
  organisation: string;
  /** A test chain on this machine, or a real fleet. */
  mode: "demo" | "fleet";
  /** The record of the past is being written. */
  recording: boolean;
  chains: ChainView[];
  /** The last rounds of each chain, oldest first. */
  rounds: RoundView[];
  nodes: NodeView[];
  pairs: PairView[];
  sites: SiteView[];
  /** Newest first. */
  happenings: HappeningView[];
}

/** What changed: lists hold only the items that did, each whole. With nothing but `now` it says that we are there. */
export type UpdateView = { now: number } & Partial<Omit<StateView, "now" | "organisation" | "mode" | "sites">>;

/** A round of the record. */
export interface PastRoundView {
  chain: string;
  startSlot: number;
  startsAt: number;
  producer: string;
  slots: SlotState[];
  final: boolean;
}

/** How a producer did over a span of time. */
export interface ProducerSummary {
  producer: string;
  rounds: number;
  produced: number;
  late: number;
  missed: number;
  orphaned: number;
  unknown: number;
}

/** The body of an answer that is an error. */
export interface ErrorView {
  error: { code: string; message: string; expected?: string; help?: string };
}
