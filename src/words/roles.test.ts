import assert from "node:assert/strict";
import { test } from "node:test";
import { ROLES } from "../fleet/schema.ts";
import { spanish } from "./spanish.ts";

test("every role of the fleet has a word in Spanish; without one its English key is shown", () => {
  for (const role of Object.keys(ROLES)) {
    assert.notEqual(spanish.role(role), role, `\`${role}\` has no word in src/words/spanish.ts`);
  }
});
