import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Hono } from "hono";
import { makeRig } from "../../test/api/hidden-fleet.ts";
import { EventStreams, MAX_BEHIND, MAX_STREAMS } from "./events.ts";
import type { StateView, UpdateView } from "./views.ts";

function serve() {
  const rig = makeRig(Date.now());
  const streams = new EventStreams(rig.board);
  const app = new Hono().get("/", (context) => streams.open(context));
  let behind = 0;
  return {
    board: rig.board,
    streams,
    ask: () => app.request("/"),
    /** Makes a change, and hands it out. */
    change() {
      behind += 1;
      rig.see(0, { kind: "version", node: "relay", version: `v${behind}`, at: Date.now() });
      rig.board.handOut();
    },
    [Symbol.dispose]() {
      streams.close();
      rig.board.stop();
    },
  };
}

/** Reads a stream event by event. */
function reader(response: Response): {
  next(): Promise<[event: string, data: unknown] | undefined>;
  cancel(): Promise<void>;
} {
  const bytes = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = "";
  return {
    async next() {
      while (!text.includes("\n\n")) {
        const { done, value } = await bytes.read();
        if (done) return undefined;
        text += decoder.decode(value, { stream: true });
      }
      const [event = "", ...rest] = text.split("\n\n");
      text = rest.join("\n\n");
      const [, kind = "", data = ""] = /^event: (\w+)\ndata: ([^\n]*)$/.exec(event) ?? [];
      return [kind, JSON.parse(data)];
    },
    cancel: () => bytes.cancel(),
  };
}

/** Looks until `holds`: what is cancelled is told in later turns. */
async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

test("a reader gets the whole state first, then each change", async () => {
  using api = serve();
  const response = await api.ask();
  assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  assert.equal(response.headers.get("cache-control"), "no-store");
  const stream = reader(response);
  const [first, state] = (await stream.next()) as [string, StateView];
  assert.equal(first, "state");
  assert.deepEqual({ ...state, now: 0 }, { ...(JSON.parse(JSON.stringify(api.board.state())) as StateView), now: 0 });
  api.change();
  const [second, update] = (await stream.next()) as [string, UpdateView];
  assert.equal(second, "update");
  assert.deepEqual(
    update.nodes?.map(({ name, version }) => [name, version]),
    [["relay", "v1"]],
  );
  await stream.cancel();
});

test("a quiet stream says every five seconds that it is there", async (t: TestContext) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  using api = serve();
  const stream = reader(await api.ask());
  await stream.next();
  t.mock.timers.tick(5_000);
  const [event, update] = (await stream.next()) as [string, UpdateView];
  assert.equal(event, "update");
  assert.deepEqual(Object.keys(update), ["now"]);
  await stream.cancel();
});

test("a reader who goes is forgotten at once", async () => {
  using api = serve();
  const streams = await Promise.all([1, 2, 3].map(async () => reader(await api.ask())));
  assert.equal(api.streams.size, 3);
  await streams[0]?.cancel();
  await eventually(() => api.streams.size === 2);
  for (const stream of streams) await stream.cancel();
  await eventually(() => api.streams.size === 0);
});

test("a reader who does not read is cut off, and then costs nothing", async () => {
  using api = serve();
  const slow = await api.ask();
  const quick = reader(await api.ask());
  await quick.next();
  for (let i = 0; i < MAX_BEHIND * 3; i++) {
    api.change();
    await quick.next();
  }
  assert.equal(api.streams.size, 1);
  const left = reader(slow);
  let count = 0;
  while ((await left.next()) !== undefined) count += 1;
  assert.ok(count <= MAX_BEHIND, `${count} messages were kept for it`);
  await quick.cancel();
});

test("more readers than there may be are asked to come back, and a place that becomes free is given away", async () => {
  using api = serve();
  const streams = await Promise.all(Array.from({ length: MAX_STREAMS }, async () => reader(await api.ask())));
  const refused = await api.ask();
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get("retry-after"), "30");
  assert.equal(await refused.text(), "too many readers at once, try again later");
  await streams[0]?.cancel();
  await eventually(() => api.streams.size === MAX_STREAMS - 1);
  assert.equal((await api.ask()).status, 200);
});

test("when the server stops, every stream ends", async () => {
  using api = serve();
  const streams = await Promise.all([1, 2].map(async () => reader(await api.ask())));
  for (const stream of streams) await stream.next();
  api.streams.close();
  for (const stream of streams) assert.equal(await stream.next(), undefined);
  assert.equal(api.streams.size, 0);
});
