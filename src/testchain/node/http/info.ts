/**
 * `get_info`, made anew when the head moves and answered from then on as it is: it works on while the main
 * thread is stuck, and during a signature it shows the parent of the block being signed.
 */
import { formatBlockTime } from "../../../chain/time.ts";
import type { Controller } from "../chain/controller.ts";
import type { Endpoint } from "./endpoint.ts";
import { SERVER_VERSION } from "./server.ts";

const SERVER_COMMIT = "7e57c4a1";

/** What is told of this node in `get_info` and in the metrics alike. */
export function serverFacts({ blocks, chainId }: Controller) {
  return {
    server_version: SERVER_COMMIT,
    chain_id: chainId,
    server_version_string: SERVER_VERSION,
    server_full_version_string: `${SERVER_VERSION}-${SERVER_COMMIT}`,
    earliest_available_block_num: blocks.earliest,
  };
}

export class InfoCache {
  private readonly controller: Controller;
  private cached: object;

  constructor(controller: Controller) {
    this.controller = controller;
    this.cached = this.make();
  }

  refresh(): void {
    this.cached = this.make();
  }

  endpoint(): Endpoint {
    return { path: "/v1/chain/get_info", category: "node", status: 200, body: "none", handle: () => this.cached };
  }

  private make(): object {
    const { head, root, forks } = this.controller;
    const facts = serverFacts(this.controller);
    return {
      server_version: facts.server_version,
      chain_id: facts.chain_id,
      head_block_num: head.num,
      last_irreversible_block_num: root.num,
      last_irreversible_block_id: root.id,
      head_block_id: head.id,
      head_block_time: formatBlockTime(head.slot),
      head_block_producer: head.header.producer,
      virtual_block_cpu_limit: 200_000_000,
      virtual_block_net_limit: 1_048_576_000,
      block_cpu_limit: 400_000,
      block_net_limit: 1_048_576,
      server_version_string: facts.server_version_string,
      fork_db_head_block_num: forks.head.num,
      fork_db_head_block_id: forks.head.id,
      server_full_version_string: facts.server_full_version_string,
      total_cpu_weight: 0,
      total_net_weight: 0,
      earliest_available_block_num: facts.earliest_available_block_num,
      last_irreversible_block_time: formatBlockTime(root.slot),
    };
  }
}
