import assert from "node:assert/strict";
import { mock, test as nodeTest } from "node:test";
import { stateView } from "../../../test/portal/example-state.ts";
import type { News } from "./picture.ts";
import { follow, type Source } from "./stream.ts";

const SILENCE_MS = 12_000;

/** Stands in for the browser's EventSource: says what it is told to, when it is told to. */
class FakeSource implements Source {
  isClosed = false;
  private readonly listeners = new Map<string, (event: { data?: string }) => void>();

  addEventListener(type: string, listener: (event: { data?: string }) => void): void {
    this.listeners.set(type, listener);
  }

  close(): void {
    this.isClosed = true;
  }

  say(type: "state" | "update", data: unknown): void {
    this.listeners.get(type)?.({ data: JSON.stringify(data) });
  }

  sayRaw(type: "state" | "update", data: string): void {
    this.listeners.get(type)?.({ data });
  }

  fail(): void {
    this.listeners.get("error")?.({});
  }
}

interface Followed {
  sources: FakeSource[];
  news: News[];
  stop(): void;
}

function followed(): Followed {
  const sources: FakeSource[] = [];
  const news: News[] = [];
  const open = (): Source => {
    const source = new FakeSource();
    sources.push(source);
    return source;
  };
  const stop = follow({
    open,
    tell: (said) => news.push(said),
    silenceMs: SILENCE_MS,
    retryMs: { first: 500, most: 5_000 },
  });
  return { sources, news, stop };
}

/** A fake clock jumps: told to go on in steps, it fires what repeats as often as a real one would. */
function pass(ms: number): void {
  for (let passed = 0; passed < ms; passed += 100) mock.timers.tick(100);
}

/** On a clock of the test's own, which is given back: other files share the process. */
function test(name: string, body: () => void): void {
  nodeTest(name, () => {
    mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: 1_000_000 });
    try {
      body();
    } finally {
      mock.timers.reset();
    }
  });
}

test("states and updates are told with the time they came at", () => {
  const { sources, news, stop } = followed();
  sources[0]?.say("state", stateView());
  mock.timers.tick(250);
  sources[0]?.say("update", { now: 3 });
  assert.deepEqual(news, [
    { kind: "state", state: stateView(), at: 1_000_000 },
    { kind: "update", update: { now: 3 }, at: 1_000_250 },
  ]);
  stop();
});

test("a stream that ends is closed, told of once, and opened again after half a second", () => {
  const { sources, news, stop } = followed();
  sources[0]?.fail();
  assert.equal(sources[0]?.isClosed, true);
  assert.deepEqual(news, [{ kind: "lost" }]);
  mock.timers.tick(499);
  assert.equal(sources.length, 1);
  mock.timers.tick(1);
  assert.equal(sources.length, 2);
  stop();
});

test("attempts that fail are further and further apart, never more than 5 s, and never end", () => {
  const { sources, stop } = followed();
  const waits: number[] = [];
  for (let attempt = 1; attempt <= 20; attempt++) {
    sources.at(-1)?.fail();
    const failedAt = Date.now();
    while (sources.length === attempt) mock.timers.tick(100);
    waits.push(Date.now() - failedAt);
  }
  assert.deepEqual(waits.slice(0, 5), [500, 1000, 2000, 4000, 5000]);
  assert.deepEqual(new Set(waits.slice(4)), new Set([5000]));
  stop();
});

test("a message makes the next attempt quick again", () => {
  const { sources, stop } = followed();
  sources[0]?.fail();
  pass(500);
  sources[1]?.fail();
  pass(1000);
  sources[2]?.say("state", stateView());
  sources[2]?.fail();
  pass(500);
  assert.equal(sources.length, 4);
  stop();
});

test("a stream that falls silent is taken for lost", () => {
  const { sources, news, stop } = followed();
  sources[0]?.say("state", stateView());
  pass(SILENCE_MS);
  assert.deepEqual(
    news.map(({ kind }) => kind),
    ["state"],
  );
  pass(1000);
  assert.deepEqual(
    news.map(({ kind }) => kind),
    ["state", "lost"],
  );
  assert.equal(sources[0]?.isClosed, true);
  stop();
});

test("a stream that says something now and then is not", () => {
  const { sources, news, stop } = followed();
  for (let i = 0; i < 20; i++) {
    sources[0]?.say("update", { now: i });
    pass(5_000);
  }
  assert.equal(
    news.some(({ kind }) => kind === "lost"),
    false,
  );
  assert.equal(sources.length, 1);
  stop();
});

test("a connection that opens and never says anything is given up too", () => {
  const { sources, news, stop } = followed();
  pass(SILENCE_MS + 1000);
  assert.deepEqual(news, [{ kind: "lost" }]);
  pass(500);
  assert.equal(sources.length, 2);
  stop();
});

test("while the next attempt is awaited, silence is not told again", () => {
  const { sources, news, stop } = followed();
  for (const wait of [500, 1000, 2000, 4000]) {
    sources.at(-1)?.fail();
    pass(wait);
  }
  sources.at(-1)?.fail();
  pass(4_900);
  assert.equal(news.length, 5);
  stop();
});

for (const [what, data] of [
  ["no JSON", "<html>"],
  ["half a message", '{"now":1,'],
  ["nothing", ""],
] as const) {
  test(`an answer that is ${what} is taken for a lost stream, not for news`, () => {
    const { sources, news, stop } = followed();
    sources[0]?.sayRaw("state", data);
    assert.deepEqual(news, [{ kind: "lost" }]);
    assert.equal(sources[0]?.isClosed, true);
    stop();
  });
}

test("a stream that was given up is not heard any more", () => {
  const { sources, news, stop } = followed();
  sources[0]?.fail();
  sources[0]?.say("state", stateView());
  sources[0]?.fail();
  assert.deepEqual(news, [{ kind: "lost" }]);
  stop();
});

test("after it was stopped nothing is opened and nothing is told", () => {
  const { sources, news, stop } = followed();
  sources[0]?.say("state", stateView());
  stop();
  assert.equal(sources[0]?.isClosed, true);
  sources[0]?.fail();
  pass(60_000);
  assert.equal(sources.length, 1);
  assert.equal(news.length, 1);
});

test("stopping between two attempts prevents the next", () => {
  const { sources, stop } = followed();
  sources[0]?.fail();
  stop();
  pass(60_000);
  assert.equal(sources.length, 1);
});
