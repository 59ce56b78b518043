/**
 * Every file of the recordings of a real nodeos passes through the library: each file is matched by a rule below, and
 * one that no rule knows fails. What the files hold is tested in depth beside the code that reads it.
 */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import * as v from "valibot";
import {
  type Exchange,
  exchange,
  loggedBlocks,
  RECORDED_CHAIN_ID,
  recordedBytes,
  recordedFiles,
  recordedJson,
  shipMessages,
} from "../../test/recordings.ts";
import { parseAbi } from "./abi/definition.ts";
import { AbiSerializer, decodeAbi, encodeAbi } from "./abi/serializer.ts";
import { decodeBlock, encodeBlock, identifyBlock } from "./block/block.ts";
import { blockNum } from "./block/header.ts";
import { chainIdOf, genesisSchema } from "./genesis.ts";
import { NodeClient } from "./http/client.ts";
import { type Endpoint, endpoint } from "./http/endpoint.ts";
import * as nodeEndpoints from "./http/endpoints.ts";
import { errorBodySchema, NodeosError } from "./http/errors.ts";
import * as stateEndpoints from "./http/state-endpoints.ts";
import * as transactionEndpoints from "./http/transaction-endpoints.ts";
import { FrameSplitter } from "./p2p/frame.ts";
import { decodeMessage, encodeFrame, messageType } from "./p2p/messages.ts";
import { formatBlockTime, parseBlockTime, producerAt, signingDeadline } from "./time.ts";

type AnyEndpoint = Endpoint<unknown, unknown>;
const ENDPOINTS: ReadonlyMap<string, AnyEndpoint> = new Map(
  Object.values({ ...nodeEndpoints, ...stateEndpoints, ...transactionEndpoints }).map((one) => [
    one.path,
    one as AnyEndpoint,
  ]),
);

/** Recorded, but not called by this project: a stub in today's nodeos, and the trace API, of which nothing is used yet. */
const NOT_CALLED = [
  "/v1/chain/get_block_header_state",
  "/v1/trace_api/get_block",
  "/v1/trace_api/get_transaction_trace",
];
/** An endpoint that no nodeos has. */
const NO_SUCH = "/v1/chain/no_such_thing";

/** A server that gives the recorded answer to the recorded request, and says what it was asked. */
async function replay({ response }: Exchange) {
  const asked = Promise.withResolvers<{ path: string | undefined; body: string }>();
  const server = createServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      asked.resolve({ path: request.url, body: Buffer.concat(chunks).toString("utf8") });
      // the recorded length is left out: a path in one body was shortened afterwards
      reply.writeHead(response.status, { "content-type": response.headers["content-type"] }).end(response.body);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const client = new NodeClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return {
    client,
    asked: asked.promise,
    async [Symbol.asyncDispose]() {
      await client.close();
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function passHttp(path: string): Promise<void> {
  const recorded = exchange(path.slice("http/".length, -".json".length));
  const { request, response } = recorded;
  const isError = v.is(errorBodySchema, response.body.startsWith("{") ? JSON.parse(response.body) : undefined);
  const known = ENDPOINTS.get(request.path);
  if (known === undefined)
    assert.ok([...NOT_CALLED, NO_SUCH].includes(request.path), `no endpoint for ${request.path}`);
  const called = known ?? endpoint<unknown>()(request.path, v.unknown());
  await using node = await replay(recorded);
  // what the recording sent, as a caller would give it; broken JSON cannot be given
  const body = recorded.name === "badjson" || request.body === "" ? undefined : (JSON.parse(request.body) as unknown);
  const call = node.client.call(called, body);
  if (isError) {
    await assert.rejects(call, (thrown) => {
      assert.ok(thrown instanceof NodeosError);
      assert.equal(thrown.nodeosCode, (JSON.parse(response.body) as { error: { code: number } }).error.code);
      return true;
    });
  } else {
    assert.notEqual(await call, undefined);
  }
  const asked = await node.asked;
  assert.equal(asked.path, request.path);
  if (body !== undefined) assert.deepEqual(JSON.parse(asked.body), body);
}

function passP2p(path: string): void {
  const bytes = recordedBytes(path);
  const payloads = new FrameSplitter().push(bytes);
  const written = payloads.map((payload) => {
    const message = decodeMessage(payload);
    assert.notEqual(message.type, "unknown");
    assert.equal(messageType(payload), message.type);
    if (message.type === "signed_block") assert.deepEqual(encodeBlock(decodeBlock(message.block)), message.block);
    if (message.type === "handshake") assert.equal(message.chainId, RECORDED_CHAIN_ID);
    return encodeFrame(message as Exclude<typeof message, { type: "unknown" }>);
  });
  assert.ok(payloads.length > 100);
  assert.deepEqual(Buffer.concat(written), bytes);
}

/** The blocks that a state-history server sends are those that travel, and its messages read by its own ABI. */
function passShip(): void {
  const [abi, ...messages] = shipMessages();
  const ship = new AbiSerializer(parseAbi(JSON.parse(String(abi?.payload))));
  let blocks = 0;
  for (const { from, payload } of messages) {
    const [kind, body] = ship.decode(from === "client" ? "request" : "result", payload) as [
      string,
      Record<string, unknown>,
    ];
    assert.match(kind, /^get_(status|blocks)_(request|result)_v1$/);
    if (typeof body.block !== "string") continue;
    const bytes = Buffer.from(body.block, "hex");
    const { id, header } = identifyBlock(bytes);
    assert.deepEqual({ block_num: blockNum(header), block_id: id }, body.this_block);
    assert.deepEqual(encodeBlock(decodeBlock(bytes)), bytes);
    blocks++;
  }
  assert.equal(blocks, 185);
}

function passAbi(path: string): void {
  const abi = parseAbi(recordedJson(path));
  assert.deepEqual(decodeAbi(encodeAbi(abi)), abi);
}

/** The ABI of state history is text only: its tables are not named as a chain names tables. */
function passShipAbi(path: string): void {
  assert.ok(parseAbi(recordedJson(path)).tables.some(({ name }) => name === "resource_limits"));
  assert.deepEqual(recordedBytes(path), shipMessages()[0]?.payload);
}

function passGenesis(path: string): void {
  assert.equal(chainIdOf(v.parse(genesisSchema, recordedJson(path))), RECORDED_CHAIN_ID);
}

/** Excerpts from the logs of another network: what they say of blocks has times that are slots. */
function passLogExcerpt(path: string): void {
  const lines = loggedBlocks(path);
  assert.ok(lines.length > 50);
  for (const { timestamp } of lines) assert.equal(formatBlockTime(parseBlockTime(timestamp)), timestamp);
}

/** The log's blocks are in their producers' slots, and none was finished before its deadline. */
function passLog(path: string): void {
  const lines = loggedBlocks(path);
  assert.ok(lines.length > 200);
  for (const { what, at, num, timestamp, producer } of lines) {
    const slot = parseBlockTime(timestamp);
    assert.equal(formatBlockTime(slot), timestamp);
    if (num >= 32) assert.equal(producerAt(["bpa", "bpb", "bpc"], slot), producer);
    if (what === "Produced") assert.ok(at >= signingDeadline(slot) - 1);
  }
}

const RULES: [files: RegExp, pass: (path: string) => void | Promise<void>][] = [
  [/^http\/.*\.json$/, passHttp],
  [/^p2p\/.*\.bin$/, passP2p],
  [/^ship\/stream\.bin$/, passShip],
  [/^ship\/ship\.abi\.json$/, passShipAbi],
  [/^chain\/.*\.abi\.json$/, passAbi],
  [/^chain\/genesis\.json$/, passGenesis],
  [/^logs\/(producer-savanna|peer-paused)\.log$/, passLog],
  [/^logs\/.*\.log$/, passLogExcerpt],
];

const FILES = recordedFiles();

test("the recordings are there", () => assert.ok(FILES.length >= 80, `${FILES.length} files`));

for (const path of FILES) {
  test(`the recording ${path} passes through the library`, async () => {
    const rule = RULES.find(([files]) => files.test(path));
    assert.ok(rule, "no rule knows this file");
    await rule[1](path);
  });
}

test("every endpoint of the library that a recording could have is in a recording", () => {
  const recorded = new Set(
    FILES.filter((path) => path.startsWith("http/")).map((path) => (recordedJson(path) as Exchange).request.path),
  );
  const never = [...ENDPOINTS.keys()].filter((path) => !recorded.has(path));
  // these change the node's peers, which a recording must not
  assert.deepEqual(never.sort(), ["/v1/net/connect", "/v1/net/disconnect"]);
});
