/** `/v1/prometheus/metrics` and `/v1/db_size/get`: what nodeos exports about itself, under its names. */
import type { BlockState } from "../consensus/block-state.ts";
import { PRIORITY } from "../main-thread.ts";
import type { TestNode } from "../node.ts";
import type { Endpoint } from "./endpoint.ts";
import { SERVER_VERSION } from "./server.ts";

/** nodeos's row in the state database: about 200 bytes with its indexes. */
const ROW_BYTES = 200;

interface BlockCounters {
  blocks: number;
  transactions: number;
  cpuUs: number;
  netBytes: number;
}

const zero = (): BlockCounters => ({ blocks: 0, transactions: 0, cpuUs: 0, netBytes: 0 });

export class Metrics {
  readonly produced = zero();
  readonly incoming = zero();

  block(state: BlockState, ours: boolean): void {
    const counters = ours ? this.produced : this.incoming;
    const receipts = state.block?.receipts ?? [];
    counters.blocks += 1;
    counters.transactions += receipts.length;
    counters.cpuUs += receipts.reduce((sum, receipt) => sum + receipt.cpuUsageUs, 100);
    counters.netBytes += receipts.reduce((sum, receipt) => sum + receipt.netUsageWords * 8, 0);
  }
}

export function metricsApi(node: TestNode, plugins: ReadonlySet<string>): Endpoint[] {
  const endpoints: Endpoint[] = [];
  if (plugins.has("prometheus_plugin")) {
    endpoints.push({
      path: "/v1/prometheus/metrics",
      category: "prometheus",
      status: 200,
      body: "none",
      type: "text/plain",
      handle: () => exposition(node),
    });
  }
  if (plugins.has("db_size_api_plugin")) {
    endpoints.push({
      path: "/v1/db_size/get",
      category: "db_size",
      status: 200,
      body: "none",
      priority: PRIORITY.mediumLow,
      handle: () => dbSize(node),
    });
  }
  return endpoints;
}

function dbSize(node: TestNode) {
  const { tables } = node.controller;
  const size = (node.options["chain-state-db-size-mb"] ?? 1024) * 1024 * 1024;
  const counts = [
    ["eosio::chain::account_object", tables.count("account")],
    ["eosio::chain::permission_object", tables.count("permission")],
    ["eosio::chain::transaction_object", tables.count("transaction")],
    ["eosio::chain::block_summary_object", 65_536],
    ["eosio::chain::table_id_object", tables.spacesWith("row/").length],
    ["eosio::chain::key_value_object", tables.spacesWith("row/").reduce((sum, space) => sum + tables.count(space), 0)],
  ] as const;
  const used = counts.reduce((sum, [, rows]) => sum + rows * ROW_BYTES, 0);
  return {
    free_bytes: size - used,
    used_bytes: used,
    reclaimable_bytes: 0,
    size,
    indices: counts.map(([index, row_count]) => ({ index, row_count })),
  };
}

type Line = [name: string, type: "counter" | "gauge", help: string, ...samples: [labels: string, value: number][]];

function exposition(node: TestNode): string {
  const { produced, incoming } = node.metrics;
  const { head, root, chainId } = node.controller;
  const one = (value: number): [string, number] => ["", value];
  const inbound = node.net.peers.filter((peer) => peer.incoming).length;
  const lines: Line[] = [
    [
      "nodeos_http_requests_total",
      "counter",
      "number of HTTP requests",
      ...[...node.http.requests].map(([path, count]): [string, number] => [`{handler="${path}"}`, count]),
    ],
    [
      "nodeos_p2p_failed_connections",
      "counter",
      "total number of failed out-going p2p connections",
      one(node.net.table.failedConnections),
    ],
    ["nodeos_p2p_dropped_trxs_total", "counter", "total number of dropped transactions by net plugin", one(0)],
    [
      "nodeos_cpu_usage_us_total",
      "counter",
      "total cpu usage in microseconds for blocks",
      [`{block_type="incoming"}`, incoming.cpuUs],
      [`{block_type="produced"}`, produced.cpuUs],
    ],
    [
      "nodeos_net_usage_us_total",
      "counter",
      "total net usage in microseconds for blocks",
      [`{block_type="incoming"}`, incoming.netBytes],
      [`{block_type="produced"}`, produced.netBytes],
    ],
    [
      "nodeos_unapplied_transactions_total",
      "counter",
      "total number of unapplied transactions from produced blocks",
      one(node.queue.size),
    ],
    ["nodeos_trxs_produced_total", "counter", "number of transactions produced", one(produced.transactions)],
    ["nodeos_blocks_produced", "counter", "number of blocks produced", one(produced.blocks)],
    ["nodeos_trxs_incoming_total", "counter", "number of incoming transactions", one(incoming.transactions)],
    ["nodeos_blocks_incoming", "counter", "number of incoming blocks", one(incoming.blocks)],
    ["nodeos_p2p_peers", "gauge", "current number of connected outgoing peers", one(node.net.peers.length - inbound)],
    ["nodeos_p2p_clients", "gauge", "current number of connected incoming clients", one(inbound)],
    ...peerLines(node),
    ["nodeos_last_irreversible", "gauge", "last irreversible block number", one(root.num)],
    ["nodeos_head_block_num", "gauge", "head block number", one(head.num)],
    ["nodeos", "gauge", "static information about the server"],
  ];
  const text = lines.map(([name, type, help, ...samples]) => {
    const rows = samples.map(([labels, value]) => `${name}${labels} ${value}\n`);
    return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${rows.join("")}`;
  });
  return `${text.join("")}nodeos_info{chain_id="${chainId}",server_version_string="${SERVER_VERSION}"} 1\n`;
}

function peerLines(node: TestNode): Line[] {
  const peers = node.net.peers.filter((peer) => peer.hello !== undefined);
  const gauge = (name: string, help: string, value: (peer: (typeof peers)[number]) => number): Line => [
    `nodeos_p2p_${name}`,
    "gauge",
    help,
    ...peers.map((peer): [string, number] => [`{connid="${peer.hello?.nodeId.slice(0, 7)}"}`, value(peer)]),
  ];
  return [
    gauge("port", "port", (peer) => peer.socket.remotePort ?? 0),
    gauge("connection_number", "monatomic increasing connection number", (peer) => peer.id),
    gauge("last_received_block", "last received block on connection", (peer) => peer.lastReceivedBlock),
    gauge(
      "unique_first_block_count",
      "number of blocks first received from any connection on this connection",
      (peer) => peer.uniqueBlocks,
    ),
    gauge("latency", "last calculated latency with connection", (peer) => Number(peer.roundTripNs)),
    gauge("bytes_received", "total bytes received on connection", (peer) => peer.bytesReceived),
    gauge("bytes_sent", "total bytes sent to peer", (peer) => peer.bytesSent),
    gauge("connection_start_time", "time of last connection to peer", (peer) => peer.startedMs * 1e6),
  ];
}
