/** `/v1/chain/*` on transactions: pushing, dry runs, what keys are needed, what became of one. */
import type { Json } from "../../../chain/abi/builtin.ts";
import { sha256 } from "../../../chain/hash.ts";
import type { PackedTransaction } from "../../../chain/transaction.ts";
import { abiOf } from "../chain/accounts.ts";
import { requireKeys } from "../chain/authorization-check.ts";
import { openTransaction } from "../chain/incoming-transaction.ts";
import { asFailure, failure, failureAnswer } from "../failure.ts";
import type { TestNode } from "../node.ts";
import { chainReader } from "./chain-reader.ts";
import { type Body, type Endpoint, invalid, textField } from "./endpoint.ts";
import { publicKeys } from "./public-keys.ts";
import { traceJson } from "./trace-json.ts";
import { readPacked, serializePlain } from "./transaction-body.ts";

const MAX_PUSHED = 1000;

export function transactionApi(node: TestNode): Endpoint[] {
  const rw = (name: string, body: Endpoint["body"], handle: Endpoint["handle"]): Endpoint => ({
    path: `/v1/chain/${name}`,
    category: "chain_rw",
    status: 202,
    body,
    handle,
  });
  const ro = (name: string, handle: Endpoint["handle"]) => chainReader(name, "required", handle);
  const abis = (account: string) => abiOf(node.controller.tables, account);
  const push = async (packed: PackedTransaction, failureTrace: boolean, nested: boolean) =>
    traceJson(await node.push(packed, failureTrace), abis, nested);
  const endpoints: Endpoint[] = [
    rw("push_transaction", "required", (body) => push(readPacked(body), false, true)),
    rw("push_transactions", "array", (body) => pushMany(body, (packed) => push(packed, false, true))),
    rw("send_transaction", "required", (body) => push(readPacked(body), false, false)),
    rw("send_transaction2", "required", (body) =>
      push(readPacked(body?.transaction), body?.return_failure_trace !== false, false),
    ),
    rw("push_block", "required", () => {
      throw failure(
        "unsupported_feature",
        "push_block is not supported by the test chain",
        "chain_plugin.cpp:push_block",
      );
    }),
    ro("compute_transaction", async (body) => {
      const incoming = openTransaction(node.controller.chainId, readPacked(body?.transaction));
      return traceJson(await node.queue.compute(node.controller, incoming), abis, false);
    }),
    ro("send_read_only_transaction", () => {
      throw failure(
        "unsupported_feature",
        "read-only transactions execution not enabled on API node. Set read-only-threads > 0",
        "chain_plugin.cpp:2614:send_read_only_transaction",
      );
    }),
    ro("get_required_keys", (body) => ({ required_keys: requiredKeys(node, body) })),
    ro("get_transaction_id", (body) => sha256(serializePlain(body)).toString("hex")),
  ];
  if (node.options["transaction-finality-status-max-storage-size-gb"]) {
    endpoints.push(
      ro("get_transaction_status", (body) => {
        const id = textField(body, "id");
        if (!/^[0-9a-f]{64}$/.test(id) || /^0+$/.test(id))
          throw invalid("Invalid transaction id", "chain_api_plugin.cpp:41:parse_params");
        return node.status.answer(id, node.controller);
      }),
    );
  }
  return endpoints;
}

async function pushMany(body: Body, push: (packed: PackedTransaction) => Promise<unknown>): Promise<unknown[]> {
  const list = body?.value as Json[];
  if (list.length > MAX_PUSHED) {
    const message = "Attempt to push too many transactions at once";
    throw failure("too_many_tx_at_once", message, "chain_plugin.cpp:push_transactions");
  }
  const results: unknown[] = [];
  for (const item of list) {
    try {
      results.push(await push(readPacked(item)));
    } catch (thrown) {
      results.push({ transaction_id: "", processed: failureAnswer(asFailure(thrown), true).body });
    }
  }
  return results;
}

function requiredKeys(node: TestNode, body: Body): string[] {
  const transaction = body?.transaction as
    | { actions?: { authorization?: { actor: string; permission: string }[] }[] }
    | undefined;
  const available = new Set(publicKeys(body?.available_keys));
  const used = new Set<string>();
  for (const level of transaction?.actions?.flatMap(({ authorization }) => authorization ?? []) ?? []) {
    requireKeys(node.controller.tables, level, available, used);
  }
  return [...used];
}
