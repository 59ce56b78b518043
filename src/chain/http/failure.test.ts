/** Every way in which what answers is not a well nodeos: the client says which it was, within its time. */
import assert from "node:assert/strict";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { exchange } from "../../../test/recordings.ts";
import type { Problem } from "../../kit/problem.ts";
import { NodeClient } from "./client.ts";
import type { Endpoint } from "./endpoint.ts";
import { getInfo, prometheusMetrics } from "./endpoints.ts";
import { NodeosError } from "./errors.ts";

/** Calls a server that does `answer` when a request has come, and returns the problem. */
async function failure(
  answer: (socket: Socket) => void,
  endpoint: Endpoint<undefined, unknown> = getInfo,
  timeoutMs = 5000,
): Promise<Problem> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    // the client may hang up on us
    socket.on("error", () => undefined);
    socket.once("data", () => answer(socket));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const client = new NodeClient(`http://127.0.0.1:${port}`);
  try {
    const result = await client.call(endpoint, undefined, { timeoutMs });
    throw new assert.AssertionError({ message: `it answered ${JSON.stringify(result)}` });
  } catch (thrown) {
    if (thrown instanceof assert.AssertionError) throw thrown;
    const problem = thrown as Problem;
    assert.equal(problem.where, `http://127.0.0.1:${port}${endpoint.path}`);
    assert.ok(problem.message.length < 300);
    return problem;
  } finally {
    await client.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((closed) => server.close(closed));
  }
}

function http(body: string | Buffer, head = "HTTP/1.1 200 OK\r\nContent-Type: application/json"): Buffer {
  return Buffer.concat([Buffer.from(`${head}\r\nContent-Length: ${body.length}\r\n\r\n`), Buffer.from(body)]);
}
const HTML = "HTTP/1.1 200 OK\r\nContent-Type: text/html";
const INFO = exchange("get_info").response.body;

/** Sends spaces for as long as the client takes them. */
function flood(socket: Socket): void {
  const chunk = Buffer.alloc(1024 * 1024, 0x20);
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk));
    socket.once("drain", more);
  };
  more();
}

const NOT_NODEOS: [what: string, code: string, message: RegExp, answer: (socket: Socket) => void][] = [
  ["another protocol", "NODE_GARBAGE", /not nodeos's HTTP/, (s) => s.end("SSH-2.0-OpenSSH_9.2\r\n")],
  ["binary noise", "NODE_GARBAGE", /not nodeos's HTTP/, (s) => s.end(Buffer.alloc(500, 0xfe))],
  [
    "headers without end",
    "NODE_GARBAGE",
    /not nodeos's HTTP/,
    (s) => s.end(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(100_000)}`),
  ],
  [
    "two lengths",
    "NODE_GARBAGE",
    /not nodeos's HTTP/,
    (s) => s.end(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}{}`),
  ],
  [
    "a web page",
    "NODE_GARBAGE",
    /content type text\/html, not application\/json: `<h1>/,
    (s) => s.end(http("<h1>It works!</h1>", HTML)),
  ],
  ["JSON under another name", "NODE_GARBAGE", /content type text\/html/, (s) => s.end(http(INFO, HTML))],
  ["no content type", "NODE_GARBAGE", /content type none/, (s) => s.end(http(INFO, "HTTP/1.1 200 OK"))],
  ["broken JSON", "NODE_GARBAGE", /not JSON: `\{"chain_id":`/, (s) => s.end(http('{"chain_id":'))],
  ["an empty answer", "NODE_GARBAGE", /not JSON/, (s) => s.end(http(""))],
  ["no content", "NODE_GARBAGE", /content type none/, (s) => s.end("HTTP/1.1 204 No Content\r\n\r\n")],
  ["another service's JSON", "NODE_GARBAGE", /chain_id|server_version/, (s) => s.end(http('{"jsonrpc":"2.0"}'))],
  [
    "a number out of range",
    "NODE_GARBAGE",
    /head_block_num/,
    (s) => s.end(http(INFO.replace(/"head_block_num":\d+/, '"head_block_num":-1'))),
  ],
  [
    "a time that is none",
    "NODE_GARBAGE",
    /head_block_time: `tomorrow` is not a time/,
    (s) => s.end(http(INFO.replace(/"head_block_time":"[^"]+"/, '"head_block_time":"tomorrow"'))),
  ],
  ["null", "NODE_GARBAGE", /the answer/, (s) => s.end(http("null"))],
  [
    "nesting without end",
    "NODE_GARBAGE",
    /server_version/,
    (s) => s.end(http("[".repeat(100_000) + "]".repeat(100_000))),
  ],
  [
    "a redirect",
    "NODE_GARBAGE",
    /status 302/,
    (s) => s.end(http("", "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/")),
  ],
  [
    "a proxy's own error page",
    "NODE_GARBAGE",
    /status 502.*<html>/,
    (s) => s.end(http("<html>Bad Gateway</html>", "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html")),
  ],
  [
    "another service's error",
    "NODE_GARBAGE",
    /status 404/,
    (s) => s.end(http('{"error":"not found"}', "HTTP/1.1 404 Not Found\r\nContent-Type: application/json")),
  ],
  ["control characters", "NODE_GARBAGE", /`x y`/, (s) => s.end(http("x\u0007\u001b\ny", HTML))],
  ["a connection closed at once", "NODE_HALF_ANSWER", /before the answer was complete/, (s) => s.end()],
  ["a connection reset", "NODE_HALF_ANSWER", /before the answer was complete/, (s) => s.resetAndDestroy()],
  ["half a head", "NODE_HALF_ANSWER", /before/, (s) => s.end("HTTP/1.1 200 OK\r\nContent-Ty")],
  ["half a body", "NODE_HALF_ANSWER", /before/, (s) => s.end(http(INFO).subarray(0, -1))],
  [
    "half a chunk",
    "NODE_HALF_ANSWER",
    /before/,
    (s) => s.end("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"),
  ],
  [
    "an answer without end",
    "NODE_TOO_LARGE",
    /16777216 bytes/,
    (s) => {
      s.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n");
      flood(s);
    },
  ],
  [
    "an answer that says it is too large",
    "NODE_TOO_LARGE",
    /16777216 bytes/,
    (s) => {
      s.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n");
      flood(s);
    },
  ],
];
for (const [what, code, message, answer] of NOT_NODEOS) {
  test(`${what} is ${code}`, async () => {
    const problem = await failure(answer);
    assert.equal(problem.code, code, problem.message);
    assert.match(problem.message, message);
    assert.ok(problem.help);
  });
}

const SLOW: [what: string, answer: (socket: Socket) => void][] = [
  ["silence", () => undefined],
  [
    "a head and then silence",
    (s) => s.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"),
  ],
  [
    "a byte now and then, for ever",
    (s) => {
      s.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n");
      const drip = setInterval(() => s.write(" "), 10);
      s.once("close", () => clearInterval(drip));
    },
  ],
];
for (const [what, answer] of SLOW) {
  test(`${what} is NODE_TIMEOUT when the call's time is over`, async () => {
    const problem = await failure(answer, getInfo, 100);
    assert.equal(problem.code, "NODE_TIMEOUT");
    assert.equal(problem.message, "no whole answer within 100 ms");
  });
}

test("a port where nobody listens is NODE_UNREACHABLE", async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  const client = new NodeClient(`http://127.0.0.1:${port}`);
  await assert.rejects(client.call(getInfo), { code: "NODE_UNREACHABLE", message: /ECONNREFUSED/ });
  await client.close();
});

test("metrics are text, and a web page is not metrics", async () => {
  const page = await failure((s) => s.end(http("<h1>It works!</h1>", HTML)), prometheusMetrics);
  assert.equal(page.code, "NODE_GARBAGE");
  const redirect = await failure(
    (s) => s.end(http("", "HTTP/1.1 302 Found\r\nContent-Type: text/plain")),
    prometheusMetrics,
  );
  assert.equal(redirect.code, "NODE_GARBAGE");
});

test("an error of nodeos's shape is its error whatever the status says", async () => {
  const { response } = exchange("get_block.unknown");
  for (const status of ["200 OK", "400 Bad Request", "500 Internal Server Error"]) {
    const problem = await failure((s) =>
      s.end(http(response.body, `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8`)),
    );
    assert.ok(problem instanceof NodeosError);
    assert.equal(problem.nodeosCode, 3_100_002);
    assert.equal(problem.httpStatus, Number(status.slice(0, 3)));
  }
});
