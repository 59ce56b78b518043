/**
 * A pair replaces a lost producer by another one. It can do so only with two producers, of one chain, on two
 * hosts, that belong to no other pair.
 */
import { type Draft, type Entry, text } from "../draft.ts";
import { type Finding, type Place, valueAt } from "../finding.ts";
import { ROLES } from "../schema.ts";
import { subjectOf } from "../subject.ts";
import type { Rule } from "./rule.ts";

const SEATS = ["primary", "secondary"] as const;

export const pairs: Rule = (draft) => [
  ...draft.entries("pairs").flatMap((pair) => [...seats(draft, pair), ...together(draft, pair)]),
  ...sharedMembers(draft),
];

/** Each seat on its own: the right role, the right chain. */
function seats(draft: Draft, pair: Entry): Finding[] {
  const subject = subjectOf(draft.fleet, ["pairs", pair.index]);
  const pairChain = text(pair, "chain");
  return SEATS.flatMap((seat) => {
    const node = draft.named("nodes", text(pair, seat));
    const role = text(node, "role");
    const chain = text(node, "chain");
    if (node === undefined || role === undefined || !Object.hasOwn(ROLES, role)) return [];
    const at = valueAt("pairs", pair.index, seat);
    if (role !== "producer") {
      return [
        badPair(`the ${seat} of ${subject} is node \`${node.name}\`, whose role is ${role}`, at, {
          also: [{ at: valueAt("nodes", node.index, "role"), note: "its role" }],
          expected: "a node with the role producer",
        }),
      ];
    }
    if (chain === undefined || pairChain === undefined || chain === pairChain) return [];
    return [
      badPair(`the ${seat} of ${subject} is node \`${node.name}\`, which is on chain \`${chain}\``, at, {
        also: [{ at: valueAt("nodes", node.index, "chain"), note: "its chain" }],
        expected: `a producer of chain \`${pairChain}\``,
      }),
    ];
  });
}

/** Both seats: two nodes, on two hosts. */
function together(draft: Draft, pair: Entry): Finding[] {
  const subject = subjectOf(draft.fleet, ["pairs", pair.index]);
  const [primary, secondary] = [text(pair, "primary"), text(pair, "secondary")];
  const at = valueAt("pairs", pair.index, "secondary");
  if (primary !== undefined && primary === secondary) {
    return [
      badPair(`${subject} has node \`${primary}\` as its primary and as its secondary`, at, {
        also: [{ at: valueAt("pairs", pair.index, "primary"), note: "the same node" }],
        expected: "two producers on two hosts",
      }),
    ];
  }
  const [first, second] = [draft.named("nodes", primary), draft.named("nodes", secondary)];
  const host = text(first, "host");
  if (first === undefined || second === undefined || host === undefined || host !== text(second, "host")) return [];
  return [
    badPair(`both producers of ${subject} are on host \`${host}\``, at, {
      also: [first, second].map((node) => ({
        at: valueAt("nodes", node.index, "host"),
        note: `where \`${node.name}\` is`,
      })),
      expected: "two producers on two hosts",
      help: "move one of them: the pair is there to outlive a host",
    }),
  ];
}

function sharedMembers(draft: Draft): Finding[] {
  const seen = new Map<string, { pair: Entry; at: Place }>();
  return draft.entries("pairs").flatMap((pair) =>
    SEATS.flatMap((seat) => {
      const node = text(pair, seat);
      if (node === undefined) return [];
      const at = valueAt("pairs", pair.index, seat);
      const first = seen.get(node);
      if (first === undefined) seen.set(node, { pair, at });
      if (first === undefined || first.pair === pair) return [];
      const names = `${subjectOf(draft.fleet, ["pairs", first.pair.index])} and ${subjectOf(draft.fleet, ["pairs", pair.index])}`;
      return [
        badPair(`node \`${node}\` is in ${names}`, at, {
          also: [{ at: first.at, note: "the first one" }],
          expected: "each producer in one pair at most",
        }),
      ];
    }),
  );
}

function badPair(message: string, at: Place, more: Pick<Finding, "also" | "expected" | "help">): Finding {
  return { code: "FLEET_BAD_PAIR", message, at, ...more };
}
