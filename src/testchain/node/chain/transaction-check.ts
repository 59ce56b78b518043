/** nodeos's checks of a transaction before any of its actions runs: expiry, TAPOS, duplicate, shape, permissions. */
import { refBlockPrefix } from "../../../chain/block/header.ts";
import { formatTimePoint, timeOf } from "../../../chain/time.ts";
import { type ChainFailure, failure } from "../failure.ts";
import { getAccount } from "./accounts.ts";
import { checkAuthorization } from "./authorization-check.ts";
import type { BlockContext } from "./block-context.ts";
import { getChainConfig } from "./chain-config.ts";
import type { IncomingTransaction } from "./incoming-transaction.ts";

/** Throws the failure that nodeos would. */
export function checkTransaction(context: BlockContext, { id, transaction, keys }: IncomingTransaction): void {
  const blockMs = timeOf(context.slot);
  const expirationMs = transaction.expiration * 1000;
  if (expirationMs < blockMs) throw expired(id, expirationMs, blockMs);
  const lifetimeSec = getChainConfig(context.tables).max_transaction_lifetime;
  if (expirationMs > blockMs + lifetimeSec * 1000) {
    throw failure(
      "tx_exp_too_far_exception",
      `Transaction expiration is too far in the future relative to the reference time of ${formatTimePoint(blockMs)}, expiration is ` +
        `${formatTimePoint(expirationMs)} and the maximum transaction lifetime is ${lifetimeSec} seconds`,
      "controller.cpp:validate_expiration",
    );
  }
  const reference = context.tables.get<string>("summary", String(transaction.refBlockNum));
  if (reference === undefined || refBlockPrefix(reference) !== transaction.refBlockPrefix) {
    throw failure(
      "invalid_ref_block_exception",
      `Transaction's reference block ${transaction.refBlockNum} did not match ${reference ?? "0".repeat(64)}. Is this transaction from a different fork?`,
      "controller.cpp:6009:validate_tapos",
    );
  }
  if (context.tables.get("transaction", id) !== undefined) throw duplicate(id);
  if (transaction.delaySec > 0)
    throw failure(
      "transaction_exception",
      "transaction cannot be delayed",
      "producer_plugin.cpp:on_incoming_transaction_async",
    );
  if (transaction.actions.length === 0) {
    throw failure(
      "tx_no_action",
      "transaction must have at least one action",
      "transaction_context.cpp:init_for_input_trx",
    );
  }
  if (!transaction.actions.some((action) => action.authorization.length > 0)) {
    throw failure(
      "tx_no_auths",
      "transaction must have at least one authorization",
      "transaction_context.cpp:validate_referenced_accounts",
    );
  }
  for (const action of transaction.actions) {
    if (getAccount(context.tables, action.account) === undefined) {
      throw failure(
        "transaction_exception",
        `action's code account '${action.account}' does not exist`,
        "transaction_context.cpp:validate_referenced_accounts",
      );
    }
  }
  checkAuthorization(context.tables, transaction.actions, keys);
}

export function expired(id: string, expirationMs: number, blockMs: number): ChainFailure {
  return failure(
    "expired_tx_exception",
    `expired transaction ${id}, expiration ${formatTimePoint(expirationMs)}, block time ${formatTimePoint(blockMs)}`,
    "producer_plugin.cpp:process_incoming_transaction_async",
  );
}

export function duplicate(id: string): ChainFailure {
  return failure(
    "tx_duplicate",
    `duplicate transaction ${id}`,
    "producer_plugin.cpp:process_incoming_transaction_async",
  );
}
