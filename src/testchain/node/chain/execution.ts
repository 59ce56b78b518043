/**
 * Runs transactions against the state: the checks nodeos makes (expiry, TAPOS, duplicate, signatures,
 * permissions), then each action by nodeos itself or a built-in contract, with receipts and a trace.
 *
 * The same transaction on the same state gives the same receipts on every node; only the billed CPU time is
 * measured by the producer and taken over by everyone else.
 */

import { AbiSerializer, decodeAbi } from "../../../chain/abi/serializer.ts";
import type { FinalizerPolicy } from "../../../chain/block/finality.ts";
import { blockNumOf, refBlockPrefix } from "../../../chain/block/header.ts";
import type { ScheduledProducer } from "../../../chain/block/schedule.ts";
import { pack } from "../../../chain/codec/writer.ts";
import { sha256 } from "../../../chain/hash.ts";
import { formatTimePoint, timeOf } from "../../../chain/time.ts";
import {
  type Action,
  decodeTransaction,
  type PackedTransaction,
  type Transaction,
  transactionSigners,
  unpackTransaction,
  writeAction,
} from "../../../chain/transaction.ts";
import { messageOf, Problem } from "../../../kit/problem.ts";
import type { ActionContext, ActionData } from "../contracts/contract.ts";
import { CONTRACTS } from "../contracts/registry.ts";
import { NATIVE_ACTIONS, nativeSerializer } from "../contracts/system.ts";
import { asFailure, ChainFailure, detail, failure } from "../failure.ts";
import { getAccount } from "./accounts.ts";
import { checkAuthorization } from "./authority.ts";
import { preactivateFeature } from "./protocol-features.ts";
import type { Tables } from "./tables.ts";

/** Genesis's `max_transaction_lifetime`, seconds. */
const MAX_LIFETIME_SEC = 3600;
const MAX_NOTIFY_DEPTH = 64;
const MIN_CPU_US = 100;

/** What a block under construction collects besides the state. */
export interface BlockEffects {
  schedule?: ScheduledProducer[] | undefined;
  finalizers?: Omit<FinalizerPolicy, "generation"> | undefined;
}

export interface BlockContext {
  chainId: string;
  num: number;
  slot: number;
  tables: Tables;
  effects: BlockEffects;
}

export interface ActionReceipt {
  receiver: string;
  actDigest: string;
  globalSequence: number;
  recvSequence: number;
  authSequence: [string, number][];
}

export interface ActionTrace {
  ordinal: number;
  /** Ordinal of the action whose notification this is, 0 for one of the transaction's own. */
  creator: number;
  receiver: string;
  action: Action;
  receipt: ActionReceipt | undefined;
  elapsedUs: number;
  except: ChainFailure | undefined;
}

export interface TransactionTrace {
  id: string;
  num: number;
  slot: number;
  /** Absent when it failed. */
  receipt: { cpuUsageUs: number; netUsageWords: number } | undefined;
  elapsedUs: number;
  netUsage: number;
  actions: ActionTrace[];
  except: ChainFailure | undefined;
}

/** A transaction taken apart once: id, content and who signed it. */
export interface IncomingTransaction {
  id: string;
  packed: PackedTransaction;
  transaction: Transaction;
  /** `EOS…` keys, in no particular order. */
  keys: ReadonlySet<string>;
}

/** Unpacks and recovers the signing keys. Throws a failure for what nodeos would not even try. */
export function openTransaction(chainId: string, packed: PackedTransaction): IncomingTransaction {
  try {
    const serialized = unpackTransaction(packed);
    const signers = transactionSigners(chainId, packed);
    if (new Set(signers).size !== signers.length) {
      throw failure(
        "tx_duplicate_sig",
        "transaction includes more than one signature signed using the same key",
        "transaction.cpp:get_signature_keys",
      );
    }
    return {
      id: sha256(serialized).toString("hex"),
      packed,
      transaction: decodeTransaction(serialized),
      keys: new Set(signers),
    };
  } catch (thrown) {
    if (thrown instanceof Problem)
      throw failure("packed_transaction_type_exception", thrown.message, "transaction.cpp:unpack");
    throw thrown;
  }
}

/**
 * Applies a transaction within a session of its own; on failure the state is as before and the trace holds
 * the exception. `billedUs` is the CPU time a block's receipt states; absent, it is measured.
 */
export function applyTransaction(
  context: BlockContext,
  incoming: IncomingTransaction,
  billedUs?: number,
): TransactionTrace {
  const started = performance.now();
  const { tables } = context;
  const actions: ActionTrace[] = [];
  const net = netUsage(incoming.packed);
  let except: ChainFailure | undefined;
  tables.begin();
  try {
    check(context, incoming);
    for (const action of incoming.transaction.actions) runAction(context, action, actions);
    tables.set("transaction", incoming.id, incoming.transaction.expiration);
    tables.squash();
  } catch (thrown) {
    tables.undo();
    except = asFailure(thrown);
  }
  const elapsedUs = Math.max(MIN_CPU_US, Math.round((performance.now() - started) * 1000));
  const receipt = except === undefined ? { cpuUsageUs: billedUs ?? elapsedUs, netUsageWords: net / 8 } : undefined;
  return { id: incoming.id, num: context.num, slot: context.slot, receipt, elapsedUs, netUsage: net, actions, except };
}

/** Forgets transactions whose expiry has passed: they are refused for being expired instead. */
export function expireTransactions(tables: Tables, slot: number): void {
  const seconds = Math.floor(timeOf(slot) / 1000);
  for (const [id, expiration] of tables.entries<number>("transaction")) {
    if (expiration < seconds) tables.delete("transaction", id);
  }
}

/** Leaf of the action merkle tree. */
export function receiptDigestOf(receipt: ActionReceipt): Buffer {
  return sha256(
    pack((writer) => {
      writer.name(receipt.receiver).checksum256(receipt.actDigest).u64(BigInt(receipt.globalSequence));
      writer.u64(BigInt(receipt.recvSequence));
      writer.vector(receipt.authSequence, ([actor, sequence]) => writer.name(actor).u64(BigInt(sequence)));
      writer.varuint32(1).varuint32(1);
    }),
  );
}

/** Billed network bytes: signatures and context-free data count a fifth; rounded up to words of eight. */
function netUsage(packed: PackedTransaction): number {
  const prunable = 2 + packed.signatures.length * 66 + packed.packedContextFreeData.length;
  const bytes = 12 + 16 + packed.packedTrx.length + Math.ceil((prunable * 20) / 100);
  return Math.ceil(bytes / 8) * 8;
}

function check(context: BlockContext, { id, transaction, keys }: IncomingTransaction): void {
  const blockMs = timeOf(context.slot);
  const expirationMs = transaction.expiration * 1000;
  if (expirationMs < blockMs) throw expired(id, expirationMs, blockMs);
  if (expirationMs > blockMs + MAX_LIFETIME_SEC * 1000) {
    throw failure(
      "tx_exp_too_far_exception",
      `Transaction expiration is too far in the future relative to the reference time of ${formatTimePoint(blockMs)}, expiration is ` +
        `${formatTimePoint(expirationMs)} and the maximum transaction lifetime is ${MAX_LIFETIME_SEC} seconds`,
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
      "transaction_exception",
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

/** Runs an action on its own account, then on every account that was notified, in the order of notification. */
function runAction(context: BlockContext, action: Action, traces: ActionTrace[]): void {
  const own = traceOf(traces, 0, action.account, action);
  const receivers: ActionTrace[] = [own];
  for (let i = 0; i < receivers.length; i++) {
    const trace = receivers[i] as ActionTrace;
    const started = performance.now();
    try {
      runReceiver(context, trace, (account) => {
        if (receivers.some(({ receiver }) => receiver === account) || receivers.length > MAX_NOTIFY_DEPTH) return;
        receivers.push(traceOf(traces, own.ordinal, account, action));
      });
      trace.receipt = makeReceipt(context.tables, trace.receiver, action);
    } catch (thrown) {
      trace.except = described(asContractFailure(thrown), trace);
      throw trace.except;
    } finally {
      trace.elapsedUs = Math.round((performance.now() - started) * 1000);
    }
  }
}

function traceOf(traces: ActionTrace[], creator: number, receiver: string, action: Action): ActionTrace {
  const trace = {
    ordinal: traces.length + 1,
    creator,
    receiver,
    action,
    receipt: undefined,
    elapsedUs: 0,
    except: undefined,
  };
  traces.push(trace);
  return trace;
}

function runReceiver(context: BlockContext, trace: ActionTrace, notify: (account: string) => void): void {
  const { action, receiver } = trace;
  const native = receiver === "eosio" && action.account === "eosio" ? NATIVE_ACTIONS[action.name] : undefined;
  const view = actionContext(context, action, notify);
  if (native !== undefined) {
    native(view, nativeSerializer.decode(action.name, action.data) as ActionData);
    return;
  }
  // A notification reaches the contract of the notified account; none of the built-in ones listens.
  if (receiver !== action.account) return;
  const contract = CONTRACTS.get(getAccount(context.tables, receiver)?.contract ?? "");
  if (contract === undefined) return;
  const handler = contract.actions[action.name];
  if (handler === undefined) {
    throw failure(
      "eosio_assert_message_exception",
      "assertion failure with error code: 8000000000000000000",
      "cf_system.cpp:eosio_assert_code",
    );
  }
  const serializer = new AbiSerializer(contract.abi);
  handler(view, serializer.decode(serializer.actionType(action.name), action.data) as ActionData);
}

/** What an action sees of a block under construction. */
export function actionContext(context: BlockContext, action: Action, notify: (account: string) => void): ActionContext {
  const { tables, effects } = context;
  const hasAuth = (account: string) => action.authorization.some(({ actor }) => actor === account);
  return {
    tables,
    slot: context.slot,
    action,
    notify,
    hasAuth,
    requireAuth(account) {
      if (!hasAuth(account))
        throw failure(
          "missing_auth_exception",
          `missing authority of ${account}`,
          "apply_context.cpp:require_authorization",
        );
    },
    proposeSchedule(producers) {
      effects.schedule = producers;
    },
    proposeFinalizers(policy) {
      effects.finalizers = policy;
    },
    preactivateFeature(digest) {
      preactivateFeature(tables, digest, context.num);
    },
  };
}

function makeReceipt(tables: Tables, receiver: string, action: Action): ActionReceipt {
  const next = (key: string): number => {
    const value = (tables.get<number>("sequence", key) ?? 0) + 1;
    tables.set("sequence", key, value);
    return value;
  };
  return {
    receiver,
    actDigest: sha256(pack((writer) => writeAction(writer, action))).toString("hex"),
    globalSequence: next("global"),
    recvSequence: next(`recv/${receiver}`),
    authSequence: action.authorization.map(({ actor }) => [actor, next(`auth/${actor}`)]),
  };
}

function asContractFailure(thrown: unknown): ChainFailure {
  if (thrown instanceof ChainFailure) return thrown;
  return failure(
    "eosio_assert_message_exception",
    `assertion failure with message: ${messageOf(thrown)}`,
    "cf_system.cpp:14:eosio_assert",
  );
}

/** nodeos adds where it happened as a second detail. */
function described(thrown: ChainFailure, trace: ActionTrace): ChainFailure {
  const { account, name } = trace.action;
  const context = `${trace.receiver} <= ${account}::${name} pending console output: `;
  return new ChainFailure(thrown.code, thrown.name, thrown.what, [
    ...thrown.details,
    detail(context, "apply_context.cpp:134:exec_one"),
  ]);
}

/** The ABI that the chain stores for an account, `undefined` when it has none. */
export function abiOf(tables: Tables, account: string): AbiSerializer | undefined {
  const abi = getAccount(tables, account)?.abi ?? "";
  return abi === "" ? undefined : new AbiSerializer(decodeAbi(Buffer.from(abi, "hex")));
}

/** Remembers a block's id for transactions that refer to it (TAPOS): by the low 16 bits of its number. */
export function rememberBlock(tables: Tables, id: string): void {
  tables.set("summary", String(blockNumOf(id) & 0xffff), id);
}
