/** The options of a node as settings of its parts, with nodeos's defaults. */
import { DEFAULT_OFFSET_MS } from "../../chain/time.ts";
import type { HttpSettings } from "./http/server.ts";
import type { AuthenticationOptions } from "./net/authentication.ts";
import type { NetSettings } from "./net/net.ts";
import { type Options, OptionsError } from "./options.ts";
import type { ProducerSettings } from "./producer/producer.ts";
import { checkOffset, type RuntimeOptions } from "./producer/runtime-options.ts";

const MIB = 1024 * 1024;
/** A timer that is set to more runs at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const DEFAULT_VOTE_TIMEOUT_MS = 6000;

export function producerSettings(options: Options): ProducerSettings {
  return {
    producers: options["producer-name"] ?? [],
    pauseOnStartup: options["pause-on-startup"] === true,
    enableStaleProduction: options["enable-stale-production"] === true,
    maxReversible: options["max-reversible-blocks"] ?? 3600,
  };
}

/** Throws `plugin_config_exception` for an offset that leaves no time to build blocks. */
export function runtimeOptions(options: Options): RuntimeOptions {
  const offsetMs = options["produce-block-offset-ms"] ?? DEFAULT_OFFSET_MS;
  checkOffset(offsetMs);
  return {
    maxTransactionTime: options["max-transaction-time"] ?? 499,
    maxIrreversibleAgeSec: options["max-irreversible-block-age"] ?? -1,
    offsetMs,
    greylistLimit: options["greylist-limit"] ?? 1000,
  };
}

/** Throws {@link OptionsError} for an interval that is none. */
export function netSettings(options: Options): NetSettings {
  const listen = (options["p2p-listen-endpoint"] ?? ["0.0.0.0:9876"]).filter((address) => address !== "");
  const producers = options["producer-name"] ?? [];
  return {
    listen,
    address: options["p2p-server-address"]?.[0] ?? listen[0] ?? "",
    peers: options["p2p-peer-address"] ?? [],
    maxPerHost: options["p2p-max-nodes-per-host"] ?? 1,
    maxClients: options["max-clients"] ?? 25,
    keepaliveMs: interval("p2p-keepalive-interval-ms", options["p2p-keepalive-interval-ms"] ?? 10_000),
    reconnectMs: interval("connection-cleanup-period", (options["connection-cleanup-period"] ?? 30) * 1000),
    agent: options["agent-name"] ?? "Spring Agent",
    syncSpan: options["sync-fetch-span"] ?? 1000,
    voteThreads: options["vote-threads"] ?? (producers.length > 0 ? 4 : 0),
    acceptTransactions: options["p2p-accept-transactions"] ?? true,
    producers,
  };
}

function interval(name: string, ms: number): number {
  if (ms <= 0) throw new OptionsError(`${name} must be greater than 0`);
  return Math.min(ms, MAX_TIMER_MS);
}

export function authenticationOptions(options: Options): AuthenticationOptions {
  return {
    allowed: options["allowed-connection"] ?? [],
    peerKeys: options["peer-key"] ?? [],
    peerPrivateKeys: options["peer-private-key"] ?? [],
  };
}

export function httpSettings(options: Options): HttpSettings {
  const inFlightMb = options["http-max-bytes-in-flight-mb"] ?? 500;
  return {
    address: options["http-server-address"] ?? "127.0.0.1:8888",
    categories: options["http-category-address"] ?? [],
    unixSocket: options["unix-socket-path"],
    dataDir: options["data-dir"] ?? "data",
    validateHost: options["http-validate-host"] ?? true,
    aliases: options["http-alias"] ?? [],
    maxBodyBytes: options["max-body-size"] ?? 2 * MIB,
    maxBytesInFlight: inFlightMb * MIB,
    maxConnections: options["http-max-in-flight-requests"] ?? -1,
    keepAlive: options["http-keep-alive"] ?? true,
    extraHeaders: corsHeaders(options),
    verboseErrors: options["verbose-http-errors"] === true,
  };
}

function corsHeaders(options: Options): Record<string, string> {
  const given = [
    ["access-control-allow-origin", options["access-control-allow-origin"]],
    ["access-control-allow-headers", options["access-control-allow-headers"]],
    ["access-control-max-age", options["access-control-max-age"]],
    ["access-control-allow-credentials", options["access-control-allow-credentials"] ? "true" : undefined],
  ] as const;
  return Object.fromEntries(given.flatMap(([name, value]) => (value ? [[name, value]] : [])));
}
