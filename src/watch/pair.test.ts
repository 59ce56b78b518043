import assert from "node:assert/strict";
import { test } from "node:test";
import { type NodeStatus, NodeStatuses } from "./node-status.ts";
import { judgePair } from "./pair.ts";

const PAIR = { name: "eos-pair", account: "costaricaeos", primary: "bp-a", secondary: "bp-b" };

function status(name: string, facts: Partial<NodeStatus> & { seen?: boolean }): NodeStatus {
  const { seen = true, ...rest } = facts;
  const unasked = fresh(name);
  return { ...unasked, http: { ...unasked.http, state: seen ? "up" : "down" }, ...rest };
}

function fresh(name: string): NodeStatus {
  const [status] = new NodeStatuses([name], 0).list();
  if (status === undefined) throw new Error("no status was made");
  return status;
}

function at(num: number) {
  return { head: { num, id: "", slot: undefined, at: 0 } };
}

const CASES: [string, NodeStatus[], string | undefined, string, string][] = [
  [
    "the primary produces and the secondary follows",
    [status("bp-a", { paused: false, ...at(100) }), status("bp-b", { paused: true, ...at(99) })],
    "bp-a",
    "ok",
    "bp-a produces, bp-b stands by in sync",
  ],
  [
    "the secondary has taken over",
    [status("bp-a", { paused: true, ...at(100) }), status("bp-b", { paused: false, ...at(100) })],
    "bp-b",
    "ok",
    "bp-b produces, bp-a stands by in sync",
  ],
  [
    "the standby lags",
    [status("bp-a", { paused: false, ...at(100) }), status("bp-b", { paused: true, ...at(90) })],
    "bp-a",
    "warning",
    "bp-a produces; the standby bp-b is behind",
  ],
  [
    "the standby is gone",
    [status("bp-a", { paused: false, ...at(100) }), status("bp-b", { seen: false })],
    "bp-a",
    "warning",
    "bp-a produces; the standby bp-b cannot be reached",
  ],
  [
    "the standby was not asked yet",
    [status("bp-a", { paused: false, ...at(100) }), fresh("bp-b")],
    undefined,
    "unknown",
    "bp-a is not paused, bp-b was not asked yet",
  ],
  [
    "both produce",
    [status("bp-a", { paused: false }), status("bp-b", { paused: false })],
    undefined,
    "critical",
    "bp-a and bp-b are both unpaused: pause one of them now",
  ],
  [
    "neither produces",
    [status("bp-a", { paused: true }), status("bp-b", { paused: true })],
    undefined,
    "critical",
    "bp-a and bp-b are both paused: nobody produces for costaricaeos",
  ],
  [
    "one is paused, the other cannot be asked",
    [status("bp-a", { seen: false }), status("bp-b", { paused: true })],
    undefined,
    "unknown",
    "bp-a cannot be asked, bp-b is paused",
  ],
  [
    "both are up and neither says",
    [status("bp-a", {}), status("bp-b", {})],
    undefined,
    "unknown",
    "bp-a does not say whether it is paused, bp-b does not say whether it is paused",
  ],
  [
    "one is not watched at all",
    [status("bp-a", { paused: true })],
    undefined,
    "unknown",
    "bp-a is paused, bp-b cannot be asked",
  ],
];

for (const [name, nodes, active, level, because] of CASES) {
  test(`${name}: ${because}`, () => {
    const judgement = judgePair(PAIR, nodes, 100);
    assert.deepEqual([judgement.active, judgement.level, judgement.because], [active, level, because]);
  });
}
