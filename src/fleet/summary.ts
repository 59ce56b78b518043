/** A fleet at a glance, for people: sites in the order of roll-out, their hosts, the nodes on them. */
import { columns } from "../kit/columns.ts";
import { countryName } from "./country.ts";
import { formatBitsPerSecond, formatBytes } from "./quantity.ts";
import type { Fleet, FleetNode, Hardware, Host, Site } from "./schema.ts";

/** Plain text, ends in a newline. */
export function fleetSummary(fleet: Fleet): string {
  const chains = fleet.chains.map(({ name, kind, id, account }) => [name, kind, `${id.slice(0, 8)}…`, account ?? ""]);
  const sites = fleet.sites.toSorted((one, other) => one.rollout - other.rollout);
  const hostnames = fleet.hostnames.map(({ name, serves }) => [name, serves.join(", ")]);
  const peers = fleet.peers.map(({ name, chain, http, p2p }) => [name, chain, http ?? "", p2p ?? ""]);
  const people = fleet.people.map(({ name, duties }) => [name, duties.join(", ")]);
  return `${[
    `${fleet.organisation.name}, ${fleet.organisation.domain}`,
    titled("chains", columns(chains)),
    titled(
      "sites, in the order of roll-out",
      sites.flatMap((site) => siteLines(fleet, site)),
    ),
    titled("peers of others", columns(peers)),
    titled("hostnames", columns(hostnames)),
    titled("people", columns(people)),
  ]
    .filter((block) => block !== "")
    .join("\n\n")}\n`;
}

function titled(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : [title, ...lines.map((line) => `  ${line}`)].join("\n");
}

function siteLines(fleet: Fleet, site: Site): string[] {
  const place = [site.city, countryName(site.country)].filter((part) => part !== undefined).join(", ");
  const hosts = fleet.hosts.filter((host) => host.site === site.name);
  return [
    `${site.rollout}. ${site.name}: ${place}, ${site.status}`,
    ...hosts.flatMap((host) => hostLines(fleet, host)).map((line) => `   ${line}`),
  ];
}

function hostLines(fleet: Fleet, host: Host): string[] {
  const nodes = fleet.nodes.filter((node) => node.host === host.name);
  return [
    [host.name, host.address].filter((part) => part !== undefined).join("  "),
    ...(host.hardware === undefined ? [] : [`  today:   ${hardwareText(host.hardware)}`]),
    ...(host.planned === undefined ? [] : [`  planned: ${hardwareText(host.planned)}`]),
    ...columns(nodes.map((node) => nodeCells(fleet, node))).map((line) => `  ${line}`),
  ];
}

function nodeCells(fleet: Fleet, node: FleetNode): string[] {
  const pair = fleet.pairs.find(({ primary, secondary }) => node.name === primary || node.name === secondary);
  const seat = pair === undefined ? "" : `${pair.primary === node.name ? "primary" : "secondary"} of ${pair.name}`;
  return [node.name, node.role, "chain" in node ? node.chain : "", node.status, seat];
}

/** `4 × CPU, 24 cores, 48 threads, 1.87 GHz; 512 GiB RAM; 8 TB RAID 6; 1 Gbps`, the machine's model first. */
function hardwareText({ model, cpu, ramBytes, storage, uplinkBitsPerSecond }: Hardware): string {
  const volumes = storage.map(({ sizeBytes, kind, raid }) =>
    [formatBytes(sizeBytes), kind?.toUpperCase(), raid === undefined ? undefined : `RAID ${raid}`]
      .filter((part) => part !== undefined)
      .join(" "),
  );
  return [
    ...(model === undefined ? [] : [model]),
    `${cpu.sockets} × CPU, ${cpu.cores} cores, ${cpu.threads} threads, ${cpu.ghz} GHz`,
    `${formatBytes(ramBytes)} RAM`,
    ...volumes,
    formatBitsPerSecond(uplinkBitsPerSecond),
  ].join("; ");
}
