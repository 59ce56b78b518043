/** nodeos's main thread: one task at a time, by priority, and nothing behind one that waits. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { MainThread, PRIORITY } from "./main-thread.ts";

const fallen = (thrown: unknown) => assert.fail(String(thrown));

test("tasks run by priority, and in the order they came within one, for any order of coming", async () => {
  const priority = fc.constantFrom(...Object.values(PRIORITY));
  const property = fc.asyncProperty(fc.array(priority, { maxLength: 30 }), async (priorities) => {
    const main = new MainThread(fallen);
    const ran: number[] = [];
    for (const [i, each] of priorities.entries()) main.post(each, () => void ran.push(i));
    await main.call(0, () => undefined);
    const order = priorities.map((each, i) => ({ each, i })).sort((a, b) => b.each - a.each || a.i - b.i);
    assert.deepEqual(
      ran,
      order.map(({ i }) => i),
    );
  });
  await fc.assert(property, { numRuns: 100 });
});

test("a task never runs inside another one, and nothing runs while one waits", async () => {
  const main = new MainThread(fallen);
  const said: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  main.post(PRIORITY.high, () => {
    main.post(PRIORITY.high, () => void said.push("second"));
    said.push("first");
    return promise;
  });
  await delay(20);
  assert.deepEqual(said, ["first"]);
  resolve();
  await main.call(PRIORITY.low, () => undefined);
  assert.deepEqual(said, ["first", "second"]);
});

test("what a call throws or promises goes to its caller alone; what a task throws is a crash, and the next one runs", async () => {
  const crashes: unknown[] = [];
  const main = new MainThread((thrown) => crashes.push(thrown));
  const oops = () => {
    throw new Error("oops");
  };
  await assert.rejects(main.call(PRIORITY.low, oops), /oops/);
  await assert.rejects(
    main.call(PRIORITY.low, () => Promise.reject(new Error("later"))),
    /later/,
  );
  assert.deepEqual(crashes, []);
  main.post(PRIORITY.high, oops);
  assert.equal(await main.call(PRIORITY.low, () => 7), 7);
  assert.equal(crashes.length, 1);
});

test("once stopped it runs nothing more", async () => {
  const main = new MainThread(fallen);
  main.post(PRIORITY.high, () => fallen("it ran"));
  main.stop();
  main.post(PRIORITY.high, () => fallen("it ran"));
  await delay(10);
});
