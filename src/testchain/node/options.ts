/**
 * The options of a test-chain node: nodeos's own names, in `config.ini` and on the command line, so that
 * one set of files starts either. What this node has no use for (threads, caches, runtimes) is accepted and
 * ignored; what nodeos does not know is an error, as there.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

type Kind = "flag" | "number" | "text" | "list";

/** Options with an effect here. */
const EFFECTIVE = {
  plugin: "list",
  "http-server-address": "text",
  "http-category-address": "list",
  "http-validate-host": "text",
  "http-alias": "list",
  "http-max-response-time-ms": "number",
  "max-body-size": "number",
  "verbose-http-errors": "flag",
  "p2p-listen-endpoint": "list",
  "p2p-peer-address": "list",
  "p2p-max-nodes-per-host": "number",
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
  "enable-account-queries": "flag",
  "transaction-finality-status-max-storage-size-gb": "number",
  "config-dir": "text",
  "data-dir": "text",
  config: "text",
  /** Not in nodeos: shifts this process's clock, where nodeos would be run under libfaketime. */
  "test-clock-offset-ms": "number",
} as const satisfies Record<string, Kind>;

const IGNORED = new Set([
  "wasm-runtime",
  "eos-vm-oc-enable",
  "chain-threads",
  "http-threads",
  "net-threads",
  "producer-threads",
  "read-only-threads",
  "http-max-bytes-in-flight-mb",
  "http-max-in-flight-requests",
  "http-keep-alive",
  "access-control-allow-origin",
  "access-control-allow-headers",
  "contracts-console",
  "abi-serializer-max-time-ms",
  "chain-state-db-guard-size-mb",
  "database-map-mode",
  "logconf",
  "l",
  "p2p-server-address",
  "allowed-connection",
  "resource-monitor-not-shutdown-on-threshold-exceeded",
  "resource-monitor-space-threshold",
  "disable-subjective-billing",
  "disable-subjective-p2p-billing",
  "disable-subjective-api-billing",
  "subjective-cpu-leeway-us",
  "disable-replay-opts",
  "trace-history",
  "trace-no-abis",
  "trace-dir",
  "chain-state-history",
  "finality-data-history",
  "state-history-endpoint",
  "state-history-dir",
]);

const SHORT: Record<string, string> = {
  e: "enable-stale-production",
  x: "pause-on-startup",
  d: "data-dir",
  c: "config",
  p: "producer-name",
};

type Value<K extends Kind> = K extends "flag"
  ? boolean
  : K extends "number"
    ? number
    : K extends "list"
      ? string[]
      : string;
export type Options = { [K in keyof typeof EFFECTIVE]?: Value<(typeof EFFECTIVE)[K]> };

/** A mistake in the options; `main` prints it as nodeos does and exits with 255. */
export class OptionsError extends Error {}

/** Reads the command line and the `config.ini` it points to; the command line wins, lists add up. */
export function readOptions(argv: readonly string[]): Options {
  const given = parseArguments(argv);
  const directory = (given.get("config-dir") ?? [])[0];
  const values = new Map<string, string[]>();
  if (directory !== undefined) {
    const file = join(directory, (given.get("config") ?? ["config.ini"])[0] ?? "config.ini");
    for (const [name, value] of parseIni(readFileSync(file, "utf8"))) add(values, name, value);
  }
  for (const [name, list] of given) {
    if (kindOf(name) === "list") for (const value of list) add(values, name, value);
    else values.set(name, list);
  }
  const options: Record<string, unknown> = {};
  for (const [name, list] of values) {
    const kind = kindOf(name);
    if (kind !== undefined) options[name] = convert(name, kind, list);
  }
  return options as Options;
}

function kindOf(name: string): Kind | undefined {
  const kind = (EFFECTIVE as Record<string, Kind>)[name];
  if (kind === undefined && !IGNORED.has(name)) throw new OptionsError(`unrecognised option '${name}'`);
  return kind;
}

function convert(name: string, kind: Kind, list: string[]): unknown {
  const last = list.at(-1) ?? "";
  if (kind === "list") return list;
  if (kind === "text") return last;
  if (kind === "flag") return last === "" || last === "true" || last === "1";
  const number = Number(last);
  if (!Number.isInteger(number) || last === "") {
    throw new OptionsError(`the argument ('${last}') for option '--${name}' is invalid`);
  }
  return number;
}

function add(values: Map<string, string[]>, name: string, value: string): void {
  const list = values.get(name);
  if (list === undefined) values.set(name, [value]);
  else list.push(value);
}

function parseArguments(argv: readonly string[]): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] as string;
    const parts = /^(?:--([a-z0-9-]+)|-([a-z]))(?:=(.*))?$/s.exec(argument);
    if (parts === null) throw new OptionsError(`unexpected argument '${argument}'`);
    const name = parts[1] ?? SHORT[parts[2] as string] ?? (parts[2] as string);
    const kind = kindOf(name);
    let value = parts[3];
    if (value === undefined && kind !== "flag") value = argv[++i];
    add(values, name, value ?? "");
  }
  return values;
}

function* parseIni(text: string): Generator<[string, string]> {
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const content = line.replace(/(^|\s)#.*$/, "").trim();
    if (content === "") continue;
    const equals = content.indexOf("=");
    if (equals < 1)
      throw new OptionsError(`the options configuration file contains an invalid line ${index + 1}: '${line}'`);
    yield [content.slice(0, equals).trim(), content.slice(equals + 1).trim()];
  }
}
