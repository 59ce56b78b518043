import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters, styleText } from "node:util";
import fc from "fast-check";
import { columns } from "./columns.ts";

test("cells stand under each other, numbers to the right, and no line ends in spaces", () => {
  const table = [
    ["node", "head", "state"],
    ["primary", "1024", "up"],
    ["bp-b", "7", ""],
  ];
  assert.deepEqual(columns(table, [1]), ["node     head  state", "primary  1024  up", "bp-b        7"]);
});

test("rows may be of different lengths, and there may be none", () => {
  assert.deepEqual(columns([["a"], ["bb", "c", "d"], []]), ["a", "bb  c  d", ""]);
  assert.deepEqual(columns([]), []);
});

test("colours and letters outside of ASCII take no more room than what is seen of them", () => {
  const red = styleText("red", "San José", { validateStream: false });
  assert.deepEqual(
    columns([
      [red, "x"],
      ["Colón", "x"],
      ["𝒜 tower", "x"],
    ]).map(stripVTControlCharacters),
    ["San José  x", "Colón     x", "𝒜 tower   x"],
  );
});

test("every column begins, or ends, in the same place on every line", () => {
  const cell = fc.stringMatching(/^[a-zé0-9]{1,9}$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell, cell), { minLength: 1 }), (table) => {
      const lines = columns(table, [1]);
      const widths = [0, 1, 2].map((i) => Math.max(...table.map((row) => [...(row[i] ?? "")].length)));
      for (const [i, line] of lines.entries()) {
        const row = table[i] ?? ["", "", ""];
        const middle = (widths[0] ?? 0) + 2 + (widths[1] ?? 0);
        const letters = [...line].join("");
        assert.ok(letters.startsWith(row[0]));
        assert.ok(letters.slice(0, middle).endsWith(row[1]));
        assert.equal(letters.slice(middle + 2), row[2]);
      }
    }),
  );
});
