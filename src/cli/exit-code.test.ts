import assert from "node:assert/strict";
import { test } from "node:test";
import { Problem } from "../kit/problem.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";

const CODES: readonly [code: string, exit: number][] = [
  ["UP_NOT_RUNNING", EXIT.unavailable],
  ["UP_BUSY", EXIT.unavailable],
  ["NODE_TIMEOUT", EXIT.unavailable],
  ["P2P_CLOSED", EXIT.unavailable],
  ["RECORD_UNREACHABLE", EXIT.unavailable],
  ["CLI_STREAM_ENDED", EXIT.unavailable],
  ["UP_ALREADY_RUNNING", EXIT.failed],
  ["FLEET_UNKNOWN_KEY", EXIT.failed],
  ["NODEOS_ERROR", EXIT.failed],
  ["NODE_BAD_URL", EXIT.failed],
  ["P2P_BAD_ADDRESS", EXIT.failed],
  ["P2P_BAD_FRAME", EXIT.unavailable],
  ["CLI_DEFECT", EXIT.defect],
];

for (const [code, exit] of CODES) {
  test(`a problem ${code} ends with ${exit}`, () => {
    assert.equal(exitCodeOf(new Problem({ code, message: "x" })), exit);
  });
}

test("every exit code has a meaning of its own", () => {
  const codes = Object.values(EXIT);
  assert.equal(new Set(codes).size, codes.length);
});
