/**
 * A failure as nodeos reports it: code, name, what, and a detail with the place in nodeos that throws it.
 * The same object answers over HTTP, is written to the log, and decides the HTTP status.
 */
import type { ErrorBody } from "../../chain/http/errors.ts";

/** Codes, names and texts of the exceptions this test chain raises; from nodeos's `exceptions.hpp`. */
const KINDS = {
  exception: [0, "exception", "unspecified"],
  bad_cast_exception: [7, "bad_cast_exception", "Bad Cast"],
  assert_exception: [10, "assert_exception", "Assert Exception"],
  eof_exception: [11, "eof_exception", "End Of File"],
  block_id_type_exception: [3010008, "block_id_type_exception", "Invalid block ID"],
  unlinkable_block_exception: [3030002, "unlinkable_block_exception", "Unlinkable block"],
  block_validate_exception: [3030000, "block_validate_exception", "Block exception"],
  wrong_signing_key: [3030008, "wrong_signing_key", "Block is not signed with expected key"],
  wrong_producer: [3030009, "wrong_producer", "Block is not signed by expected producer"],
  transaction_exception: [3040000, "transaction_exception", "Transaction exception"],
  tx_no_action: [3040002, "tx_no_action", "Transaction should have at least one normal action"],
  expired_tx_exception: [3040005, "expired_tx_exception", "Expired Transaction"],
  tx_exp_too_far_exception: [3040006, "tx_exp_too_far_exception", "Transaction Expiration Too Far"],
  invalid_ref_block_exception: [3040007, "invalid_ref_block_exception", "Invalid Reference Block"],
  tx_duplicate: [3040008, "tx_duplicate", "Duplicate transaction"],
  packed_transaction_type_exception: [3010013, "packed_transaction_type_exception", "Invalid packed transaction"],
  action_validate_exception: [3050000, "action_validate_exception", "Action validate exception"],
  account_name_exists_exception: [3050001, "account_name_exists_exception", "Account name already exists"],
  eosio_assert_message_exception: [3050003, "eosio_assert_message_exception", "eosio_assert_message assertion failure"],
  account_query_exception: [3060002, "account_query_exception", "Account Query Exception"],
  contract_table_query_exception: [3060003, "contract_table_query_exception", "Contract Table Query Exception"],
  abi_not_found_exception: [3060001, "abi_not_found_exception", "ABI Not Found"],
  wasm_exception: [3070000, "wasm_exception", "WASM Exception"],
  irrelevant_auth_exception: [3090005, "irrelevant_auth_exception", "Irrelevant authority included"],
  unsatisfied_authorization: [
    3090003,
    "unsatisfied_authorization",
    "Provided keys, permissions, and delays do not satisfy declared authorizations",
  ],
  missing_auth_exception: [3090004, "missing_auth_exception", "Missing required authority"],
  tx_irrelevant_sig: [3090001, "tx_irrelevant_sig", "Irrelevant signature included"],
  tx_duplicate_sig: [3090007, "tx_duplicate_sig", "Duplicate signature included"],
  unknown_block_exception: [3100002, "unknown_block_exception", "Unknown block"],
  unsupported_feature: [3100008, "unsupported_feature", "Feature is currently unsupported"],
  producer_priv_key_not_found: [3170001, "producer_priv_key_not_found", "Producer private key is not available"],
  invalid_protocol_features_to_activate: [
    3170010,
    "invalid_protocol_features_to_activate",
    "The protocol features to be activated were not valid",
  ],
  duplicate_snapshot_request: [
    3170013,
    "duplicate_snapshot_request",
    "Snapshot has been already scheduled with specified parameters",
  ],
  snapshot_request_not_found: [3170014, "snapshot_request_not_found", "Snapshot request not found"],
  invalid_snapshot_request: [3170016, "invalid_snapshot_request", "Invalid snapshot request"],
  pause_at_block_exception: [3170017, "pause_at_block_exception", "Invalid pause at block request"],
  plugin_config_exception: [3110006, "plugin_config_exception", "Incorrect plugin configuration"],
  invalid_http_request: [3200006, "invalid_http_request", "invalid http request"],
  protocol_feature_exception: [3250000, "protocol_feature_exception", "Protocol feature exception"],
} as const satisfies Record<string, readonly [number, string, string]>;

export type FailureKind = keyof typeof KINDS;

export interface FailureDetail {
  message: string;
  file: string;
  line_number: number;
  method: string;
}

export class ChainFailure extends Error {
  readonly code: number;
  override readonly name: string;
  readonly what: string;
  readonly details: FailureDetail[];

  constructor(code: number, name: string, what: string, details: FailureDetail[]) {
    super(details[0]?.message ?? what);
    this.code = code;
    this.name = name;
    this.what = what;
    this.details = details;
  }
}

/** A failure of a known kind; `at` is the nodeos source that throws it, `file:method`. */
export function failure(kind: FailureKind, message: string, at = "controller.cpp:apply"): ChainFailure {
  const [code, name, what] = KINDS[kind];
  return new ChainFailure(code, name, what, [detail(message, at)]);
}

export function detail(message: string, at: string): FailureDetail {
  const colon = at.indexOf(":");
  return { message, file: at.slice(0, colon), line_number: 0, method: at.slice(colon + 1) };
}

/** Any thrown value as a failure; what we did not foresee becomes nodeos's unspecified exception. */
export function asFailure(thrown: unknown): ChainFailure {
  if (thrown instanceof ChainFailure) return thrown;
  return failure(
    "exception",
    thrown instanceof Error ? thrown.message : String(thrown),
    "http_plugin.cpp:handle_exception",
  );
}

/**
 * The HTTP answer for a failure: nodeos gives a status of its own to a few kinds and 500 to all others.
 * (Its 401 for 3090003 is for authority failures outside of transactions; a pushed transaction that lacks
 * a signature answers 500, as recorded in `send_transaction.wrong_key.json`.)
 */
export function failureAnswer(thrown: ChainFailure, verbose: boolean): { status: number; body: ErrorBody } {
  const [status, message] = statusOf(thrown);
  const details = verbose ? thrown.details : thrown.details.slice(0, 1);
  return {
    status,
    body: { code: status, message, error: { code: thrown.code, name: thrown.name, what: thrown.what, details } },
  };
}

function statusOf(thrown: ChainFailure): [number, string] {
  switch (thrown.code) {
    case KINDS.unknown_block_exception[0]:
      return [400, "Unknown Block"];
    case KINDS.invalid_http_request[0]:
      return [400, "Invalid Request"];
    case KINDS.account_query_exception[0]:
      return [400, "Account lookup"];
    case KINDS.tx_duplicate[0]:
      return [409, "Conflict"];
    case KINDS.eof_exception[0]:
      return [422, "Unprocessable Entity"];
    default:
      return [500, "Internal Service Error"];
  }
}
