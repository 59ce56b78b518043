/** Nodes and names stand where they can: a testnet node on a test network, a live node at a built site, a name under the own domain. */
import { text } from "../draft.ts";
import { keyAt, valueAt } from "../finding.ts";
import { subjectOf } from "../subject.ts";
import type { Rule } from "./rule.ts";

/** The role testnet is for test networks. */
export const testnetChains: Rule = (draft) =>
  draft.entries("nodes").flatMap((node) => {
    const chain = draft.named("chains", text(node, "chain"));
    if (text(node, "role") !== "testnet" || chain === undefined || text(chain, "kind") !== "mainnet") return [];
    return [
      {
        code: "FLEET_WRONG_CHAIN",
        message: `${subjectOf(draft.fleet, ["nodes", node.index])} has the role testnet and is on chain \`${chain.name}\`, a mainnet`,
        at: valueAt("nodes", node.index, "chain"),
        also: [{ at: valueAt("chains", chain.index, "kind"), note: "its kind" }],
        expected: "a chain of the kind testnet",
      },
    ];
  });

/** Nothing lives at a site that is only planned. */
export const liveNodes: Rule = (draft) =>
  draft.entries("nodes").flatMap((node) => {
    const site = draft.named("sites", text(draft.named("hosts", text(node, "host")), "site"));
    const isLive = node.value.status === undefined || text(node, "status") === "live";
    if (!isLive || site === undefined || text(site, "status") !== "planned") return [];
    const status = ["nodes", node.index, "status"];
    return [
      {
        code: "FLEET_NOT_BUILT",
        message: `${subjectOf(draft.fleet, ["nodes", node.index])} is live at ${subjectOf(draft.fleet, ["sites", site.index])}, which is only planned`,
        at: node.value.status === undefined ? valueAt("nodes", node.index, "name") : valueAt(...status),
        also: [{ at: valueAt("sites", site.index, "status"), note: "the site's status" }],
        help: "write `status: planned` at the node, or `status: building` at the site",
      },
    ];
  });

/** All public names are under the organisation's own domain. */
export const ownDomain: Rule = (draft) => {
  const domain = draft.domain();
  if (domain === undefined) return [];
  return draft.entries("hostnames").flatMap((hostname) => {
    const name = hostname.name;
    if (name === undefined || name === domain || name.endsWith(`.${domain}`)) return [];
    return [
      {
        code: "FLEET_FOREIGN_HOSTNAME",
        message: `${subjectOf(draft.fleet, ["hostnames", hostname.index])} is not under the domain \`${domain}\``,
        at: valueAt("hostnames", hostname.index, "name"),
        also: [{ at: keyAt("organisation", "domain"), note: "the organisation's domain" }],
        expected: `a name that ends in .${domain}`,
      },
    ];
  });
};
