/** English. */
import type { HappeningView } from "../api/views.ts";
import { count, name, type Words } from "./words.ts";

export const english: Words = {
  language: "en",
  happening,
  pair({ account, primary, secondary, active, reason }) {
    const standby = active === primary ? secondary : primary;
    switch (reason) {
      case "in-sync":
        return `${active} produces, ${standby} stands by in sync`;
      case "standby-unreachable":
        return `${active} produces; the standby ${standby} cannot be reached`;
      case "standby-behind":
        return `${active} produces; the standby ${standby} is behind`;
      case "both-unpaused":
        return `${primary} and ${secondary} are both unpaused: pause one of them now`;
      case "both-paused":
        return `${primary} and ${secondary} are both paused: nobody produces for ${account}`;
      case "cannot-tell":
        return `nobody can tell which of ${primary} and ${secondary} produces`;
    }
  },
  slotState: {
    due: "due",
    produced: "produced",
    late: "late",
    missed: "missed",
    orphaned: "orphaned",
    unknown: "not watched",
  },
  sightProblem: {
    unreachable: "nobody answers there",
    timeout: "it does not answer in time",
    "half-answer": "it breaks off in the middle",
    garbage: "it answers what nodeos would not",
    "wrong-chain": "it is on another chain",
    refused: "it refuses us",
    other: "it fails in a way of its own",
  },
  siteStatus: { planned: "planned", building: "being built", live: "live" },
  nodeStatus: { planned: "planned", live: "live" },
  consensus: { savanna: "Savanna", legacy: "legacy", unknown: "not known yet" },
  role: (role) => ROLES[role] ?? role,
};

const ROLES: Readonly<Record<string, string>> = {
  producer: "producer",
  relay: "relay",
  seed: "seed",
  api: "API",
  query: "query",
  testnet: "test network",
  storage: "storage",
  peer: "peer",
};

function happening(entry: HappeningView): string {
  switch (entry.kind) {
    case "round":
      return round(entry);
    case "fork":
      return `the chain switched forks: ${blocks(count(entry, "left"))} left behind, block ${count(entry, "toNum")} is head`;
    case "schedule":
      return `schedule ${count(entry, "version")} is in force`;
    case "node-down":
      return `${name(entry, "node")} cannot be seen${over(name(entry, "ways"))}`;
    case "node-up":
      return `${name(entry, "node")} can be seen again, after ${seconds(count(entry, "seconds"))}`;
    case "pair":
      return pairChange(entry);
  }
}

/** The ways in which a node cannot be seen, `http+p2p` or one of them. */
function over(ways: string): string {
  const [first = "", second] = ways.split("+").map((way) => (way === "http" ? "HTTP" : way));
  return second === undefined ? ` over ${first}` : `, neither over ${first} nor over ${second}`;
}

function round(entry: HappeningView): string {
  const parts = [
    [count(entry, "missed"), "missed"],
    [count(entry, "orphaned"), "orphaned"],
    [count(entry, "late"), "late"],
  ].flatMap(([number, what]) => (Number(number) > 0 ? [`${number} ${what}`] : []));
  const producer = name(entry, "producer");
  return parts.length === 0
    ? `${producer} produced its whole round after all`
    : `${producer}: ${parts.join(", ")} of 12 blocks`;
}

function pairChange(entry: HappeningView): string {
  const active = name(entry, "active");
  const pair = name(entry, "pair");
  switch (name(entry, "reason")) {
    case "in-sync":
      return `pair ${pair}: ${active} produces, the standby is in sync`;
    case "standby-unreachable":
      return `pair ${pair}: ${active} produces, the standby cannot be reached`;
    case "standby-behind":
      return `pair ${pair}: ${active} produces, the standby is behind`;
    case "both-unpaused":
      return `pair ${pair}: both nodes are unpaused`;
    case "both-paused":
      return `pair ${pair}: both nodes are paused, nobody produces`;
    default:
      return `pair ${pair}: nobody can tell which node produces`;
  }
}

function blocks(number: number): string {
  return number === 1 ? "1 block" : `${number} blocks`;
}

function seconds(number: number): string {
  if (number < 120) return number === 1 ? "1 second" : `${number} seconds`;
  const minutes = Math.round(number / 60);
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`;
}
