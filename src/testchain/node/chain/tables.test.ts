/** The state's undo sessions against a model that copies everything. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Tables } from "./tables.ts";

const cell = { space: fc.constantFrom("a", "b"), key: fc.constantFrom("x", "y", "__proto__", "7") };
const step = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), ...cell, value: fc.nat() }),
  fc.record({ kind: fc.constant("delete" as const), ...cell }),
  fc.record({ kind: fc.constantFrom("begin" as const, "undo" as const, "squash" as const, "commit" as const) }),
);

/** Rows only: a space without any is no space. */
function rowsOf(tables: Tables): Map<string, Map<string, number>> {
  const spaces = tables.spacesWith("").map((space) => [space, new Map(tables.entries<number>(space).sort())] as const);
  return new Map([...spaces].sort());
}

test("after any sequence of changes, undos, squashes and commits the rows are those of the model", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const tables = new Tables();
      let now = new Map<string, Map<string, number>>();
      /** The state before each open session, oldest first. */
      const before: (typeof now)[] = [];
      const copy = () => new Map([...now].map(([space, rows]) => [space, new Map(rows)]));
      for (const each of steps) {
        if (each.kind === "set") {
          tables.set(each.space, each.key, each.value);
          now.set(each.space, (now.get(each.space) ?? new Map()).set(each.key, each.value));
        } else if (each.kind === "delete") {
          tables.delete(each.space, each.key);
          now.get(each.space)?.delete(each.key);
        } else if (each.kind === "begin") {
          tables.begin();
          before.push(copy());
        } else if (each.kind === "undo") {
          tables.undo();
          now = before.pop() ?? now;
        } else if (each.kind === "squash") {
          tables.squash();
          before.pop();
        } else {
          tables.commit(1);
          before.shift();
        }
        assert.equal(tables.depth, before.length);
        const expected = [...now]
          .filter(([, rows]) => rows.size > 0)
          .map(([s, rows]) => [s, new Map([...rows].sort())]);
        assert.deepEqual(rowsOf(tables), new Map(expected.sort() as never));
      }
      const again = Tables.load(JSON.parse(JSON.stringify(tables.dump())));
      assert.deepEqual(rowsOf(again), rowsOf(tables));
    }),
    { numRuns: 300 },
  );
});
