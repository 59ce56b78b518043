import assert from "node:assert/strict";
import { test } from "node:test";
import { MainThread } from "../main-thread.ts";
import { LoopTimer } from "./loop-timer.ts";

function timerOn(now: () => number): LoopTimer {
  return new LoopTimer(
    new MainThread((thrown) => {
      throw thrown;
    }),
    now,
  );
}

test("it never runs before its instant, even when Node's timer fires early", async () => {
  let looks = 0;
  // Node is given 15 ms where 20 are left: what a timer that fires 5 ms early looks like
  const timer = timerOn(() => Date.now() + (looks++ === 0 ? 5 : 0));
  const atMs = Date.now() + 20;
  const ranAt = await new Promise<number>((resolve) => timer.set(atMs, () => resolve(Date.now())));
  assert.ok(ranAt >= atMs, `${atMs - ranAt} ms early`);
});

test("what was set last is what runs, and nothing after cancel", async () => {
  const timer = timerOn(Date.now);
  const ran: string[] = [];
  timer.set(Date.now(), () => void ran.push("first"));
  await new Promise<void>((resolve) =>
    timer.set(Date.now() + 5, () => {
      ran.push("second");
      resolve();
    }),
  );
  timer.set(Date.now(), () => void ran.push("third"));
  timer.cancel();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(ran, ["second"]);
});
