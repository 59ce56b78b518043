/**
 * `config.ini` of one node of a test network. nodeos and the test chain's node read the same file.
 */
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
  /** Further options, as in `config.ini`. */
  extra?: Readonly<Record<string, string | readonly string[]>>;
}

const PLUGINS = ["chain_api", "producer_api", "net_api", "db_size_api", "prometheus"];

export function renderConfig(setup: NodeSetup): string {
  const lines: [string, string | number | boolean][] = [
    ...PLUGINS.map((plugin): [string, string] => ["plugin", `eosio::${plugin}_plugin`]),
    ["http-server-address", `127.0.0.1:${setup.httpPort}`],
    ["http-validate-host", false],
    ["http-max-response-time-ms", 1000],
    ["verbose-http-errors", true],
    ["p2p-listen-endpoint", `127.0.0.1:${setup.p2pPort}`],
    ["p2p-max-nodes-per-host", 100],
    ["connection-cleanup-period", 3],
    ["agent-name", setup.name],
    ["chain-state-db-size-mb", 256],
    ["max-transaction-time", 499],
    ["vote-threads", 4],
    ...setup.peers.map((peer): [string, string] => ["p2p-peer-address", peer]),
    ...setup.producers.map((producer): [string, string] => ["producer-name", producer]),
    ...setup.signatureProviders.map((provider): [string, string] => ["signature-provider", provider]),
  ];
  if (setup.pauseOnStartup) lines.push(["pause-on-startup", true]);
  if (setup.staleProduction) lines.push(["enable-stale-production", true]);
  if (setup.voteTimeoutMs !== undefined) lines.push(["production-pause-vote-timeout-ms", setup.voteTimeoutMs]);
  if (setup.keosdTimeoutMs !== undefined) lines.push(["keosd-provider-timeout", setup.keosdTimeoutMs]);
  for (const [name, value] of Object.entries(setup.extra ?? {})) {
    for (const each of typeof value === "string" ? [value] : value) lines.push([name, each]);
  }
  return `${lines.map(([name, value]) => `${name} = ${value}`).join("\n")}\n`;
}
