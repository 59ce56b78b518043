import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { test } from "node:test";
import { type BlockHeader, blockId, blockNum } from "../chain/block/header.ts";
import { formatBlockTime, parseBlockTime } from "../chain/time.ts";
import { runWatch } from "./run.ts";
import type { WatchedNode } from "./target.ts";
import type { WatchEvent } from "./watch.ts";

const CHAIN = "c".repeat(64);

/** Watches one node until it is told that the node cannot be seen; the problem's code. */
async function problemWith(node: Omit<WatchedNode, "name" | "ours">): Promise<string | undefined> {
  const target = {
    chain: "test",
    chainId: CHAIN,
    accounts: [],
    nodes: [{ name: "bad", ours: true, ...node }],
    pairs: [],
  };
  const told = Promise.withResolvers<Extract<WatchEvent, { kind: "node" }>>();
  const { stop } = runWatch(target, (_, event) => {
    if (event.kind === "node") told.resolve(event);
  });
  const { node: status } = await told.promise;
  stop();
  const [sight] = [status.http, status.p2p].filter(({ state }) => state !== "never");
  assert.equal(sight?.state, "down");
  return sight.problem?.code;
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const json =
  (text: string | Buffer): RequestListener =>
  (_, response) =>
    response.writeHead(200, { "content-type": "application/json" }).end(text);

/** Promises 500 bytes and breaks off after a few. */
const half: RequestListener = (_, response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": 500 });
  response.write('{"server_version":', () => response.destroy());
};

const HEADER: BlockHeader = {
  slot: parseBlockTime("2026-11-22T12:00:00.000"),
  producer: "bp",
  confirmed: 0,
  previous: "0".repeat(64),
  transactionMroot: "0".repeat(64),
  actionMroot: "0".repeat(64),
  scheduleVersion: 1,
  extensions: [],
};

const INFO = {
  server_version: "v1.2.0",
  chain_id: "d".repeat(64),
  head_block_num: blockNum(HEADER),
  last_irreversible_block_num: blockNum(HEADER),
  last_irreversible_block_id: blockId(HEADER),
  head_block_id: blockId(HEADER),
  head_block_time: formatBlockTime(HEADER.slot),
  head_block_producer: HEADER.producer,
};

const ANSWERS: [string, RequestListener, string][] = [
  ["a page", (_, response) => response.end("<html>not nodeos</html>"), "NODE_GARBAGE"],
  ["JSON of another kind", json('{"head_block_num":"twelve"}'), "NODE_GARBAGE"],
  ["half an answer", half, "NODE_HALF_ANSWER"],
  ["nothing, for ever", () => {}, "NODE_TIMEOUT"],
  ["more than anyone asked for", json(Buffer.alloc(17 * 2 ** 20, 32)), "NODE_TOO_LARGE"],
  ["another chain", json(JSON.stringify(INFO)), "NODE_WRONG_CHAIN"],
];

for (const [what, answer, code] of ANSWERS) {
  test(`a node that answers ${what} is down with ${code}, and the loop goes on`, async (t) => {
    const server = createHttpServer(answer);
    t.after(() => server.closeAllConnections());
    t.after(() => server.close());
    const port = await listening(server);
    assert.equal(await problemWith({ http: `http://127.0.0.1:${port}` }), code);
  });
}

test("a node where nobody listens is down with NODE_UNREACHABLE", async () => {
  const server = createTcpServer();
  const port = await listening(server);
  server.close();
  await once(server, "close");
  assert.equal(await problemWith({ http: `http://127.0.0.1:${port}` }), "NODE_UNREACHABLE");
  assert.equal(await problemWith({ p2p: { host: "127.0.0.1", port } }), "P2P_UNREACHABLE");
});

const TALK: [string, (socket: Socket) => void, string][] = [
  ["speaks HTTP", (socket) => void socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"), "P2P_GARBAGE"],
  ["hangs up at once", (socket) => socket.end(), "P2P_CLOSED"],
];

for (const [what, talk, code] of TALK) {
  test(`a p2p port that ${what} is down with ${code}`, async (t) => {
    const sockets = new Set<Socket>();
    const server = createTcpServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      talk(socket);
    });
    t.after(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const port = await listening(server);
    assert.equal(await problemWith({ p2p: { host: "127.0.0.1", port } }), code);
  });
}

/** A node of which `get_info` works, and the rest while `works` says so. */
function nodeThat(works: (path: string) => boolean): RequestListener {
  return (request, response) => {
    const path = request.url ?? "";
    if (!works(path)) response.destroy();
    else json(JSON.stringify(GOOD[path]))(request, response);
  };
}

const GOOD: Readonly<Record<string, unknown>> = {
  "/v1/chain/get_info": { ...INFO, chain_id: CHAIN },
  "/v1/chain/get_producer_schedule": { active: { version: 1, producers: [] }, pending: null, proposed: null },
  "/v1/chain/get_block_header": headerAnswer(blockId(HEADER)),
};

function headerAnswer(id: string) {
  return {
    id,
    signed_block_header: {
      timestamp: formatBlockTime(HEADER.slot),
      producer: HEADER.producer,
      confirmed: HEADER.confirmed,
      previous: HEADER.previous,
      transaction_mroot: HEADER.transactionMroot,
      action_mroot: HEADER.actionMroot,
      schedule_version: HEADER.scheduleVersion,
      header_extensions: [],
      producer_signature: "SIG_K1_none",
    },
    block_extensions: [],
  };
}

test("a node that gives a block an id that is not its own is down with NODE_GARBAGE", async (t) => {
  // a block that is its own parent, believed, would be a chain without a beginning
  const answers = { ...GOOD, "/v1/chain/get_block_header": headerAnswer(HEADER.previous) };
  const server = createHttpServer((request, response) => {
    json(JSON.stringify(answers[request.url as keyof typeof answers]))(request, response);
  });
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  const http = `http://127.0.0.1:${await listening(server)}`;
  assert.equal(await problemWith({ http }), "NODE_GARBAGE");
});

test("a node that comes back is seen again", async (t) => {
  let isUp = false;
  const server = createHttpServer(nodeThat(() => isUp));
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  const http = `http://127.0.0.1:${await listening(server)}`;
  const states: string[] = [];
  const back = Promise.withResolvers<void>();
  const node = { name: "shy", ours: true, http };
  const { stop } = runWatch({ chain: "test", chainId: CHAIN, accounts: [], nodes: [node], pairs: [] }, (_, event) => {
    if (event.kind !== "node") return;
    states.push(event.node.http.state);
    isUp = true;
    if (event.node.http.state === "up") back.resolve();
  });
  t.after(stop);
  await back.promise;
  assert.deepEqual(states, ["down", "up"]);
});

test("a node whose main thread is stuck, so that only get_info answers, is down and stays so", async (t) => {
  const asked: string[] = [];
  const enough = Promise.withResolvers<void>();
  const server = createHttpServer(
    nodeThat((path) => {
      asked.push(path);
      if (asked.length >= 8) enough.resolve();
      return path.endsWith("get_info");
    }),
  );
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  const http = `http://127.0.0.1:${await listening(server)}`;
  const states: string[] = [];
  const node = { name: "stuck", ours: true, http };
  const { watch, stop } = runWatch(
    { chain: "test", chainId: CHAIN, accounts: [], nodes: [node], pairs: [] },
    (_, event) => {
      if (event.kind === "node") states.push(event.node.http.state);
    },
  );
  t.after(stop);
  await enough.promise;
  assert.deepEqual(states, ["down"]);
  assert.equal(watch.nodes.get("stuck")?.head?.num, INFO.head_block_num, "its head is known all the same");
});
