/**
 * What people see for a fleet file. Each case is two files: `goldens/<what-it-shows>.yaml` and the text that
 * `atalaya fleet check` or, for a good file, `atalaya fleet show` prints. To add one, write the YAML and run
 * this test with `UPDATE=1`; then read the text as if you had made the mistake.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FleetProblems } from "./fleet-problem.ts";
import { parseFleet } from "./load.ts";
import { report } from "./report.ts";
import { fleetSummary } from "./summary.ts";

const FOLDER = join(import.meta.dirname, "goldens");
const cases = readdirSync(FOLDER).filter((name) => name.endsWith(".yaml"));

for (const name of cases) {
  test(`golden: ${name.replace(/\.yaml$/, "").replaceAll("-", " ")}`, () => {
    const shown = outcomeOf(readFileSync(join(FOLDER, name)));
    const golden = join(FOLDER, name.replace(/\.yaml$/, ".out"));
    if (process.env.UPDATE === "1") writeFileSync(golden, shown);
    assert.ok(existsSync(golden), `run with UPDATE=1 to write ${golden}, then read it`);
    assert.equal(shown, readFileSync(golden, "utf8"));
  });
}

test("every golden output belongs to a case", () => {
  const outputs = readdirSync(FOLDER).filter((name) => name.endsWith(".out"));
  assert.deepEqual(
    outputs.map((name) => name.replace(/\.out$/, ".yaml")),
    cases,
  );
});

function outcomeOf(bytes: Buffer): string {
  try {
    return fleetSummary(parseFleet(bytes));
  } catch (error) {
    assert.ok(error instanceof FleetProblems, `${error}`);
    return report(error);
  }
}
