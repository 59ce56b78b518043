/** `/v1/chain/get_block*`: blocks of this node, by number or id. */
import { blockNumOf } from "../../../chain/block/header.ts";
import { ZERO_256 } from "../../../chain/hash.ts";
import { abiOf } from "../chain/accounts.ts";
import { failure } from "../failure.ts";
import type { TestNode } from "../node.ts";
import { blockHeaderJson, blockInfoJson, blockJson, rawBlockJson } from "./block-json.ts";
import { CHAIN_PLUGIN, chainReader } from "./chain-reader.ts";
import { type Endpoint, textField } from "./endpoint.ts";

export function blockApi(node: TestNode): Endpoint[] {
  const abis = (account: string) => abiOf(node.controller.tables, account);
  const byNumOrId = (name: string, show: (raw: Buffer) => unknown, thread: "main" | "http"): Endpoint =>
    chainReader(name, "required", (body) => show(findBlock(node, textField(body, "block_num_or_id"), name)), thread);
  return [
    byNumOrId("get_block", (raw) => blockJson(raw, abis), "main"),
    byNumOrId("get_raw_block", rawBlockJson, "http"),
    byNumOrId("get_block_header_state", headerStateJson, "main"),
    chainReader(
      "get_block_header",
      "required",
      (body) => {
        const raw = findBlock(node, textField(body, "block_num_or_id"), "get_block_header");
        return blockHeaderJson(raw, body?.include_extensions === true);
      },
      "http",
    ),
    chainReader("get_block_info", "required", (body) =>
      blockInfoJson(findBlock(node, textField(body, "block_num"), "get_block_info")),
    ),
  ];
}

/** Where nodeos looks for the block that an endpoint is about: `get_block` is a formatted `get_raw_block`. */
const METHODS: Record<string, string> = { get_block: "get_raw_block" };

function findBlock(node: TestNode, wanted: string, endpoint: string): Buffer {
  const method = METHODS[endpoint] ?? endpoint;
  const { controller } = node;
  if (wanted.length === 0 || wanted.length > 64) {
    const message = "Invalid Block number or ID, must be greater than 0 and less than 64 characters";
    throw failure("block_id_type_exception", message, `${CHAIN_PLUGIN}:${method}`);
  }
  if (/^\d+$/.test(wanted)) {
    const raw = controller.blocks.rawByNum(Number(wanted));
    if (raw !== undefined && raw.length > 0) return raw;
  } else {
    const at = `${CHAIN_PLUGIN}:1970:${method}`;
    if (!/^[0-9a-f]{64}$/i.test(wanted)) throw failure("block_id_type_exception", `Invalid block ID: ${wanted}`, at);
    const raw = controller.blocks.rawById(wanted.toLowerCase());
    if (raw !== undefined && raw.length > 0) return raw;
  }
  const [what, line] = method === "get_block_header" ? ["block header", 2024] : ["block", 1973];
  throw failure("unknown_block_exception", `Could not find ${what}: ${wanted}`, `${CHAIN_PLUGIN}:${line}:${method}`);
}

/** 1.x answers this with a stub of the legacy state around the header. */
function headerStateJson(raw: Buffer) {
  const { id, signed_block_header } = blockHeaderJson(raw, false);
  const none = { version: 0, producers: [] };
  return {
    block_num: blockNumOf(id),
    dpos_proposed_irreversible_blocknum: 0,
    dpos_irreversible_blocknum: 0,
    active_schedule: none,
    blockroot_merkle: { _active_nodes: [], _node_count: 0 },
    producer_to_last_produced: [],
    producer_to_last_implied_irb: [],
    valid_block_signing_authority: [0, { threshold: 0, keys: [] }],
    confirm_count: [],
    id,
    header: signed_block_header,
    pending_schedule: { schedule_lib_num: 0, schedule_hash: ZERO_256, schedule: none },
    activated_protocol_features: null,
    additional_signatures: [],
  };
}
