/**
 * What the schema cannot say because it concerns two places at once: names that must exist, counts that must
 * agree, producers that must be a pair and stay hidden.
 *
 * To add a rule, write a function in rules/ and list it here. A rule says nothing about a value of the wrong
 * shape, because the schema does.
 */
import { Draft } from "./draft.ts";
import type { Finding } from "./finding.ts";
import { processorCounts } from "./rules/hardware.ts";
import { hiddenProducers } from "./rules/hidden-producers.ts";
import { pairs } from "./rules/pairs.ts";
import { liveNodes, ownDomain, testnetChains } from "./rules/placement.ts";
import { references } from "./rules/references.ts";
import { rollout } from "./rules/rollout.ts";
import type { Rule } from "./rules/rule.ts";
import { accounts, oneSigner } from "./rules/signers.ts";
import {
  uniqueAddresses,
  uniqueChainIds,
  uniqueFinalizerKeys,
  uniqueNames,
  uniqueWatchedNames,
} from "./rules/unique.ts";

/** The order does not matter: what they find is sorted by its place in the file. */
const RULES: readonly Rule[] = [
  uniqueNames,
  uniqueWatchedNames,
  uniqueChainIds,
  uniqueFinalizerKeys,
  uniqueAddresses,
  references,
  rollout,
  processorCounts,
  pairs,
  oneSigner,
  accounts,
  hiddenProducers,
  testnetChains,
  liveNodes,
  ownDomain,
];

/** Everything the rules have to say about a declared value, whatever its shape. */
export function check(fleet: unknown): Finding[] {
  const draft = new Draft(fleet);
  return RULES.flatMap((rule) => rule(draft));
}
