/**
 * What the watch loop's findings are called, in the reader's language. One sentence for one fact, whoever shows it: the
 * command line, the portal, later those who are told.
 */
import type {
  ChainView,
  HappeningView,
  NodeView,
  PairReason,
  PairView,
  SightProblem,
  SiteView,
  SlotState,
} from "../api/views.ts";

export interface Words {
  /** BCP 47, for dates and numbers. */
  language: "en" | "es";
  /** What happened, as a sentence without a full stop. */
  happening(happening: HappeningView): string;
  /** Which node of a pair produces, and whether the other could. */
  pair(pair: Pick<PairView, "account" | "primary" | "secondary" | "active"> & { reason: PairReason }): string;
  slotState: Readonly<Record<SlotState, string>>;
  /** Why a node cannot be seen. */
  sightProblem: Readonly<Record<SightProblem, string>>;
  siteStatus: Readonly<Record<SiteView["status"], string>>;
  nodeStatus: Readonly<Record<NodeView["status"], string>>;
  consensus: Readonly<Record<ChainView["consensus"], string>>;
  role(role: string): string;
}

/** The value of a happening's fact that is a number. */
export function count(happening: HappeningView, fact: string): number {
  const value = happening.facts[fact];
  return typeof value === "number" ? value : 0;
}

/** The value of a happening's fact that is text. */
export function name(happening: HappeningView, fact: string): string {
  return String(happening.facts[fact] ?? "");
}
