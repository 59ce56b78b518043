/** Ctrl-C while `atalaya up` is still starting, at any moment: it ends, says no error, and leaves nothing. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { assertNothingRuns, Run, scratch, startUp } from "./atalaya.ts";

const place = scratch();
after(() => place[Symbol.dispose]());

/** Of a first start, which makes everything, and then of a later one in the same directory. */
const MOMENTS: readonly [when: string, words: string | undefined, afterMs: number][] = [
  ["before it says anything", undefined, 150],
  ["as it begins to make the database", "opening the record", 0],
  ["while it makes the database", "opening the record", 700],
  ["while the database starts", "opening the record", 1600],
  ["as the test chain begins to start", "starting the test chain", 0],
  ["while the nodes start", "starting the test chain", 250],
  ["while the nodes begin to answer", "starting the test chain", 900],
];

for (const [when, words, afterMs] of MOMENTS) {
  test(`Ctrl-C ${when}`, async () => {
    const data = join(place.dir, "data");
    const run = new Run(["up", "--data", data, "--port", "0"]);
    if (words !== undefined) await run.says(words);
    // the moment itself is what is tried here
    await setTimeout(afterMs);
    run.signalGroup("SIGINT");
    const { code, signal, stderr } = await run.end();
    // the program has to be loaded before it can take a signal
    if (words === undefined && signal !== null) assert.equal(signal, "SIGINT");
    else assert.equal(code, 0, stderr);
    assert.equal(stderr, "");
    await assertNothingRuns(data);
  });
}

test("after all these the next start works; one Ctrl-C that comes twice, as under `npm start`, stops in order", async () => {
  const data = join(place.dir, "data");
  const up = await startUp(["--data", data]);
  up.signalGroup("SIGINT");
  up.signalGroup("SIGINT");
  const { code, stdout, stderr } = await up.end();
  assert.equal(code, 0, stderr);
  assert.match(stdout, /stopped; the next start goes on from here/);
  await assertNothingRuns(data);
});
