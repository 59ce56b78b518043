/**
 * Every nodeos endpoint this project calls for the chain's head, blocks and schedules, for production, peers and
 * the process. Accounts, contracts and tables are in state-endpoints.ts, transactions in transaction-endpoints.ts.
 * To use another one, add an entry; the client checks the answer against the schema.
 */
import * as v from "valibot";
import { endpoint, hash, maybe, type NoBody, name, object, signingAuthority, time, u32, u64 } from "./endpoint.ts";
import { headerFields, identifiedHeader } from "./header-answer.ts";

const ok = v.object({ result: v.literal("ok") });

// ---- /v1/chain: the chain as this node has it

const info = v.object({
  server_version: v.string(),
  chain_id: hash,
  head_block_num: u32,
  last_irreversible_block_num: u32,
  last_irreversible_block_id: hash,
  head_block_id: hash,
  head_block_time: time,
  head_block_producer: name,
  server_version_string: v.optional(v.string()),
  fork_db_head_block_num: v.optional(u32),
  fork_db_head_block_id: v.optional(hash),
  earliest_available_block_num: v.optional(u32),
  last_irreversible_block_time: v.optional(time),
});
export type Info = v.InferOutput<typeof info>;
/** Answered from a cache on the HTTP threads (1.1+): proves that the process lives, not that it works. */
export const getInfo = endpoint<NoBody>()("/v1/chain/get_info", info);

const schedule = v.object({
  version: u32,
  producers: v.array(v.object({ producer_name: name, authority: signingAuthority })),
});
const producerSchedule = v.object({ active: schedule, pending: maybe(schedule), proposed: maybe(schedule) });
export type ProducerScheduleAnswer = v.InferOutput<typeof producerSchedule>;
/** `active` is that of the block under construction, so it flips at the round boundary. */
export const getProducerSchedule = endpoint<NoBody>()("/v1/chain/get_producer_schedule", producerSchedule);

const finalizer = v.object({ description: v.string(), weight: u64, public_key: v.string() });
const finalizerPolicy = v.object({ generation: u32, threshold: u64, finalizers: v.array(finalizer) });
const trackedVote = v.object({
  description: v.string(),
  public_key: v.string(),
  is_vote_strong: v.boolean(),
  finalizer_policy_generation: u32,
  voted_for_block_id: hash,
  voted_for_block_num: u32,
  voted_for_block_timestamp: time,
});
export const getFinalizerInfo = endpoint<NoBody>()(
  "/v1/chain/get_finalizer_info",
  v.object({
    active_finalizer_policy: maybe(finalizerPolicy),
    pending_finalizer_policy: maybe(finalizerPolicy),
    last_tracked_votes: v.array(trackedVote),
  }),
);

/** A block by number or id. */
export interface BlockRequest {
  block_num_or_id: number | string;
}
const block = v.looseObject({
  ...headerFields,
  producer_signature: v.string(),
  transactions: v.array(object),
  id: hash,
  block_num: u32,
  ref_block_prefix: u32,
});
export const getBlock = endpoint<BlockRequest>()("/v1/chain/get_block", block);
export const getRawBlock = endpoint<BlockRequest>()("/v1/chain/get_raw_block", object);
export const getBlockInfo = endpoint<{ block_num: number }>()(
  "/v1/chain/get_block_info",
  v.object({ block_num: u32, id: hash, timestamp: time, producer: name, previous: hash, ref_block_prefix: u32 }),
);
/** The cheapest source of a header; runs on the HTTP threads. The answer's id is checked: it is the header's own. */
export const getBlockHeader = endpoint<BlockRequest & { include_extensions?: boolean }>()(
  "/v1/chain/get_block_header",
  identifiedHeader,
);

export const getActivatedProtocolFeatures = endpoint<{ limit?: number; lower_bound?: number }>()(
  "/v1/chain/get_activated_protocol_features",
  v.object({
    activated_protocol_features: v.array(v.looseObject({ feature_digest: hash, activation_block_num: u32 })),
    more: v.optional(u32),
  }),
);

// ---- /v1/producer: never reachable by strangers

/** Explicitly paused or without votes; the two are not told apart. Runs on the main thread: a proof of life. */
export const producerPaused = endpoint<NoBody>()("/v1/producer/paused", v.boolean());
export const producerPause = endpoint<NoBody>()("/v1/producer/pause", ok);
export const producerResume = endpoint<NoBody>()("/v1/producer/resume", ok);
export const getRuntimeOptions = endpoint<NoBody>()(
  "/v1/producer/get_runtime_options",
  v.looseObject({ max_transaction_time: v.number(), produce_block_offset_ms: v.number() }),
);
export const scheduleProtocolFeatures = endpoint<{ protocol_features_to_activate: string[] }>()(
  "/v1/producer/schedule_protocol_feature_activations",
  ok,
);
export const getSupportedProtocolFeatures = endpoint<{ exclude_disabled?: boolean; exclude_unactivatable?: boolean }>()(
  "/v1/producer/get_supported_protocol_features",
  v.array(
    v.looseObject({
      feature_digest: hash,
      dependencies: v.array(hash),
      specification: v.array(v.object({ name: v.string(), value: v.string() })),
    }),
  ),
);
export const createSnapshot = endpoint<NoBody>()(
  "/v1/producer/create_snapshot",
  v.object({
    head_block_id: hash,
    head_block_num: u32,
    head_block_time: time,
    version: u32,
    snapshot_name: v.string(),
  }),
);

export const getSnapshotRequests = endpoint<NoBody>()(
  "/v1/producer/get_snapshot_requests",
  v.object({ snapshot_requests: v.array(object) }),
);
export const getUnappliedTransactions = endpoint<{ limit?: number; lower_bound?: string }>()(
  "/v1/producer/get_unapplied_transactions",
  v.object({ size: u32, incoming_size: u32, trxs: v.array(object), more: v.optional(v.string(), "") }),
);
export const getGreylist = endpoint<NoBody>()("/v1/producer/get_greylist", v.object({ accounts: v.array(name) }));
const names = v.array(name);
export const getWhitelistBlacklist = endpoint<NoBody>()(
  "/v1/producer/get_whitelist_blacklist",
  v.object({
    actor_whitelist: names,
    actor_blacklist: names,
    contract_whitelist: names,
    contract_blacklist: names,
    action_blacklist: v.array(v.tuple([name, name])),
    key_blacklist: v.array(v.string()),
  }),
);

// ---- /v1/net: peers

/** 1.0 calls the chain fields `last_irreversible_block_num` and `head_num`; read as today's names. */
const lastHandshake = v.pipe(
  v.looseObject({
    network_version: u32,
    node_id: hash,
    p2p_address: v.string(),
    agent: v.string(),
    fork_db_root_num: v.optional(u32),
    fork_db_head_num: v.optional(u32),
    last_irreversible_block_num: v.optional(u32),
    head_num: v.optional(u32),
    generation: v.number(),
  }),
  v.transform((hello) => ({
    networkVersion: hello.network_version,
    nodeId: hello.node_id,
    p2pAddress: hello.p2p_address,
    agent: hello.agent,
    generation: hello.generation,
    rootNum: hello.fork_db_root_num ?? hello.last_irreversible_block_num ?? 0,
    headNum: hello.fork_db_head_num ?? hello.head_num ?? 0,
  })),
);
const connection = v.object({
  peer: v.string(),
  connecting: v.boolean(),
  syncing: v.boolean(),
  is_socket_open: v.optional(v.boolean(), true),
  is_blocks_only: v.optional(v.boolean(), false),
  is_transactions_only: v.optional(v.boolean(), false),
  last_vote_received: v.optional(time),
  last_handshake: lastHandshake,
});
export const netConnections = endpoint<NoBody>()("/v1/net/connections", v.array(connection));
/** The body is the peer's address itself, a JSON string. A sentence instead of the connection when there is none. */
export const netStatus = endpoint<string>()("/v1/net/status", v.nullable(v.union([connection, v.string()])));
/** Body as for `status`. */
export const netConnect = endpoint<string>()("/v1/net/connect", v.string());
export const netDisconnect = endpoint<string>()("/v1/net/disconnect", v.string());

// ---- others

export const dbSize = endpoint<NoBody>()(
  "/v1/db_size/get",
  v.object({
    free_bytes: u64,
    used_bytes: u64,
    reclaimable_bytes: u64,
    size: u64,
    indices: v.array(v.object({ index: v.string(), row_count: u64 })),
  }),
);
/** Text in Prometheus's exposition format. */
export const prometheusMetrics = endpoint<NoBody>()("/v1/prometheus/metrics", v.string(), "text/plain");
export const getSupportedApis = endpoint<NoBody>()(
  "/v1/node/get_supported_apis",
  v.object({ apis: v.array(v.string()) }),
);
