import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { Problem } from "../kit/problem.ts";
import { FleetProblems } from "./fleet-problem.ts";
import { report } from "./report.ts";
import { Source } from "./source.ts";

const source = new Source("fleet.yaml", "a: 1\nb: secret\nc: 3\n", [{ start: 8, end: 14 }]);
const many = new FleetProblems(
  "fleet.yaml",
  Array.from({ length: 25 }, () =>
    source.problem({ code: "FLEET_X", message: "no", help: "do" }, { start: 0, end: 1 }),
  ),
);

test("any problem can be reported, also one without a file", () => {
  const problem = new Problem({
    code: "X",
    message: "it broke",
    where: "node bp-a",
    expected: "peace",
    help: "mend it",
  });
  assert.equal(report(problem), "error[X]: it broke\n --> node bp-a\n  expected: peace\n  help: mend it\n");
});

test("colours are there when asked for, and change nothing else", () => {
  const plain = report(many);
  const coloured = report(many, { colour: true });
  assert.notEqual(coloured, plain);
  assert.equal(stripVTControlCharacters(coloured), plain);
});

test("a long list is cut, and says so", () => {
  assert.match(report(many), /\n25 problems in fleet\.yaml, 5 of them not shown\n$/);
  assert.match(report(many, { limit: 100 }), /\n25 problems in fleet\.yaml\n$/);
});

test("what is hidden is shown by its length only, and scrubbed from sentences", () => {
  const problem = source.problem({ code: "FLEET_X", message: "found secret" }, { start: 8, end: 14 });
  assert.equal(problem.marks[0]?.text, "b: ******");
  assert.equal(problem.message, "found ***");
});
