/** Transactions in requests: packed, as they are pushed, and in plain JSON. */
import * as v from "valibot";
import type { Json } from "../../../chain/abi/builtin.ts";
import { parseTimePoint } from "../../../chain/time.ts";
import { encodeTransaction, type PackedTransaction } from "../../../chain/transaction.ts";
import { messageOf } from "../../../kit/problem.ts";
import { failure } from "../failure.ts";
import { type Body, unreadable } from "./endpoint.ts";

/** A packed transaction as HTTP carries it. Throws `packed_transaction_type_exception`. */
export function readPacked(body: Json | undefined): PackedTransaction {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw malformed();
  const { signatures, compression, packed_context_free_data, packed_trx } = body;
  const hex = (value: Json | undefined): Buffer => {
    if (value === undefined || value === null) return Buffer.alloc(0);
    if (typeof value !== "string" || !/^([0-9a-fA-F]{2})*$/.test(value)) throw malformed();
    return Buffer.from(value, "hex");
  };
  if (!Array.isArray(signatures) || typeof packed_trx !== "string") throw malformed();
  const zlib = compression === 1 || compression === "zlib";
  return {
    signatures: signatures.map(String),
    compression: zlib ? "zlib" : "none",
    packedContextFreeData: hex(packed_context_free_data),
    packedTrx: hex(packed_trx),
  };
}

function malformed(): Error {
  const at = "chain_plugin.cpp:send_transaction";
  return failure("packed_transaction_type_exception", "Invalid packed transaction", at);
}

const number = v.pipe(v.union([v.number(), v.string()]), v.transform(Number), v.integer(), v.minValue(0));
const hexBytes = v.pipe(
  v.string(),
  v.regex(/^([0-9a-fA-F]{2})*$/),
  v.transform((text) => Buffer.from(text, "hex")),
);
const level = v.object({ actor: v.string(), permission: v.string() });
const action = v.object({ account: v.string(), name: v.string(), authorization: v.array(level), data: hexBytes });
const plainTransaction = v.pipe(
  v.object({
    expiration: v.pipe(
      v.string(),
      v.transform((text) => Math.floor(parseTimePoint(text) / 1000)),
    ),
    ref_block_num: number,
    ref_block_prefix: number,
    max_net_usage_words: v.optional(number, 0),
    max_cpu_usage_ms: v.optional(number, 0),
    delay_sec: v.optional(number, 0),
    context_free_actions: v.optional(v.array(action), []),
    actions: v.array(action),
    transaction_extensions: v.optional(v.array(v.tuple([v.number(), hexBytes])), []),
  }),
  v.transform((read) => ({
    expiration: read.expiration,
    refBlockNum: read.ref_block_num,
    refBlockPrefix: read.ref_block_prefix,
    maxNetUsageWords: read.max_net_usage_words,
    maxCpuUsageMs: read.max_cpu_usage_ms,
    delaySec: read.delay_sec,
    contextFreeActions: read.context_free_actions,
    actions: read.actions,
    extensions: read.transaction_extensions.map(([type, data]) => ({ type, data })),
  })),
);

/** A transaction in plain JSON, action data in hex, serialised. Throws `invalid_http_request`. */
export function serializePlain(body: Body): Buffer {
  try {
    return encodeTransaction(v.parse(plainTransaction, body));
  } catch (thrown) {
    throw unreadable(messageOf(thrown), "transaction.cpp:from_variant");
  }
}
