/** nodeos's endpoints that take a transaction, and the one that tells what became of it. */
import * as v from "valibot";
import { endpoint, hash, json, maybe, object, time, u32 } from "./endpoint.ts";

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
/** Runs it without keeping what it does. */
export const computeTransaction = endpoint<{ transaction: PackedTransactionJson }>()(
  "/v1/chain/compute_transaction",
  trace,
);
/** On other threads than `compute_transaction`; served only with `read-only-threads`, so never by a producer. */
export const sendReadOnlyTransaction = endpoint<{ transaction: PackedTransactionJson }>()(
  "/v1/chain/send_read_only_transaction",
  trace,
);

/** Served only with `transaction-finality-status-max-storage-size-gb`. The block fields are there once it is in one. */
export const getTransactionStatus = endpoint<{ id: string }>()(
  "/v1/chain/get_transaction_status",
  v.object({
    state: v.picklist(["LOCALLY_APPLIED", "IN_BLOCK", "IRREVERSIBLE", "FORKED_OUT", "FAILED", "UNKNOWN"]),
    block_number: v.optional(u32),
    block_id: v.optional(hash),
    block_timestamp: v.optional(time),
    head_number: u32,
    head_id: hash,
    irreversible_number: u32,
    irreversible_id: hash,
  }),
);
