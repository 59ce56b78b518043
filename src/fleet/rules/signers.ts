/**
 * Who signs for which account. Two live nodes that sign for one account must be one pair: nothing else keeps
 * them from signing the same height twice.
 */
import { type Draft, type Entry, text } from "../draft.ts";
import { headAt, valueAt } from "../finding.ts";
import { subjectOf } from "../subject.ts";
import type { Rule } from "./rule.ts";

const SEATS = ["primary", "secondary"] as const;

/** One producer, or one pair, for each account of a chain. */
export const oneSigner: Rule = (draft) => {
  const signers = new Map<string, { entry: Entry; what: string }>();
  return signersOf(draft).flatMap(({ entry, what, chain, account }) => {
    const key = JSON.stringify([chain, account]);
    const first = signers.get(key);
    if (first === undefined) signers.set(key, { entry, what });
    if (first === undefined) return [];
    return [
      {
        code: "FLEET_TWO_SIGNERS",
        message: `${first.what} and ${what} would both sign for \`${account}\` on chain \`${chain}\``,
        at: headAt(entry.section, entry.index),
        also: [{ at: headAt(first.entry.section, first.entry.index), note: "the other one" }],
        expected: "one producer, or one pair, for each account of a chain",
        help:
          entry.section === "pairs" || first.entry.section === "pairs"
            ? "keep one, or mark the nodes of the other `status: planned`"
            : "make them a pair under `pairs`, or mark one `status: planned`",
      },
    ];
  });
};

/** A producer signs for an account: the chain's, or the one its pair names. */
export const accounts: Rule = (draft) => {
  const paired = pairedNodes(draft);
  const alone = draft.entries("nodes").filter((node) => isProducer(node) && !paired.has(node.name));
  return [...draft.entries("pairs"), ...alone].flatMap((entry) => {
    const chain = draft.named("chains", text(entry, "chain"));
    if (chain === undefined || entry.value.account !== undefined || chain.value.account !== undefined) return [];
    const subject = subjectOf(draft.fleet, [entry.section, entry.index]);
    return [
      {
        code: "FLEET_NO_ACCOUNT",
        message: `${subject} produces on chain \`${chain.name}\`, which has no \`account\``,
        at: valueAt(entry.section, entry.index, "chain"),
        also: [{ at: headAt("chains", chain.index), note: "no account here" }],
        help: "add `account:` with the producer's account to the chain",
      },
    ];
  });
};

/** Pairs with a live node, and live producers without a pair. */
function signersOf(draft: Draft): { entry: Entry; what: string; chain: string; account: string }[] {
  const paired = pairedNodes(draft);
  const pairs = draft.entries("pairs");
  // A pair without two nodes was told of; until it is mended, who is alone on its chain cannot be said.
  const unclear = new Set(pairs.filter((pair) => membersOf(draft, pair).size < 2).map((pair) => text(pair, "chain")));
  const signers = [
    ...pairs.filter((pair) => membersOf(draft, pair).values().some(isLive)),
    ...draft.entries("nodes").filter((node) => isProducer(node) && isLive(node) && !paired.has(node.name)),
  ];
  return signers.flatMap((entry) => {
    const chain = draft.named("chains", text(entry, "chain"));
    const account = (entry.section === "pairs" ? text(entry, "account") : undefined) ?? text(chain, "account");
    if (chain?.name === undefined || account === undefined || unclear.has(chain.name)) return [];
    return [{ entry, what: subjectOf(draft.fleet, [entry.section, entry.index]), chain: chain.name, account }];
  });
}

function membersOf(draft: Draft, pair: Entry): Set<Entry> {
  return new Set(SEATS.flatMap((seat) => draft.named("nodes", text(pair, seat)) ?? []));
}

function pairedNodes(draft: Draft): Set<string | undefined> {
  return new Set(draft.entries("pairs").flatMap((pair) => SEATS.map((seat) => text(pair, seat))));
}

function isProducer(node: Entry): boolean {
  return text(node, "role") === "producer";
}

function isLive(node: Entry): boolean {
  return text(node, "status") !== "planned";
}
