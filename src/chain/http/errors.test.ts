import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { exchange } from "../../../test/recordings.ts";
import { Problem } from "../../kit/problem.ts";
import { errorBodySchema, isNodeosError, NODEOS, NodeosError } from "./errors.ts";

function recordedError(name: string): NodeosError {
  const { request, response } = exchange(name);
  return new NodeosError(request.path, response.status, v.parse(errorBodySchema, JSON.parse(response.body)));
}

/** What each recorded failure is: nodeos's status says less than its code. */
const RECORDED: [name: string, status: number, code: number, message: string][] = [
  ["get_block.unknown", 400, NODEOS.unknownBlock, "unknown_block_exception (3100002): Could not find block: 99999999"],
  ["get_block.badid", 500, NODEOS.badBlockId, ""],
  ["get_block.nobody", 400, NODEOS.invalidRequest, ""],
  ["badjson", 400, NODEOS.invalidRequest, "invalid_http_request (3200006): Unable to parse valid input from POST body"],
  ["get_account.unknown", 400, NODEOS.accountQuery, ""],
  ["get_table_rows.unknown_table", 500, NODEOS.tableQuery, ""],
  ["send_transaction.expired", 500, NODEOS.expiredTransaction, ""],
  ["send_transaction.bad_tapos", 500, NODEOS.invalidRefBlock, ""],
  [
    "send_transaction.overdrawn",
    500,
    NODEOS.assertMessage,
    "eosio_assert_message_exception (3050003): assertion failure with message: overdrawn balance",
  ],
  ["send_transaction.wrong_key", 500, NODEOS.unsatisfiedAuthorization, ""],
  ["send_read_only_transaction", 500, NODEOS.unsupportedFeature, ""],
  ["unknown_endpoint", 404, NODEOS.unknownEndpoint, "exception (0): Unknown Endpoint"],
  ["trace_api.missing", 404, 0, "Trace API: block trace missing (0): Trace API: block trace missing"],
];
for (const [name, status, code, message] of RECORDED) {
  test(`${name} is error ${code} with status ${status}`, () => {
    const error = recordedError(name);
    assert.equal(error.code, "NODEOS_ERROR");
    assert.equal(error.httpStatus, status);
    assert.equal(error.nodeosCode, code);
    if (message !== "") assert.equal(error.message, message);
    assert.ok(error.where?.startsWith("/v1/"));
    assert.ok(isNodeosError(error));
    assert.ok(isNodeosError(error, code));
    assert.equal(isNodeosError(error, 1, 2), false);
  });
}

test("only what nodeos answered is an error of nodeos", () => {
  assert.equal(isNodeosError(new Problem({ code: "NODE_TIMEOUT", message: "no answer" })), false);
  assert.equal(isNodeosError(new Error("3100002"), NODEOS.unknownBlock), false);
  assert.equal(isNodeosError(undefined), false);
});

test("every detail is kept, the first one is the sentence", () => {
  const error = recordedError("badjson");
  assert.ok(error.details.length > 2);
  assert.equal(error.details[0], "Unable to parse valid input from POST body");
  assert.equal(error.what, "invalid http request");
  assert.equal(error.nodeosName, "invalid_http_request");
});
