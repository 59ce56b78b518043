import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { exchange } from "../../../test/recordings.ts";
import { NodeClient } from "./client.ts";
import { getBlock, getInfo, netConnect, producerPaused } from "./endpoints.ts";

interface Seen {
  method: string | undefined;
  url: string | undefined;
  contentType: string | undefined;
  body: string;
}

/** A server that notes what it is asked and answers by `answer`; on a free port, or on a unix socket. */
async function serve(answer: (response: ServerResponse, request: IncomingMessage) => void, path?: string) {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url, headers } = request;
      seen.push({ method, url, contentType: headers["content-type"], body: Buffer.concat(chunks).toString("utf8") });
      answer(response, request);
    });
  });
  server.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((done) =>
    path === undefined ? server.listen(0, "127.0.0.1", done) : server.listen(path, done),
  );
  const { port } = (path === undefined ? server.address() : { port: 0 }) as AddressInfo;
  return {
    url: path === undefined ? `http://127.0.0.1:${port}` : `unix:${path}`,
    seen,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function json(response: ServerResponse, body: string): void {
  response.writeHead(200, { "content-type": "application/json" }).end(body);
}

const INFO = exchange("get_info").response.body;
const BLOCK = exchange("get_block").response.body;

test("a call posts its request as JSON, an empty body where nodeos wants none", async () => {
  await using node = await serve((response, request) =>
    json(
      response,
      request.url === getBlock.path ? BLOCK : request.url === netConnect.path ? '"added connection"' : INFO,
    ),
  );
  const client = new NodeClient(node.url);
  await client.call(getInfo);
  await client.call(getBlock, { block_num_or_id: 166 });
  assert.equal(await client.call(netConnect, "127.0.0.1:9876"), "added connection");
  assert.deepEqual(node.seen, [
    { method: "POST", url: "/v1/chain/get_info", contentType: "application/json", body: "" },
    { method: "POST", url: "/v1/chain/get_block", contentType: "application/json", body: '{"block_num_or_id":166}' },
    { method: "POST", url: "/v1/net/connect", contentType: "application/json", body: '"127.0.0.1:9876"' },
  ]);
  await client.close();
});

test("an answer comes with times in milliseconds and without what nobody reads", async () => {
  await using node = await serve((response) => json(response, INFO));
  const client = new NodeClient(`${node.url}/`);
  const info = await client.call(getInfo);
  const raw = JSON.parse(INFO) as { head_block_time: string; head_block_num: number };
  assert.equal(info.head_block_num, raw.head_block_num);
  assert.equal(info.head_block_time, Date.parse(`${raw.head_block_time}Z`));
  assert.ok(!("virtual_block_cpu_limit" in info));
  assert.equal(node.seen[0]?.url, "/v1/chain/get_info");
  await client.close();
});

test("a node on a unix socket is asked in the same way", async () => {
  const directory = mkdtempSync(join(tmpdir(), "atalaya-client-"));
  {
    await using node = await serve((response) => json(response, "false"), join(directory, "node.sock"));
    const client = new NodeClient(node.url);
    assert.equal(await client.call(producerPaused), false);
    await client.close();
  }
  const client = new NodeClient(`unix:${directory}/nobody.sock`);
  await assert.rejects(client.call(producerPaused), { code: "NODE_UNREACHABLE", message: /ENOENT/ });
  await client.close();
  rmSync(directory, { recursive: true });
});

test("connections are kept and used again; one that the node closed between two calls costs no call", async () => {
  await using node = await serve((response) => json(response, "true"));
  const client = new NodeClient(node.url);
  for (let i = 0; i < 20; i++) await client.call(producerPaused);
  assert.ok(node.sockets.size <= 2, `${node.sockets.size} connections for 20 calls`);
  for (let i = 0; i < 20; i++) {
    // as a node does whose keep-alive time is over, or that was restarted
    for (const socket of node.sockets) {
      if (i % 2 === 0) socket.end();
      else socket.resetAndDestroy();
    }
    assert.equal(await client.call(producerPaused), true);
  }
  await client.close();
});

test("a node that closes after every answer is asked again and again all the same", async () => {
  await using node = await serve((response) => {
    json(response, "true");
    response.socket?.end();
  });
  const client = new NodeClient(node.url);
  for (let i = 0; i < 20; i++) assert.equal(await client.call(producerPaused), true);
  await client.close();
});

test("calls at the same time do not mix up their answers", async () => {
  await using node = await serve((response, request) =>
    // the later asked, the sooner answered
    setImmediate(() =>
      json(response, request.url === getBlock.path ? BLOCK : request.url === getInfo.path ? INFO : "true"),
    ),
  );
  const client = new NodeClient(node.url);
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, i) =>
      i % 3 === 0
        ? client.call(getInfo)
        : i % 3 === 1
          ? client.call(getBlock, { block_num_or_id: 1 })
          : client.call(producerPaused),
    ),
  );
  for (const [i, answer] of answers.entries()) {
    if (i % 3 === 0) assert.ok(typeof answer === "object" && "chain_id" in answer);
    else if (i % 3 === 1) assert.ok(typeof answer === "object" && "producer_signature" in answer);
    else assert.equal(answer, true);
  }
  await client.close();
});

test("a call that its caller gave up ends with the caller's reason", async () => {
  await using node = await serve(() => undefined);
  const client = new NodeClient(node.url);
  const stop = new AbortController();
  const call = client.call(producerPaused, undefined, { signal: stop.signal });
  const reason = new Error("the watch stops");
  stop.abort(reason);
  await assert.rejects(call, (thrown) => thrown === reason);
  await assert.rejects(client.call(producerPaused, undefined, { signal: stop.signal }), (thrown) => thrown === reason);
  await client.close();
});

test("closing the client ends the calls under way", async () => {
  const asked = Promise.withResolvers<void>();
  await using node = await serve(() => asked.resolve());
  const client = new NodeClient(node.url);
  const call = assert.rejects(client.call(producerPaused), { name: "Problem" });
  await asked.promise;
  await client.close();
  await call;
});

const BAD_URLS = [
  "",
  "127.0.0.1:8888",
  "ftp://127.0.0.1",
  "http://",
  "http://127.0.0.1:8888/v1/chain",
  "http://127.0.0.1:8888/?x=1",
  "http://127.0.0.1:8888/#x",
  "http://127.0.0.1:99999",
  "unix:relative.sock",
  "unix:",
];
for (const url of BAD_URLS) {
  test(`\`${url}\` is not the address of a node`, () => {
    assert.throws(() => new NodeClient(url), { code: "NODE_BAD_URL" });
  });
}

test("a password in an address is refused and not repeated", () => {
  assert.throws(
    () => new NodeClient("http://operator:secret@127.0.0.1:8888"),
    (thrown: { code?: string }) => thrown.code === "NODE_BAD_URL" && !JSON.stringify(thrown).includes("secret"),
  );
});
