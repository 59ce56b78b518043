/** `/v1/prometheus/metrics` and `/v1/db_size/get`: what nodeos counts of itself. */
import type { BlockState } from "../consensus/block-state.ts";
import { PRIORITY } from "../main-thread.ts";
import type { TestNode } from "../node.ts";
import type { Endpoint } from "./endpoint.ts";
import { exposition } from "./exposition.ts";

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
