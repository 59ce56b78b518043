/**
 * The fleet file of the test network that `atalaya up` brings up, so that what is watched is declared as any fleet
 * is, and there is a file to look at, to change and to begin one's own with.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { TestNetwork } from "./network/network.ts";

const INTRODUCTION = `# The test chain that \`atalaya up\` runs on this machine, as a fleet. It is written anew at each start: copy it
# before you change it. docs/fleet.md explains every key.
`;

/** Ours on the test network, each on a host of its own, at two sites; the rest are other producers' nodes. */
const OURS = [
  { name: "primary", role: "producer", site: "san-jose" },
  { name: "secondary", role: "producer", site: "san-jose" },
  { name: "relay", role: "relay", site: "cartago" },
  { name: "api", role: "api", site: "cartago" },
] as const;

/** Writes the fleet file of a network and returns its path. */
export function writeDemoFleet(network: TestNetwork, chainId: string, dir: string): string {
  const addresses = (name: string) => ({
    http: network.node(name).url,
    p2p: `127.0.0.1:${network.p2pPort(name)}`,
  });
  // a chain of real nodes without contracts knows no account but `eosio`
  const [account = ""] = network.spec.nodes.find(({ name }) => name === "primary")?.producers ?? [];
  const others = [...network.nodes.keys()].filter((name) => !OURS.some((node) => node.name === name));
  const fleet = {
    organisation: { name: "EOS Costa Rica, test chain", domain: "atalaya.example" },
    chains: [{ name: "test", id: chainId, kind: "testnet", account }],
    sites: [
      { name: "san-jose", country: "CR", city: "San José", rollout: 1, status: "live" },
      { name: "cartago", country: "CR", city: "Cartago", rollout: 2, status: "live" },
    ],
    hosts: OURS.map(({ name, site }) => ({ name: `host-${name}`, site, address: "127.0.0.1" })),
    nodes: OURS.map(({ name, role }) => ({ name, role, host: `host-${name}`, chain: "test", ...addresses(name) })),
    peers: others.map((name) => ({ name, chain: "test", ...addresses(name) })),
    pairs: [{ name: "costa-rica", chain: "test", primary: "primary", secondary: "secondary" }],
  };
  const file = join(dir, "fleet.yaml");
  writeFileSync(file, INTRODUCTION + stringify(fleet));
  return file;
}
