/** English. */
import { english as words } from "../../words/english.ts";
import type { Format } from "../format.ts";
import type { Trouble } from "../parts/troubles.ts";
import type { Labels } from "./labels.ts";

export const english: Labels = {
  languageName: "English",
  skip: "Skip to the state of things",
  demo: {
    badge: "test chain",
    hint: "This chain runs on this machine, for trying things out. To see what a failure looks like, run",
  },
  theme: { name: "Colours", system: "auto", dark: "dark", light: "light" },
  link: { opening: "connecting", live: "live", lost: "not live" },
  lost: {
    lastAlive: (at, ago) => `Below is how things were at ${at}, ${ago}.`,
    neverAlive: "Atalaya does not answer.",
    tryingAgain: "We keep trying; the page goes on by itself.",
  },
  headline: {
    opening: "Connecting to Atalaya…",
    lost: "This page is not live",
    ok: "All is well",
    warning: "Worth a look",
    critical: "Something is wrong",
    unknown: "We cannot tell",
  },
  quiet: {
    seen: (watched) => `All ${watched} nodes that are watched can be seen.`,
    pairs: "Every pair has a standby in sync.",
    blocks: "None of our blocks is missing from the rounds below.",
  },
  trouble,
  level: { ok: "good", warning: "warning", critical: "serious", unknown: "unknown" },
  chain: {
    heading: (name) => `Chain ${name}`,
    id: "Chain id",
    copy: "Copy",
    copied: "Copied",
    consensus: "Consensus",
    head: "Head",
    lib: "Irreversible (LIB)",
    noHead: "no block seen yet",
    notKnown: "not known",
    justNow: "just now",
    by: (producer) => `by ${producer}`,
    behindHead: (blocks) => (blocks === 1 ? "1 block behind head" : `${blocks} blocks behind head`),
    onDuty: "On duty",
    afterwards: (producer, span) => `then ${producer}, in ${span}`,
    nextTurn: "Next turn",
    of: (account) => `of ${account}`,
    now: "now",
    inSpan: (span) => `in ${span}`,
    notScheduled: "not in the schedule",
    seenOf: (visible, watched) => `${visible} of ${watched} nodes seen`,
    tooFew: "too few to judge blocks",
    schedule: (version) => `Schedule ${version}`,
  },
  ours: "ours",
  rounds: {
    heading: "Rounds",
    explanation: "A round is twelve blocks of one producer, six seconds in all. Newest first.",
    none: "No round has been watched yet.",
    columns: { begins: "begins", producer: "producer", result: "blocks" },
    gap: (span) => `${span} not watched`,
    more: (count) => `Show all ${count} rounds`,
    fewer: "Show fewer rounds",
    underWay: "now",
    produced: (count) => `${count} of 12`,
    counts: {
      late: (count) => `${count} late`,
      missed: (count) => `${count} missed`,
      orphaned: (count) => `${count} orphaned`,
      unknown: (count) => `${count} not watched`,
    },
    slot: (position) => `slot ${position} of 12`,
    block: (num) => `block ${num}`,
    early: (ms) => `${ms} before its time`,
    late: (ms) => `${ms} after its time`,
    certainty: { provisional: "provisional", canonical: "canonical", final: "final" },
    certaintyMeans: {
      provisional: "Provisional: nothing is built on it yet.",
      canonical: "Canonical: the chain has gone past it, but a fork can still change it.",
      final: "Final: a later block is irreversible, so this will not change any more.",
    },
  },
  legend: {
    heading: "What the marks mean",
    state: {
      produced: "produced",
      late: "late: seen over 120 ms after its time",
      missed: "missed: the chain went on without it",
      orphaned: "orphaned: signed, then left behind by a fork",
      unknown: "not watched: too few nodes could be seen",
      due: "due: its time has not come, or it is on its way",
    },
    certainty: {
      provisional: "provisional: nothing built on it yet",
      canonical: "canonical: a fork can still change it",
      final: "final: will not change any more",
    },
  },
  pairs: {
    heading: "Failover pairs",
    explanation: "Two nodes that can produce for one account: one does, the other stands by.",
    primary: "primary",
    secondary: "secondary",
    account: "account",
  },
  production: { producing: "producing", paused: "paused", notKnown: "not known" },
  fleet: {
    heading: "Fleet",
    explanation: "Sites in the order of their roll-out.",
    others: "Nodes of others",
    noNode: "no node yet",
    node: "Node",
    chain: "Chain",
    production: "Production",
    head: "Head",
    behind: "Behind",
    lib: "LIB",
    clock: "Clock",
    version: "Version",
    seen: "seen",
    notYetSeen: "not seen yet",
    notWatched: "not watched",
    since: (span) => `for ${span}`,
    lastKnown: "last known",
  },
  happenings: {
    heading: "What happened",
    none: "Nothing worth telling so far.",
    more: (count) => `Show all ${count}`,
    fewer: "Show fewer",
  },
  foot: {
    heading: "For developers",
    api: "All that this page shows can be read as JSON, by anyone and without a key:",
    endpoints: {
      state: "everything as it is now",
      events: "the same, live, as server-sent events",
      rounds: "rounds of the past",
      producers: "how each producer did",
    },
  },
  zone: (timeZone) => `Times are those of ${timeZone}.`,
};

function trouble(trouble: Trouble, format: Format): string {
  switch (trouble.kind) {
    case "blind":
      return `Chain ${trouble.chain}: ${trouble.visible} of ${trouble.watched} nodes can be seen, too few to judge its blocks`;
    case "still":
      return `Chain ${trouble.chain}: no new block since ${format.time(trouble.since)}`;
    case "pair":
      return `Pair ${trouble.pair.name}: ${words.pair(trouble.pair)}`;
    case "unseen":
      return unseen(trouble);
    case "behind":
      return `Node ${trouble.node} is more than a round behind head`;
    case "missed":
      return `Blocks of ${trouble.producer} are missing from the rounds below`;
    case "unrecorded":
      return "The record of the past is not being written; what is shown live is right all the same";
  }
}

function unseen({ node, ways, entirely }: Extract<Trouble, { kind: "unseen" }>): string {
  if (!entirely) return `Node ${node} cannot be seen over ${ways.map((way) => WAYS[way]).join(" or ")}`;
  return ways.length === 1
    ? `Node ${node} cannot be seen`
    : `Node ${node} cannot be seen, neither over HTTP nor over p2p`;
}

const WAYS = { http: "HTTP", p2p: "p2p" } as const;
