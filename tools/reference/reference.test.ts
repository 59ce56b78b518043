/** The documents that are made from the code are those of this code, and say something of every problem. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { generatedDocs, ROOT } from "./generated-docs.ts";
import { FAMILIES } from "./problem-codes.ts";
import { codesIn, thrownCodes } from "./thrown-codes.ts";

test("every problem code of the source has its meaning in problem-codes.ts, and no other is there", () => {
  const told = FAMILIES.flatMap(({ codes }) => Object.keys(codes));
  const thrown = thrownCodes(join(ROOT, "src"));
  const untold = [...thrown].filter(([code]) => !told.includes(code));
  const lines = untold.map(([code, files]) => `${code} is raised in src/${files[0]}: say what it means`);
  const stale = told.filter((code) => !thrown.has(code)).map((code) => `${code} is raised nowhere: remove it`);
  assert.deepEqual([...lines, ...stale], [], "tools/reference/problem-codes.ts disagrees with src");
  assert.equal(new Set(told).size, told.length, "a code is told twice");
});

test("codes are found behind `code:`, in both branches of a choice, and nowhere else", () => {
  const source = `
    throw new Problem({ code: "ONE_A", message: "not ONE_B but", help: set("ONE_C") });
    code: dirty ? "TWO_A" : "TWO_B",
    const FEATURE = "THREE_A"; zip_code: "lower_case"`;
  assert.deepEqual(codesIn(source), ["ONE_A", "TWO_A", "TWO_B"]);
});

for (const [path, content] of Object.entries(generatedDocs())) {
  test(`${path} is what the code says`, () => {
    assert.ok(readFileSync(join(ROOT, path), "utf8") === content, `${path} is out of date: run \`npm run docs\``);
  });
}
