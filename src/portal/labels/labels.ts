/**
 * What the page itself says, in one language: headings, buttons, explanations. What the watch loop found is said in
 * the words of src/words. One type for all languages, so that a text which is missing in one does not compile.
 */
import type { Certainty, Level, SlotState } from "../../api/views.ts";
import type { Format } from "../format.ts";
import type { Trouble } from "../parts/troubles.ts";

export interface Labels {
  /** Of the language, in itself. */
  languageName: string;
  skip: string;
  demo: { badge: string; hint: string };
  theme: { name: string; system: string; dark: string; light: string };
  link: { opening: string; live: string; lost: string };
  lost: {
    /** `at` is a time of day, `ago` how long ago that was. */
    lastAlive(at: string, ago: string): string;
    neverAlive: string;
    tryingAgain: string;
  };
  headline: Record<"opening" | "lost" | Level, string>;
  /** Said under the headline when nothing is wrong, as far as it applies. */
  quiet: { seen(watched: number): string; pairs: string; blocks: string };
  /** A sentence without a full stop. */
  trouble(trouble: Trouble, format: Format): string;
  level: Record<Level, string>;
  chain: ChainLabels;
  /** Of a producer: one of our accounts. */
  ours: string;
  rounds: RoundLabels;
  legend: { heading: string; state: Record<SlotState, string>; certainty: Record<Certainty, string> };
  pairs: { heading: string; explanation: string; primary: string; secondary: string; account: string };
  production: { producing: string; paused: string; notKnown: string };
  fleet: FleetLabels;
  happenings: { heading: string; none: string; more(count: number): string; fewer: string };
  foot: { heading: string; api: string; endpoints: Record<"state" | "events" | "rounds" | "producers", string> };
  /** In which zone times are shown. */
  zone(timeZone: string): string;
}

export interface ChainLabels {
  heading(name: string): string;
  id: string;
  copy: string;
  copied: string;
  consensus: string;
  head: string;
  lib: string;
  noHead: string;
  notKnown: string;
  justNow: string;
  by(producer: string): string;
  behindHead(blocks: number): string;
  onDuty: string;
  /** `span` is a length of time. */
  afterwards(producer: string, span: string): string;
  nextTurn: string;
  /** Of an account. */
  of(account: string): string;
  now: string;
  inSpan(span: string): string;
  notScheduled: string;
  seenOf(visible: number, watched: number): string;
  tooFew: string;
  schedule(version: number): string;
}

export interface RoundLabels {
  heading: string;
  explanation: string;
  none: string;
  columns: { begins: string; producer: string; result: string };
  /** Between two rounds, for so long. */
  gap(span: string): string;
  more(count: number): string;
  fewer: string;
  /** The round under way. */
  underWay: string;
  /** So many of its twelve blocks are on the chain. */
  produced(count: number): string;
  counts: Record<"late" | "missed" | "orphaned" | "unknown", (count: number) => string>;
  slot(position: number): string;
  block(num: string): string;
  early(ms: string): string;
  late(ms: string): string;
  certainty: Record<Certainty, string>;
  /** The same as a sentence. */
  certaintyMeans: Record<Certainty, string>;
}

export interface FleetLabels {
  heading: string;
  explanation: string;
  others: string;
  noNode: string;
  node: string;
  chain: string;
  production: string;
  head: string;
  behind: string;
  lib: string;
  clock: string;
  version: string;
  seen: string;
  notYetSeen: string;
  notWatched: string;
  /** Since so long. */
  since(span: string): string;
  /** Of values of a node that cannot be seen any more. */
  lastKnown: string;
}
