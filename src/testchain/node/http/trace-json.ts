/** The answer to a pushed transaction: its trace as nodeos prints it. */

import { formatBlockTime } from "../../../chain/time.ts";
import type { ActionTrace, TransactionTrace } from "../chain/trace.ts";
import type { ChainFailure } from "../failure.ts";
import { type AbiLookup, actionJson } from "./block-json.ts";

/** `nested`: the older `push_transaction` puts notifications inside the action that caused them. */
export function traceJson(trace: TransactionTrace, abis: AbiLookup, nested: boolean) {
  const block = { block_num: trace.num, block_time: formatBlockTime(trace.slot), producer_block_id: null };
  const flat = trace.actions.map((action) => ({
    creator: action.creator,
    json: actionTraceJson(action, trace.id, block, abis),
  }));
  const top = nested ? flat.filter(({ creator }) => creator === 0) : flat;
  const action_traces = top.map(({ json }) =>
    nested
      ? {
          ...json,
          inline_traces: flat
            .filter(({ creator }) => creator === json.action_ordinal)
            .map((inner) => ({ ...inner.json, inline_traces: [] })),
        }
      : json,
  );
  return {
    transaction_id: trace.id,
    processed: {
      id: trace.id,
      ...block,
      receipt:
        trace.receipt === undefined
          ? null
          : {
              status: "executed",
              cpu_usage_us: trace.receipt.cpuUsageUs,
              net_usage_words: trace.receipt.netUsageWords,
            },
      elapsed: trace.elapsedUs,
      net_usage: trace.netUsage,
      scheduled: false,
      action_traces,
      account_ram_delta: null,
      except: trace.except === undefined ? null : exceptJson(trace.except),
      error_code: trace.except === undefined ? null : "10000000000000000000",
    },
  };
}

function actionTraceJson(trace: ActionTrace, id: string, block: object, abis: AbiLookup) {
  const { receipt } = trace;
  return {
    action_ordinal: trace.ordinal,
    creator_action_ordinal: trace.creator,
    closest_unnotified_ancestor_action_ordinal: trace.creator,
    receipt:
      receipt === undefined
        ? null
        : {
            receiver: receipt.receiver,
            act_digest: receipt.actDigest,
            global_sequence: receipt.globalSequence,
            recv_sequence: receipt.recvSequence,
            auth_sequence: receipt.authSequence,
            code_sequence: 1,
            abi_sequence: 1,
          },
    receiver: trace.receiver,
    act: actionJson(trace.action, abis),
    context_free: false,
    elapsed: trace.elapsedUs,
    console: "",
    trx_id: id,
    ...block,
    account_ram_deltas: [],
    except: trace.except === undefined ? null : exceptJson(trace.except),
    error_code: trace.except === undefined ? null : "10000000000000000000",
    return_value_hex_data: "",
  };
}

function exceptJson(thrown: ChainFailure) {
  return {
    code: thrown.code,
    name: thrown.name,
    message: thrown.what,
    stack: thrown.details.map((detail) => ({
      context: {
        level: "error",
        file: detail.file,
        line: detail.line_number,
        method: detail.method,
        hostname: "",
        thread_name: "nodeos",
      },
      format: detail.message,
      data: {},
    })),
  };
}
