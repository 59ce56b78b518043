/**
 * The text of `/v1/prometheus/metrics`: every family that nodeos exports, with its name, type and help, in its order.
 * What the test chain does not measure (how long a block took to build, speculative blocks) stays 0.
 */
import type { TestNode } from "../node.ts";
import { serverFacts } from "./info.ts";

type Sample = [labels: string, value: number];
type Kind = "counter" | "gauge";

/** What nodeos measures of produced and of speculative blocks alike. */
const WORK = [
  ["total_time_us", "total time for"],
  ["idle_time_us", "idle time for"],
  ["num_success_trx", "number of successful transactions in"],
  ["success_trx_time_us", "time for successful transactions in"],
  ["num_failed_trx", "number of failed transactions during"],
  ["fail_trx_time_us", "time for failed transactions during"],
  ["num_transient_trx", "number of transient transactions during"],
  ["transient_trx_time_us", "time for transient transactions during"],
  ["other_time_us", "all other unaccounted time during"],
] as const;

export function exposition(node: TestNode): string {
  const { produced, incoming } = node.metrics;
  const { head, root } = node.controller;
  const inbound = node.net.peers.filter((peer) => peer.incoming).length;
  const requests = [...node.http.requests].map(([path, count]): Sample => [`{handler="${path}"}`, count]);
  const families = [
    family("http_requests_total", "counter", "number of HTTP requests", requests),
    counter(
      "p2p_failed_connections",
      "total number of failed out-going p2p connections",
      node.net.table.failedConnections,
    ),
    counter("p2p_dropped_trxs_total", "total number of dropped transactions by net plugin", 0),
    byBlockType("cpu_usage_us_total", "total cpu usage in microseconds for blocks", incoming.cpuUs, produced.cpuUs),
    byBlockType(
      "net_usage_us_total",
      "total net usage in microseconds for blocks",
      incoming.netBytes,
      produced.netBytes,
    ),
    counter(
      "unapplied_transactions_total",
      "total number of unapplied transactions from produced blocks",
      node.queue.size,
    ),
    counter(
      "subjective_bill_account_size_total",
      "total number of subjective bill account size from produced blocks",
      0,
    ),
    counter("scheduled_trxs_total", "total number of scheduled transactions from produced blocks", 0),
    counter("trxs_produced_total", "number of transactions produced", produced.transactions),
    counter("produced_elapsed_us_total", "total produced blocks elapsed time", produced.cpuUs),
    counter("produced_us_total", "total produced blocks total time", 0),
    counter("blocks_produced", "number of blocks produced", produced.blocks),
    ...WORK.map(([name, help]) => counter(`${name}_produced_block`, `${help} produced block`, 0)),
    counter("blocks_speculative_num", "number of speculative blocks created", 0),
    ...WORK.map(([name, help]) => counter(`${name}_speculative_block`, `${help} speculative block`, 0)),
    counter("trxs_incoming_total", "number of incoming transactions", incoming.transactions),
    counter("incoming_elapsed_us_total", "total incoming blocks elapsed time", incoming.cpuUs),
    counter("incoming_us_total", "total incoming blocks total time", 0),
    counter("incoming_us_block_latency", "total incoming block latency", 0),
    counter("blocks_incoming", "number of incoming blocks", incoming.blocks),
    text(
      "exposer_transferred_bytes_total",
      "counter",
      "total number of bytes for responses to prometheus scrape requests",
      [["", 0]],
    ),
    text("exposer_scrapes_total", "counter", "total number of prometheus scrape requests received", [["", 0]]),
    gauge("p2p_peers", "current number of connected outgoing peers", node.net.peers.length - inbound),
    gauge("p2p_clients", "current number of connected incoming clients", inbound),
    ...peerFamilies(node),
    gauge("last_irreversible", "last irreversible block number", root.num),
    gauge("head_block_num", "head block number", head.num),
    gauge("block_num", "current block number", 0),
    text("nodeos", "gauge", "static information about the server", []),
  ];
  const facts = Object.entries(serverFacts(node.controller)).map(([name, value]) => `${name}="${value}"`);
  return `${families.join("")}nodeos_info{${facts.sort().join()}} 1\n`;
}

function peerFamilies(node: TestNode): string[] {
  const peers = node.net.peers.flatMap((peer) => (peer.hello === undefined ? [] : [{ peer, hello: peer.hello }]));
  const one = (name: string, help: string, value: (peer: (typeof peers)[number]["peer"]) => number) =>
    family(
      `p2p_${name}`,
      "gauge",
      help,
      peers.map(({ peer, hello }): Sample => [`{connid="${hello.nodeId.slice(0, 7)}"}`, value(peer)]),
    );
  const addresses = peers.map(({ peer, hello }): Sample => {
    const labels = [hello.p2pAddress, hello.nodeId.slice(0, 7), `::ffff:${peer.socket.remoteAddress}`];
    return [`{address="${labels[0]}",connid="${labels[1]}",ipv6="${labels[2]}"}`, 0];
  });
  const ns = (ms: number) => ms * 1e6;
  return [
    family("p2p_addr", "gauge", "ipv6 address", addresses),
    one("port", "port", (peer) => peer.socket.remotePort ?? 0),
    one("connection_number", "monatomic increasing connection number", (peer) => peer.id),
    one("accepting_blocks", "accepting blocks on connection", (peer) => Number(peer.current)),
    one("last_received_block", "last received block on connection", (peer) => peer.lastReceivedBlock),
    one("first_available_block", "first block available from connection", () => 0),
    one("last_available_block", "last block available from connection", (peer) => peer.headNum),
    one(
      "unique_first_block_count",
      "number of blocks first received from any connection on this connection",
      (peer) => peer.uniqueBlocks,
    ),
    one("latency", "last calculated latency with connection", (peer) => Number(peer.roundTripNs)),
    one("bytes_received", "total bytes received on connection", (peer) => peer.bytesReceived),
    one("last_bytes_received", "last time anything received from peer", (peer) => ns(peer.heardMs)),
    one("bytes_sent", "total bytes sent to peer", (peer) => peer.bytesSent),
    one("last_bytes_sent", "last time anything sent to peer", (peer) => ns(peer.spokeMs)),
    one("block_sync_bytes_received", "bytes of blocks received during syncing", () => 0),
    one("block_sync_bytes_sent", "bytes of blocks sent during syncing", () => 0),
    one("block_sync_throttling", "is block sync throttling currently active", () => 0),
    one("connection_start_time", "time of last connection to peer", (peer) => ns(peer.startedMs)),
  ];
}

const counter = (name: string, help: string, value: number) => family(name, "counter", help, [["", value]]);
const gauge = (name: string, help: string, value: number) => family(name, "gauge", help, [["", value]]);

function byBlockType(name: string, help: string, incoming: number, produced: number): string {
  return family(name, "counter", help, [
    [`{block_type="incoming"}`, incoming],
    [`{block_type="produced"}`, produced],
  ]);
}

const family = (name: string, kind: Kind, help: string, samples: Sample[]) =>
  text(`nodeos_${name}`, kind, help, samples);

/** A family without samples is left out, but for the one of the server's facts, whose sample has another name. */
function text(name: string, kind: Kind, help: string, samples: Sample[]): string {
  if (samples.length === 0 && name !== "nodeos") return "";
  const rows = samples.map(([labels, value]) => `${name}${labels} ${printed(value)}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${rows.join("")}`;
}

/** As C++ prints a double with all its digits. */
function printed(value: number): string {
  return value < 1e17 ? String(value) : value.toExponential();
}
