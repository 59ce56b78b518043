/** The API on a real port: what only a connection shows. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { Pool } from "pg";
import { type Api, openApi } from "../../src/api/listen.ts";
import { Past } from "../../src/api/past.ts";
import { Problem } from "../../src/kit/problem.ts";
import { makeRig, type Rig } from "./hidden-fleet.ts";

const pages = mkdtempSync(join(tmpdir(), "atalaya-pages-"));
writeFileSync(join(pages, "index.html"), "<!doctype html>");
writeFileSync(join(pages, "..", "atalaya-secret.txt"), "secret");
after(() => {
  rmSync(pages, { recursive: true });
  rmSync(join(pages, "..", "atalaya-secret.txt"));
});

interface Served extends AsyncDisposable {
  api: Api;
  rig: Rig;
  port: number;
  complaints: unknown[];
}

async function served(): Promise<Served> {
  const rig = makeRig(Date.now());
  const api = await openApi(0);
  const complaints: unknown[] = [];
  const past = new Past(new Pool({ host: "127.0.0.1", port: 1 }), rig.targets);
  api.serve({ board: rig.board, targets: rig.targets, past, pages, complain: (thrown) => complaints.push(thrown) });
  return {
    api,
    rig,
    port: Number(new URL(api.url).port),
    complaints,
    async [Symbol.asyncDispose]() {
      rig.board.stop();
      await api.close();
    },
  };
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

/** What is answered to these very bytes, until the connection ends. */
async function raw(port: number, request: string): Promise<string> {
  const socket = await open(port);
  socket.write(request.replaceAll("\n", "\r\n"));
  return text(socket);
}

/** Looks until `holds`: how far the system's buffers reach is nobody's to say. */
async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

test("until it serves it says that it is starting, and when to ask again", async () => {
  const api = await openApi(0);
  const response = await fetch(`${api.url}/api/state`);
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("retry-after"), "1");
  assert.equal(await response.text(), "Atalaya is starting…\nAtalaya está arrancando…\n");
  await api.close();
});

test("a port that is taken, and one that we may not have, say what to do", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  await assert.rejects(openApi(port), (thrown) => {
    assert.ok(thrown instanceof Problem);
    assert.equal(thrown.code, "API_PORT_IN_USE");
    assert.equal(thrown.where, `127.0.0.1:${port}`);
    assert.match(thrown.help ?? "", /--port/);
    return true;
  });
  taken.close();
});

test("it can be reached from this machine only", async () => {
  await using server = await served();
  assert.match(server.api.url, /^http:\/\/127\.0\.0\.1:\d+$/);
});

test("the bytes of a request decide nothing that they should not", async () => {
  await using server = await served();
  const { port, complaints } = server;
  const status = async (request: string): Promise<string> => (await raw(port, request)).slice(9, 12);
  const rest = "Connection: close\n\n";
  assert.equal(await status(`GET /api/state HTTP/1.1\nHost: 127.0.0.1:${port}\n${rest}`), "200");
  assert.equal(await status(`GET /api/state HTTP/1.1\nHost: evil.example\n${rest}`), "421");
  assert.equal(await status(`GET http://evil.example/api/state HTTP/1.1\nHost: 127.0.0.1\n${rest}`), "421");
  assert.equal(await status(`GET /api/state HTTP/1.1\nHost: 127.0.0.1@evil.example\n${rest}`), "400");
  assert.equal(await status(`GET /api/state HTTP/1.1\n${rest}`), "400");
  assert.equal(await status(`GET /api/state HTTP/1.0\n${rest}`), "400");
  assert.equal(await status("NONSENSE\n\n"), "400");
  assert.equal(await status(`GET /../atalaya-secret.txt HTTP/1.1\nHost: 127.0.0.1\n${rest}`), "404");
  assert.equal(await status(`GET /%2e%2e/atalaya-secret.txt HTTP/1.1\nHost: 127.0.0.1\n${rest}`), "404");
  assert.equal(await status(`POST /api/state HTTP/1.1\nHost: 127.0.0.1\nContent-Length: 4\n${rest}abcd`), "405");
  assert.equal(await status(`GET /${"x".repeat(20_000)} HTTP/1.1\nHost: 127.0.0.1\n${rest}`), "431");
  assert.deepEqual(complaints, []);
});

test("HEAD of the stream ends at once, and the connection goes on", async () => {
  await using server = await served();
  const { port } = server;
  const answer = await raw(
    port,
    "HEAD /api/events HTTP/1.1\nHost: 127.0.0.1\n\nGET / HTTP/1.1\nHost: 127.0.0.1\nConnection: close\n\n",
  );
  assert.match(answer, /^HTTP\/1\.1 200 .*text\/event-stream.*\r\n\r\nHTTP\/1\.1 200 .*<!doctype html>/s);
});

test("a reader gets the state and the changes as they come, and is forgotten when it goes", async () => {
  await using server = await served();
  const { api, rig } = server;
  const stop = new AbortController();
  const response = await fetch(`${api.url}/api/events`, { signal: stop.signal });
  assert.equal(response.headers.get("x-accel-buffering"), "no");
  const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
  let seen = "";
  const until = async (words: string): Promise<void> => {
    while (!seen.includes(words)) seen += (await reader.read()).value ?? "";
  };
  await until("event: state\ndata: {");
  rig.see(0, { kind: "version", node: "relay", version: "v9.9.9", at: Date.now() });
  // the board hands it out by itself
  await until("v9.9.9");
  assert.equal(rig.board.followers, 1);
  stop.abort();
  await eventually(() => rig.board.followers === 0);
});

test("a reader who stops reading is cut off, however much is on its way", async () => {
  await using server = await served();
  const { port, rig } = server;
  const socket = await open(port);
  socket.pause();
  socket.write("GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  await eventually(() => rig.board.followers === 1);
  let sent = 0;
  await eventually(() => {
    sent += 1;
    const version = `v${sent}${"x".repeat(50_000)}`;
    rig.see(0, { kind: "version", node: "relay", version, at: Date.now() });
    rig.board.handOut();
    return rig.board.followers === 0;
  });
  const closed = once(socket, "close");
  socket.on("error", () => {});
  socket.resume();
  await closed;
});

test("closing ends streams and idle connections, and frees the port", async () => {
  const server = await served();
  const { api, port, rig } = server;
  const idle = await open(port);
  const stream = await fetch(`${api.url}/api/events`);
  rig.board.stop();
  await api.close();
  await assert.rejects(text(stream.body as ReadableStream), /terminated/);
  idle.resume();
  if (!idle.destroyed) await once(idle, "close");
  const again = await openApi(port);
  await again.close();
});

test("more connections than there may be are refused, and those that are there go on", async () => {
  await using server = await served();
  const { port, api } = server;
  const sockets = await Promise.all(Array.from({ length: 400 }, () => open(port)));
  const more = await open(port);
  more.on("error", () => {});
  await once(more.resume(), "close");
  const [first] = sockets;
  assert.ok(first);
  first.write("GET /api/state HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  const [answer] = (await once(first, "data")) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 200/);
  for (const socket of sockets) socket.destroy();
  // a place that becomes free is given away
  let isServed = false;
  while (!isServed)
    isServed = await fetch(api.url).then(
      ({ ok }) => ok,
      () => false,
    );
});
