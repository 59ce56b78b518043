/**
 * nodeos's options: those that this node acts on, with their kind, and those that it takes without effect
 * (threads, caches, runtimes, resource limits), so that one set of files starts either. What is in neither
 * list is unknown to nodeos too.
 */

/** `flag` takes no value on the command line; a `list` may be given many times, everything else once. */
export type OptionKind = "flag" | "bool" | "number" | "text" | "list";

export const EFFECTIVE_OPTIONS = {
  plugin: "list",
  "http-server-address": "text",
  "http-category-address": "list",
  "unix-socket-path": "text",
  "http-validate-host": "bool",
  "http-alias": "list",
  "http-max-bytes-in-flight-mb": "number",
  "http-max-in-flight-requests": "number",
  "http-keep-alive": "bool",
  "max-body-size": "number",
  "verbose-http-errors": "flag",
  "access-control-allow-origin": "text",
  "access-control-allow-headers": "text",
  "access-control-max-age": "text",
  "access-control-allow-credentials": "flag",
  "p2p-listen-endpoint": "list",
  "p2p-peer-address": "list",
  "p2p-server-address": "list",
  "p2p-max-nodes-per-host": "number",
  "p2p-accept-transactions": "bool",
  "allowed-connection": "list",
  "peer-key": "list",
  "peer-private-key": "list",
  "max-clients": "number",
  "p2p-keepalive-interval-ms": "number",
  "connection-cleanup-period": "number",
  "agent-name": "text",
  "sync-fetch-span": "number",
  "producer-name": "list",
  "signature-provider": "list",
  "keosd-provider-timeout": "number",
  "pause-on-startup": "flag",
  "enable-stale-production": "flag",
  "produce-block-offset-ms": "number",
  "production-pause-vote-timeout-ms": "number",
  "max-irreversible-block-age": "number",
  "max-reversible-blocks": "number",
  "max-transaction-time": "number",
  "greylist-limit": "number",
  "vote-threads": "number",
  "chain-state-db-size-mb": "number",
  "blocks-dir": "text",
  "state-dir": "text",
  "snapshots-dir": "text",
  "finalizers-dir": "text",
  "genesis-json": "text",
  snapshot: "text",
  "delete-all-blocks": "flag",
  "hard-replay-blockchain": "flag",
  "replay-blockchain": "flag",
  "enable-account-queries": "bool",
  "transaction-finality-status-max-storage-size-gb": "number",
  "config-dir": "text",
  "data-dir": "text",
  config: "text",
  /** Not in nodeos: shifts this process's clock, where nodeos would be run under libfaketime. */
  "test-clock-offset-ms": "number",
} as const satisfies Record<string, OptionKind>;

const IGNORED_FLAGS = [
  "contracts-console",
  "deep-mind",
  "disable-ram-billing-notify-checks",
  "disable-replay-opts",
  "force-all-checks",
  "resource-monitor-not-shutdown-on-threshold-exceeded",
  "trace-no-abis",
  "trace-history",
  "trace-history-debug-mode",
  "chain-state-history",
  "finality-data-history",
  "delete-state-history",
];

const IGNORED_VALUES = [
  // chain
  "genesis-timestamp",
  "truncate-at-block",
  "terminate-at-block",
  "blocks-log-stride",
  "max-retained-block-files",
  "blocks-retained-dir",
  "blocks-archive-dir",
  "block-log-retain-blocks",
  "protocol-features-dir",
  "checkpoint",
  "wasm-runtime",
  "profile-account",
  "abi-serializer-max-time-ms",
  "chain-state-db-guard-size-mb",
  "signature-cpu-billable-pct",
  "chain-threads",
  "actor-whitelist",
  "actor-blacklist",
  "contract-whitelist",
  "contract-blacklist",
  "action-blacklist",
  "key-blacklist",
  "sender-bypass-whiteblacklist",
  "read-mode",
  "api-accept-transactions",
  "validation-mode",
  "maximum-variable-signature-length",
  "trusted-producer",
  "database-map-mode",
  "eos-vm-oc-cache-size-mb",
  "eos-vm-oc-compile-threads",
  "eos-vm-oc-enable",
  "eos-vm-oc-whitelist",
  "transaction-retry-max-storage-size-gb",
  "transaction-retry-interval-sec",
  "transaction-retry-max-expiration-sec",
  "transaction-finality-status-success-duration-sec",
  "transaction-finality-status-failure-duration-sec",
  "integrity-hash-on-start",
  "integrity-hash-on-stop",
  // producer
  "greylist-account",
  "max-block-cpu-usage-threshold-us",
  "max-block-net-usage-threshold-bytes",
  "subjective-cpu-leeway-us",
  "subjective-account-max-failures",
  "subjective-account-max-failures-window-size",
  "subjective-account-decay-time-minutes",
  "incoming-transaction-queue-size-mb",
  "disable-subjective-billing",
  "disable-subjective-account-billing",
  "disable-subjective-p2p-billing",
  "disable-subjective-api-billing",
  "producer-threads",
  "read-only-threads",
  "read-only-write-window-time-us",
  "read-only-read-window-time-us",
  // http and p2p
  "http-threads",
  "http-max-response-time-ms",
  "p2p-disable-block-nack",
  "p2p-auto-bp-peer",
  "p2p-bp-gossip-endpoint",
  "max-cleanup-time-msec",
  "p2p-dedup-cache-expire-time-sec",
  "net-threads",
  "sync-peer-limit",
  "use-socket-read-watermark",
  "peer-log-format",
  // others
  "logconf",
  "resource-monitor-interval-seconds",
  "resource-monitor-space-threshold",
  "resource-monitor-space-absolute-gb",
  "resource-monitor-warning-interval",
  "trace-dir",
  "trace-slice-stride",
  "trace-minimum-irreversible-history-blocks",
  "trace-minimum-uncompressed-irreversible-history-blocks",
  "trace-rpc-abi",
  "state-history-endpoint",
  "state-history-unix-socket-path",
  "state-history-dir",
  "state-history-log-retain-blocks",
  "state-history-stride",
  "max-retained-history-files",
  "state-history-retained-dir",
  "state-history-archive-dir",
];

const IGNORED = new Map<string, OptionKind>([
  ...IGNORED_FLAGS.map((name): [string, OptionKind] => [name, "flag"]),
  ...IGNORED_VALUES.map((name): [string, OptionKind] => [name, "list"]),
]);

/** Letters of the command line. */
export const SHORT_OPTIONS: Readonly<Record<string, string>> = {
  e: "enable-stale-production",
  x: "pause-on-startup",
  p: "producer-name",
  d: "data-dir",
  c: "config",
  l: "logconf",
};

/** The kind of an option that nodeos knows, `undefined` for any other name. */
export function kindOfOption(name: string): OptionKind | undefined {
  return Object.hasOwn(EFFECTIVE_OPTIONS, name)
    ? EFFECTIVE_OPTIONS[name as keyof typeof EFFECTIVE_OPTIONS]
    : IGNORED.get(name);
}

/** True for an option that is taken without effect. */
export function isIgnored(name: string): boolean {
  return IGNORED.has(name);
}
