/**
 * Producers stay hidden: no public name leads to one, and where it answers is not an address that the world
 * can reach.
 */
import { BlockList, isIP } from "node:net";
import { type Draft, type Entry, text, texts } from "../draft.ts";
import { type Finding, valueAt } from "../finding.ts";
import { subjectOf } from "../subject.ts";
import type { Rule } from "./rule.ts";

export const hiddenProducers: Rule = (draft) => {
  const producers = draft.entries("nodes").filter((node) => text(node, "role") === "producer");
  return [...publicNames(draft, producers), ...producers.flatMap((node) => publicAddresses(draft, node))];
};

function publicNames(draft: Draft, producers: readonly Entry[]): Finding[] {
  return draft.entries("hostnames").flatMap((hostname) =>
    texts(hostname, "serves").flatMap(({ text: served, index }) => {
      const producer = producers.find(({ name }) => served === "role:producer" || served === name);
      if (producer === undefined) return [];
      return [
        {
          code: "FLEET_PRODUCER_EXPOSED",
          message: `${subjectOf(draft.fleet, ["hostnames", hostname.index])} leads to producer \`${producer.name}\``,
          at: valueAt("hostnames", hostname.index, "serves", index),
          also: [{ at: valueAt("nodes", producer.index, "role"), note: "a producer" }],
          expected: "nodes that may be known, like those with the role api, seed or relay",
          help: "let the name lead to another node: producers are found by nobody",
        },
      ];
    }),
  );
}

function publicAddresses(draft: Draft, node: Entry): Finding[] {
  const domain = draft.domain();
  return ["http", "producerApi", "p2p"].flatMap((key) => {
    const host = hostOf(text(node, key));
    if (host === undefined || !isPublic(host, domain)) return [];
    return [
      {
        code: "FLEET_PRODUCER_EXPOSED",
        message: `\`${key}\` of producer \`${node.name}\` is the public address \`${host}\``,
        at: valueAt("nodes", node.index, key),
        expected:
          "an address that only our own machines reach: 10.x, 172.16.x, 192.168.x, 100.64.x, fd…, loopback or unix:/…",
        help: "put the producer behind a private mesh, and name its address there",
      },
    ];
  });
}

/** The host of `http://host:port` and of `host:port`. */
function hostOf(address: string | undefined): string | undefined {
  if (address === undefined || address.startsWith("unix:")) return undefined;
  const url = URL.parse(/^https?:\/\//.test(address) ? address : `tcp://${address}`);
  return url?.hostname.replace(/^\[|\]$/g, "") || undefined;
}

function isPublic(host: string, domain: string | undefined): boolean {
  const family = isIP(host);
  if (family === 0) return domain !== undefined && (host === domain || host.endsWith(`.${domain}`));
  return !privateNetworks.check(host, family === 6 ? "ipv6" : "ipv4");
}

/** RFC 1918, 4193, 6598, loopback and link-local. */
const privateNetworks = new BlockList();
for (const [network, prefix] of [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
] as const) {
  privateNetworks.addSubnet(network, prefix, "ipv4");
}
for (const [network, prefix] of [
  ["fc00::", 7],
  ["fe80::", 10],
  ["::1", 128],
] as const) {
  privateNetworks.addSubnet(network, prefix, "ipv6");
}
