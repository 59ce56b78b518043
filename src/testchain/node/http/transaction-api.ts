/** `/v1/chain/*` on transactions: pushing, dry runs, what keys are needed, what became of one. */

import type { Json } from "../../../chain/abi/builtin.ts";
import { formatPublicKey, parsePublicKey } from "../../../chain/keys/text.ts";
import type { PackedTransaction } from "../../../chain/transaction.ts";
import { transactionId } from "../../../chain/transaction.ts";
import { abiOf } from "../chain/accounts.ts";
import { getPermission, satisfiesAuthority } from "../chain/authority.ts";
import { openTransaction } from "../chain/incoming-transaction.ts";
import { asFailure, failure, failureAnswer } from "../failure.ts";
import { PRIORITY } from "../main-thread.ts";
import type { TestNode } from "../node.ts";
import { type Body, type Endpoint, invalid, textField } from "./endpoint.ts";
import { traceJson } from "./trace-json.ts";

const MAX_PUSHED = 1000;

export function transactionApi(node: TestNode): Endpoint[] {
  const rw = (name: string, body: Endpoint["body"], handle: Endpoint["handle"]): Endpoint => ({
    path: `/v1/chain/${name}`,
    category: "chain_rw",
    status: 202,
    body,
    handle,
  });
  const ro = (name: string, handle: Endpoint["handle"], status: 200 | 202 = 200): Endpoint => ({
    path: `/v1/chain/${name}`,
    category: "chain_ro",
    status,
    body: "required",
    priority: PRIORITY.mediumLow,
    handle,
  });
  const abis = (account: string) => abiOf(node.controller.tables, account);
  const push = async (packed: PackedTransaction, failureTrace: boolean, nested: boolean) =>
    traceJson(await node.push(packed, failureTrace), abis, nested);
  const endpoints = [
    rw("push_transaction", "required", (body) => push(readPacked(body), false, true)),
    rw("push_transactions", "array", (body) => pushMany(body, (packed) => push(packed, false, true))),
    rw("send_transaction", "required", (body) => push(readPacked(body), false, false)),
    rw("send_transaction2", "required", (body) =>
      push(readPacked(body?.transaction as Body), body?.return_failure_trace !== false, false),
    ),
    rw("push_block", "required", () => {
      throw failure(
        "unsupported_feature",
        "push_block is not supported by the test chain",
        "chain_plugin.cpp:push_block",
      );
    }),
    ro("compute_transaction", (body) =>
      traceJson(computeTransaction(node, readPacked(body?.transaction as Body)), abis, false),
    ),
    ro("send_read_only_transaction", () => {
      throw failure(
        "unsupported_feature",
        "read-only transactions execution not enabled on API node. Set read-only-threads > 0",
        "chain_plugin.cpp:2614:send_read_only_transaction",
      );
    }),
    ro("get_required_keys", (body) => ({ required_keys: requiredKeys(node, body) })),
    ro("get_transaction_id", (body) => transactionId(readPacked(body))),
  ];
  if (node.options["transaction-finality-status-max-storage-size-gb"]) {
    endpoints.push(
      ro("get_transaction_status", (body) => {
        const id = textField(body, "id");
        if (!/^[0-9a-f]{64}$/.test(id) || /^0+$/.test(id)) throw invalid("Invalid transaction id");
        return node.status.answer(id, node.controller);
      }),
    );
  }
  return endpoints;
}

async function pushMany(body: Body, push: (packed: PackedTransaction) => Promise<unknown>): Promise<unknown[]> {
  const list = body?.value as Json[];
  if (list.length > MAX_PUSHED) throw invalid("Attempt to push too many transactions at once");
  const results: unknown[] = [];
  for (const item of list) {
    try {
      results.push(await push(readPacked(item as Body)));
    } catch (thrown) {
      results.push({ transaction_id: "", processed: failureAnswer(asFailure(thrown), true).body });
    }
  }
  return results;
}

/** A packed transaction as HTTP carries it. */
function readPacked(body: Body): PackedTransaction {
  const { signatures, compression, packed_context_free_data, packed_trx } = body ?? {};
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
  return failure(
    "packed_transaction_type_exception",
    "Invalid packed transaction",
    "chain_plugin.cpp:send_transaction",
  );
}

function computeTransaction(node: TestNode, packed: PackedTransaction) {
  const { controller } = node;
  const incoming = openTransaction(controller.chainId, packed);
  const { building } = controller;
  if (building === undefined) throw failure("transaction_exception", "the node is not building a block at the moment");
  return building.compute(incoming);
}

function requiredKeys(node: TestNode, body: Body): string[] {
  const transaction = body?.transaction as
    | { actions?: { authorization?: { actor: string; permission: string }[] }[] }
    | undefined;
  const available = Array.isArray(body?.available_keys)
    ? body.available_keys.map((key) => formatPublicKey(parsePublicKey(String(key))))
    : [];
  const used = new Set<string>();
  for (const level of transaction?.actions?.flatMap(({ authorization }) => authorization ?? []) ?? []) {
    const row = getPermission(node.controller.tables, level.actor, level.permission);
    if (row === undefined || !satisfiesAuthority(node.controller.tables, row.auth, new Set(available), used)) {
      throw failure(
        "unsatisfied_authorization",
        `transaction declares authority '${JSON.stringify(level)}', but does not have signatures for it`,
        "authorization_manager.cpp:get_required_keys",
      );
    }
  }
  return [...used];
}
