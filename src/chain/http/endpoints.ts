/**
 * Every nodeos endpoint this project calls: its path, what to send, and the shape of a good answer.
 * To use another one, add an entry here; the client checks the answer against the schema.
 *
 * JSON conventions of nodeos: 64-bit numbers above 2^32−1 are strings (bigint here), times are UTC without
 * a zone (milliseconds here), absent optionals are left out or null (null here).
 */
import * as v from "valibot";
import type { Json } from "../abi/builtin.ts";
import { abiSchema } from "../abi/definition.ts";
import { parseTimePoint } from "../time.ts";

export interface Endpoint<Request, Answer> {
  path: string;
  schema: v.GenericSchema<unknown, Answer>;
  /** Carries the type of the request; never set. */
  request?: Request;
}

/** nodeos accepts no body on such an endpoint. */
export type NoBody = undefined;

/** Declares an endpoint: `endpoint<Request>()(path, schema)`. */
function endpoint<Request>() {
  return <Answer>(path: string, schema: v.GenericSchema<unknown, Answer>): Endpoint<Request, Answer> => ({
    path,
    schema,
  });
}

const u32 = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff));
const u64 = v.pipe(
  v.union([v.pipe(v.number(), v.integer()), v.pipe(v.string(), v.regex(/^-?\d{1,20}$/))]),
  v.transform((value): bigint => BigInt(value)),
);
const name = v.pipe(v.string(), v.maxLength(13));
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const time = v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z?$/), v.transform(parseTimePoint));
const json = v.custom<Json>(() => true);
const object = v.custom<{ [key: string]: Json }>((value) => typeof value === "object" && value !== null);
const maybe = <Answer>(schema: v.GenericSchema<unknown, Answer>) => v.optional(v.nullable(schema), null);
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

const key = v.object({ key: v.string(), weight: u32 });
const authority = v.pipe(
  v.tuple([v.literal(0), v.object({ threshold: u32, keys: v.array(key) })]),
  v.transform(([, body]) => body),
);
const schedule = v.object({
  version: u32,
  producers: v.array(v.object({ producer_name: name, authority })),
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
  timestamp: time,
  producer: name,
  confirmed: u32,
  previous: hash,
  transaction_mroot: hash,
  action_mroot: hash,
  schedule_version: u32,
  producer_signature: v.string(),
  transactions: v.array(object),
  id: hash,
  block_num: u32,
  ref_block_prefix: u32,
});
export const getBlock = endpoint<BlockRequest>()("/v1/chain/get_block", block);
export const getRawBlock = endpoint<BlockRequest>()("/v1/chain/get_raw_block", object);
/** The cheapest source of a header; runs on the HTTP threads. */
export const getBlockHeader = endpoint<BlockRequest & { include_extensions?: boolean }>()(
  "/v1/chain/get_block_header",
  v.object({
    id: hash,
    signed_block_header: v.looseObject({
      timestamp: time,
      producer: name,
      previous: hash,
      schedule_version: u32,
      header_extensions: v.optional(v.array(v.tuple([v.number(), v.string()])), []),
      producer_signature: v.string(),
    }),
  }),
);

const requiredAuth = v.object({
  threshold: u32,
  keys: v.array(key),
  accounts: v.array(v.object({ permission: v.object({ actor: name, permission: name }), weight: u32 })),
  waits: v.array(object),
});
export const getAccount = endpoint<{ account_name: string }>()(
  "/v1/chain/get_account",
  v.looseObject({
    account_name: name,
    head_block_num: u32,
    created: time,
    ram_usage: u64,
    permissions: v.array(v.looseObject({ perm_name: name, parent: v.string(), required_auth: requiredAuth })),
  }),
);
export const getAbi = endpoint<{ account_name: string }>()(
  "/v1/chain/get_abi",
  v.object({ account_name: name, abi: v.optional(abiSchema) }),
);

export interface TableRequest {
  code: string;
  scope: string;
  table: string;
  json?: boolean;
  lower_bound?: string;
  upper_bound?: string;
  limit?: number;
  reverse?: boolean;
}
export const getTableRows = endpoint<TableRequest>()(
  "/v1/chain/get_table_rows",
  v.object({ rows: v.array(json), more: v.boolean(), next_key: v.string() }),
);
export const getCurrencyBalance = endpoint<{ code: string; account: string; symbol?: string }>()(
  "/v1/chain/get_currency_balance",
  v.array(v.string()),
);
export const getActivatedProtocolFeatures = endpoint<{ limit?: number; lower_bound?: number }>()(
  "/v1/chain/get_activated_protocol_features",
  v.object({
    activated_protocol_features: v.array(v.looseObject({ feature_digest: hash, activation_block_num: u32 })),
    more: v.optional(u32),
  }),
);

/** A packed transaction as nodeos takes it over HTTP. */
export interface PackedTransactionJson {
  signatures: string[];
  compression: 0 | 1;
  packed_context_free_data: string;
  packed_trx: string;
}
const trace = v.object({
  transaction_id: hash,
  processed: v.looseObject({ id: hash, block_num: u32, receipt: maybe(object), except: v.optional(json) }),
});
export const sendTransaction = endpoint<PackedTransactionJson>()("/v1/chain/send_transaction", trace);
/** With `return_failure_trace` a failed transaction is a good answer whose trace has `except`. */
export const sendTransaction2 = endpoint<{
  return_failure_trace: boolean;
  retry_trx: boolean;
  transaction: PackedTransactionJson;
}>()("/v1/chain/send_transaction2", trace);
export const pushTransaction = endpoint<PackedTransactionJson>()("/v1/chain/push_transaction", trace);

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
/** The body is the peer's address itself, a JSON string. */
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
export const prometheusMetrics = endpoint<NoBody>()("/v1/prometheus/metrics", v.string());
export const getSupportedApis = endpoint<NoBody>()(
  "/v1/node/get_supported_apis",
  v.object({ apis: v.array(v.string()) }),
);
