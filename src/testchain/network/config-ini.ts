/**
 * `config.ini` of one node of a test network. nodeos and the test chain's node read the same file, so every
 * option here exists in every Spring release (1.0 to 1.3), on x86 and on ARM.
 */
import { Problem } from "../../kit/problem.ts";

export interface NodeSetup {
  name: string;
  /** Accounts it produces for; none for a relay or an API node. */
  producers: readonly string[];
  /** `<public key>=KEY:…` or `=KEOSD:…` */
  signatureProviders: readonly string[];
  /** Addresses it dials, `host:port`. */
  peers: readonly string[];
  httpPort: number;
  p2pPort: number;
  pauseOnStartup?: boolean;
  /** Only for the node that starts a chain, or starts one again after all of it was stopped. */
  staleProduction?: boolean;
  voteTimeoutMs?: number;
  keosdTimeoutMs?: number;
  /** Further options, as in `config.ini`: a text replaces what is set here, each text of a list is added. */
  extra?: Readonly<Record<string, string | readonly string[]>>;
}

const PLUGINS = ["chain_api", "producer_api", "net_api", "db_size_api", "prometheus"];

type Line = [name: string, value: string | number | boolean];

/** Throws `TESTCHAIN_BAD_OPTION` for a value that would not be read back as it is. */
export function renderConfig(setup: NodeSetup): string {
  const extra = Object.entries(setup.extra ?? {});
  const replaced = new Set(extra.flatMap(([name, value]) => (typeof value === "string" ? [name] : [])));
  const lines = [
    ...baseLines(setup).filter(([name]) => !replaced.has(name)),
    ...extra.flatMap(([name, value]) =>
      (typeof value === "string" ? [value] : value).map((each): Line => [name, each]),
    ),
  ];
  return `${lines.map(render).join("\n")}\n`;
}

/** nodeos takes `#` for the beginning of a comment wherever it stands, and strips spaces. */
function render([name, value]: Line): string {
  const text = String(value);
  if (!/[#\r\n]/.test(text) && text.trim() === text) return `${name} = ${text}`;
  throw new Problem({
    code: "TESTCHAIN_BAD_OPTION",
    message: `the value ${JSON.stringify(text)} of \`${name}\` cannot be written to config.ini`,
    expected: "one line without `#`, and without spaces at its ends",
  });
}

function baseLines(setup: NodeSetup): Line[] {
  const lines: Line[] = [
    ...PLUGINS.map((plugin): Line => ["plugin", `eosio::${plugin}_plugin`]),
    ["http-server-address", `127.0.0.1:${setup.httpPort}`],
    ["http-validate-host", false],
    ["http-max-response-time-ms", 1000],
    ["verbose-http-errors", true],
    ["p2p-listen-endpoint", `127.0.0.1:${setup.p2pPort}`],
    // everyone on this machine has one address: nodes, links and monitors
    ["p2p-max-nodes-per-host", 100],
    ["max-clients", 100],
    ["connection-cleanup-period", 3],
    ["agent-name", setup.name],
    ["chain-state-db-size-mb", 256],
    // nodeos stops by itself above 90 %, and a developer's disk may well be that full
    ["resource-monitor-space-threshold", 99],
    ["max-transaction-time", 499],
    // a node with none neither counts votes nor passes them on
    ["vote-threads", 4],
    ...setup.peers.map((peer): Line => ["p2p-peer-address", peer]),
    ...setup.producers.map((producer): Line => ["producer-name", producer]),
    ...setup.signatureProviders.map((provider): Line => ["signature-provider", provider]),
  ];
  if (setup.pauseOnStartup) lines.push(["pause-on-startup", true]);
  if (setup.staleProduction) lines.push(["enable-stale-production", true]);
  if (setup.voteTimeoutMs !== undefined) lines.push(["production-pause-vote-timeout-ms", setup.voteTimeoutMs]);
  if (setup.keosdTimeoutMs !== undefined) lines.push(["keosd-provider-timeout", setup.keosdTimeoutMs]);
  return lines;
}
