/** The HTTP server as an attacker sees it: raw bytes on real sockets. It answers, refuses or hangs up, and goes on. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { freePort } from "../../network/saved.ts";
import { failure } from "../failure.ts";
import { MainThread, PRIORITY } from "../main-thread.ts";
import type { Endpoint } from "./endpoint.ts";
import { HttpServer, type HttpSettings } from "./server.ts";

const crashes: unknown[] = [];
const SILENT = { write() {} };
const LIMIT = 10_000;

let held: (() => void) | undefined;
const ENDPOINTS: Endpoint[] = [
  { path: "/v1/chain/get_info", category: "chain_ro", status: 200, body: "optional", handle: () => ({ ok: true }) },
  {
    path: "/v1/chain/echo",
    category: "chain_ro",
    status: 201,
    body: "required",
    priority: PRIORITY.low,
    handle: (body) => body,
  },
  { path: "/v1/producer/pause", category: "producer_rw", status: 201, body: "none", handle: () => ({ result: "ok" }) },
  {
    path: "/v1/chain/fail",
    category: "chain_ro",
    status: 200,
    body: "optional",
    handle: () => {
      throw failure("unknown_block_exception", "no such block");
    },
  },
  { path: "/v1/chain/big", category: "chain_ro", status: 200, body: "optional", handle: () => ({ value: 1n }) },
  {
    path: "/v1/chain/hold",
    category: "chain_ro",
    status: 200,
    body: "optional",
    handle: () => new Promise<string>((resolve) => (held = () => resolve("held"))),
  },
];

const running: { server: HttpServer; main: MainThread; sockets: Socket[] }[] = [];
afterEach(() => {
  for (const { server, main, sockets } of running.splice(0)) {
    for (const socket of sockets) socket.destroy();
    server.stop();
    main.stop();
  }
  assert.deepEqual(crashes.splice(0), []);
});

async function started(settings: Partial<HttpSettings> = {}) {
  const port = await freePort();
  const main = new MainThread((thrown) => crashes.push(thrown));
  const all: HttpSettings = {
    address: `127.0.0.1:${port}`,
    categories: [],
    unixSocket: undefined,
    dataDir: "/nonexistent",
    validateHost: true,
    aliases: [],
    maxBodyBytes: LIMIT,
    maxBytesInFlight: 100_000,
    maxConnections: -1,
    keepAlive: true,
    extraHeaders: {},
    verboseErrors: true,
    ...settings,
  };
  const server = new HttpServer(all, ENDPOINTS, main, SILENT);
  await server.start();
  const sockets: Socket[] = [];
  running.push({ server, main, sockets });
  const host = `127.0.0.1:${port}`;
  const dial = async (): Promise<Socket> => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    socket.on("error", () => {});
    sockets.push(socket);
    await once(socket, "connect");
    return socket;
  };
  /** Sends bytes, and gives everything that comes back until the server closes or has been silent for a moment. */
  const raw = async (bytes: string | Uint8Array): Promise<string> => {
    const socket = await dial();
    let text = "";
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    let heard = Promise.withResolvers<void>();
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      heard.resolve();
      heard = Promise.withResolvers();
    });
    socket.write(bytes);
    for (;;) {
      const next = await Promise.race([
        closed.then(() => "closed"),
        heard.promise.then(() => "more"),
        delay(80, "silent"),
      ]);
      if (next !== "more") break;
    }
    socket.destroy();
    return text;
  };
  const ask = (path: string, body = "", more = "") =>
    raw(
      `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n${more}\r\n${body}`,
    );
  return { ask, dial, host, port, raw, server };
}

const statusOf = (text: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0);

async function alive({ ask }: { ask: (path: string) => Promise<string> }): Promise<void> {
  assert.match(await ask("/v1/chain/get_info"), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\{"ok":true\}$/);
}

test("an answer has nodeos's headers and no others", async () => {
  const there = await started();
  const [head = ""] = (await there.ask("/v1/chain/get_info")).split("\r\n\r\n");
  const names = head
    .split("\r\n")
    .slice(1)
    .map((line) => line.slice(0, line.indexOf(":")).toLowerCase());
  assert.deepEqual(names.sort(), ["connection", "content-length", "content-type", "server"]);
});

test("the method does not matter, the path must be exactly right", async () => {
  const there = await started();
  for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH"]) {
    assert.equal(
      statusOf(await there.raw(`${method} /v1/chain/get_info HTTP/1.1\r\nHost: ${there.host}\r\n\r\n`)),
      200,
    );
  }
  for (const path of [
    "/v1/chain/get_info/",
    "/v1/chain/get_info?x=1",
    "/V1/chain/get_info",
    "/",
    "/__proto__",
    "/v1/chain",
  ]) {
    assert.equal(statusOf(await there.ask(path)), 404, path);
  }
  for (const path of ["/v1/../v1/chain/get_info", "http://elsewhere/v1/chain/get_info", "*"]) {
    assert.ok([400, 404].includes(statusOf(await there.ask(path))), path);
  }
});

test("bytes that are no request are hung up on, whatever they are, and the next request is answered", async () => {
  const there = await started();
  const junk = [
    "\r\n\r\n\r\n",
    "GET\r\n\r\n",
    "GET / HTTP/9.9\r\n\r\n",
    "GET /v1/chain/get_info HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
    "GET /v1/chain/get_info HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "GET /v1/chain/get_info HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "GET /v1/chain/get_info HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n",
    `GET / HTTP/1.1\r\nX: ${"a".repeat(100_000)}\r\n\r\n`,
    `GET /${"a".repeat(100_000)} HTTP/1.1\r\n\r\n`,
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  ];
  for (const bytes of junk) {
    const answer = await there.raw(Buffer.from(bytes, "latin1"));
    assert.doesNotMatch(answer, /"ok":true/, JSON.stringify(bytes.slice(0, 60)));
  }
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
      const socket = await there.dial();
      socket.end(bytes);
      socket.resume();
      await once(socket, "close");
    }),
    { numRuns: 50 },
  );
  await alive(there);
});

test("any body is answered with a status and a JSON object, never by a fall", async () => {
  const there = await started();
  const bodies = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.json(),
    fc.constantFrom(
      "{}",
      "{",
      "[]",
      "null",
      '{"a":1e999}',
      "[".repeat(4000),
      `{"a":${"[".repeat(3000)}${"]".repeat(3000)}}`,
      '{"__proto__":{"x":1}}',
    ),
  );
  await fc.assert(
    fc.asyncProperty(bodies, async (body) => {
      const answer = await there.ask("/v1/chain/echo", body);
      const status = statusOf(answer);
      assert.ok([201, 400, 500].includes(status), `${status} for ${body.slice(0, 80)}`);
      const content = JSON.parse(Buffer.from(answer.slice(answer.indexOf("\r\n\r\n") + 4), "latin1").toString("utf8"));
      if (status !== 201) assert.equal(content.code, status);
    }),
    { numRuns: 60, endOnFailure: true },
  );
  assert.equal(statusOf(await there.ask("/v1/producer/pause", '{"a":1}')), 400);
  assert.equal(statusOf(await there.ask("/v1/producer/pause", " { } ")), 201);
  assert.equal(statusOf(await there.ask("/v1/chain/fail")), 400);
  assert.equal(statusOf(await there.ask("/v1/chain/big")), 500, "an answer that cannot be written is an error");
});

test("a body over the limit is hung up on, declared or not", async () => {
  const there = await started();
  const body = "x".repeat(LIMIT + 1);
  assert.equal(await there.ask("/v1/chain/echo", body), "");
  const chunk = "x".repeat(1000);
  const chunked = `POST /v1/chain/echo HTTP/1.1\r\nHost: ${there.host}\r\nTransfer-Encoding: chunked\r\n\r\n${`3e8\r\n${chunk}\r\n`.repeat(20)}0\r\n\r\n`;
  assert.equal(await there.raw(chunked), "");
  const expecting = `POST /v1/chain/echo HTTP/1.1\r\nHost: ${there.host}\r\nContent-Length: 99999\r\nExpect: 100-continue\r\n\r\n`;
  assert.equal(statusOf(await there.raw(expecting)), 401);
  const exact = JSON.stringify({ a: "x".repeat(LIMIT - 8) });
  assert.equal(exact.length, LIMIT);
  assert.equal(statusOf(await there.ask("/v1/chain/echo", exact)), 201);
});

test("requests that come together on one connection are answered in their order", async () => {
  const there = await started();
  const one = (body: string) =>
    `POST /v1/chain/echo HTTP/1.1\r\nHost: ${there.host}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const bodies = Array.from({ length: 50 }, (_, i) => `{"n":${i}}`);
  const answers = await there.raw(bodies.map(one).join(""));
  assert.deepEqual(answers.match(/\{"n":\d+\}/g), bodies);
});

test("a connection is kept when the client keeps it, and closed when either side asks for it", async () => {
  const there = await started();
  const socket = await there.dial();
  const request = (more = "") => `GET /v1/chain/get_info HTTP/1.1\r\nHost: ${there.host}\r\n${more}\r\n`;
  for (let i = 0; i < 3; i++) {
    socket.write(request());
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.doesNotMatch(answer.toString(), /^connection:/im);
  }
  socket.write(request("Connection: close\r\n"));
  socket.resume();
  await once(socket, "close");
  const closing = await started({ keepAlive: false });
  assert.match(
    await closing.raw(`GET /v1/chain/get_info HTTP/1.1\r\nHost: ${closing.host}\r\n\r\n`),
    /connection: close/i,
  );
});

test("many slow connections that never finish a request do not keep others from an answer", async () => {
  const there = await started();
  const slow = await Promise.all(Array.from({ length: 300 }, () => there.dial()));
  for (const [i, socket] of slow.entries()) {
    socket.write(
      i % 2
        ? "GET /v1/chain/get_info HTTP/1.1\r\nX-a: b"
        : `POST /v1/chain/echo HTTP/1.1\r\nHost: ${there.host}\r\nContent-Length: 9000\r\n\r\n{`,
    );
  }
  await alive(there);
  for (const socket of slow) socket.write("x");
  await alive(there);
});

test("a client that goes away while its answer is being made harms nobody", async () => {
  const there = await started();
  const socket = await there.dial();
  socket.write(`GET /v1/chain/hold HTTP/1.1\r\nHost: ${there.host}\r\n\r\n`);
  while (held === undefined) await delay(1);
  socket.resetAndDestroy();
  await alive(there);
  held();
  held = undefined;
  await alive(there);
});

test("beyond the limits of connections and of bytes the answer is 503, and 200 again when they are gone", async () => {
  const few = await started({ maxConnections: 3 });
  const others = await Promise.all([few.dial(), few.dial(), few.dial()]);
  assert.match(await few.ask("/v1/chain/get_info"), /^HTTP\/1\.1 503[\s\S]*Too many requests in flight: 4/);
  for (const socket of others) {
    socket.destroy();
    await once(socket, "close");
  }
  for (let i = 0; i < 100 && statusOf(await few.ask("/v1/chain/get_info")) !== 200; i++) await delay(10);
  await alive(few);
  const small = await started({ maxBytesInFlight: 100 });
  assert.match(
    await small.ask("/v1/chain/echo", `{"a":"${"x".repeat(200)}"}`),
    /^HTTP\/1\.1 503[\s\S]*Too many bytes in flight/,
  );
  await alive(small);
});

test("a Host that is neither the address nor an alias is refused", async () => {
  const there = await started({ aliases: ["node.example"] });
  const from = async (host: string) =>
    statusOf(await there.raw(`GET /v1/chain/get_info HTTP/1.1\r\n${host}Connection: close\r\n\r\n`));
  assert.equal(await from(`Host: ${there.host}\r\n`), 200);
  assert.equal(await from("Host: node.example:80\r\n"), 200);
  for (const host of [
    "",
    "Host:\r\n",
    "Host: evil.example\r\n",
    "Host: localhost\r\n",
    "Host: [::\r\n",
    "Host: 127.0.0.2\r\n",
  ]) {
    assert.equal(await from(host), 400, host);
  }
});
