/**
 * Runs one action: by nodeos itself, by a built-in contract, and on every account that is notified, each with
 * its receipt.
 */
import { AbiSerializer } from "../../../chain/abi/serializer.ts";
import { pack } from "../../../chain/codec/writer.ts";
import { sha256 } from "../../../chain/hash.ts";
import { type Action, writeAction } from "../../../chain/transaction.ts";
import { messageOf } from "../../../kit/problem.ts";
import type { ActionContext, ActionData } from "../contracts/contract.ts";
import { NATIVE_ACTIONS } from "../contracts/native-actions.ts";
import { CONTRACTS } from "../contracts/registry.ts";
import { nativeSerializer } from "../contracts/system.ts";
import { ChainFailure, detail, failure } from "../failure.ts";
import { getAccount } from "./accounts.ts";
import type { BlockContext } from "./block-context.ts";
import { preactivateFeature } from "./protocol-features.ts";
import type { Tables } from "./tables.ts";
import type { ActionReceipt, ActionTrace } from "./trace.ts";

const MAX_NOTIFY_DEPTH = 64;

/** Runs an action on its own account, then on every account that was notified, in the order of notification. */
export function runAction(context: BlockContext, action: Action, traces: ActionTrace[]): void {
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
      "eosio_assert_code_exception",
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
