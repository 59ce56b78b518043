import assert from "node:assert/strict";
import { test } from "node:test";
import { messageOf, Problem } from "./problem.ts";

const CAUSE = new Error("connect ECONNREFUSED 127.0.0.1:8888");

test("a problem carries what happened, where, what was expected and what to do", () => {
  const problem = new Problem({
    code: "NODE_UNREACHABLE",
    message: "the connection failed",
    where: "http://127.0.0.1:8888",
    expected: "an answer",
    help: "check that the node runs",
    cause: CAUSE,
  });
  assert.ok(problem instanceof Error);
  assert.equal(problem.name, "Problem");
  assert.equal(problem.cause, CAUSE);
  assert.deepEqual(JSON.parse(JSON.stringify(problem)), {
    code: "NODE_UNREACHABLE",
    message: "the connection failed",
    where: "http://127.0.0.1:8888",
    expected: "an answer",
    help: "check that the node runs",
  });
});

test("a problem as JSON has neither a stack nor the error underneath, and leaves out what it does not know", () => {
  const problem = new Problem({ code: "CODEC_SHORT", message: "needed 4 bytes", cause: CAUSE });
  assert.deepEqual(Object.keys(problem.toJSON()), ["code", "message"]);
  assert.equal(Object.hasOwn(new Problem({ code: "X", message: "y" }), "cause"), false);
});

test("whatever was thrown has a sentence", () => {
  assert.equal(messageOf(new Problem({ code: "X", message: "it broke" })), "it broke");
  assert.equal(messageOf(CAUSE), "connect ECONNREFUSED 127.0.0.1:8888");
  assert.equal(messageOf(new RangeError()), "RangeError");
  assert.equal(messageOf("a text"), "a text");
  assert.equal(messageOf(undefined), "undefined");
  // Node tries IPv6 and IPv4 and throws both failures as one without a message
  assert.equal(
    messageOf(new AggregateError([new Error("::1 refused"), new Error("127.0.0.1 refused")])),
    "::1 refused; 127.0.0.1 refused",
  );
  assert.equal(messageOf(new AggregateError([])), "AggregateError");
});
