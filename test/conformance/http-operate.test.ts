/** The APIs for operating a node: listeners and their categories, producer, peers, database size, metrics. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before } from "node:test";
import { freePort } from "../../src/testchain/network/saved.ts";
import { answer, exchange as exchangeOf } from "../recordings.ts";
import { type ErrorAnswer, exchange, type HttpAnswer } from "./exchange.ts";
import { Rig, real, states, until } from "./rig.ts";

let rig: Rig;
let rwUrl: string;
let socketPath: string;

before(async () => {
  const rwPort = await freePort();
  rwUrl = `http://127.0.0.1:${rwPort}`;
  rig = await Rig.start(
    {
      start: "bare",
      schedule: [],
      nodes: [
        { name: "solo", producers: ["eosio"], dials: [], startsChain: true },
        { name: "split", dials: ["solo"] },
        { name: "strict", dials: ["solo"], extra: { "http-validate-host": "true" } },
        { name: "narrow", dials: [], extra: { "http-max-in-flight-requests": "8" } },
      ],
    },
    (network) => {
      const main = new URL(network.node("split").url).host;
      socketPath = join(network.dir, "rw.sock");
      const categories = [
        ...["chain_ro", "net_ro", "db_size", "prometheus", "producer_ro"].map((category) => `${category},${main}`),
        `producer_rw,127.0.0.1:${rwPort}`,
        `snapshot,127.0.0.1:${rwPort}`,
        `chain_rw,${socketPath}`,
      ];
      const split = { "http-server-address": "http-category-address", "http-category-address": categories };
      const nodes = network.spec.nodes.map((node) => (node.name === "split" ? { ...node, extra: split } : node));
      return { ...network.spec, nodes };
    },
  );
});
after(() => rig?.stop());

async function apis(question: { node: string } | { url: string; socketPath?: string }): Promise<string[]> {
  const path = "/v1/node/get_supported_apis";
  const answer =
    "node" in question ? await rig.ask(question.node, path) : await askAt(question.url, path, question.socketPath);
  assert.equal(answer.status, 200);
  return answer.json<{ apis: string[] }>().apis;
}

function askAt(url: string, path: string, socket?: string, body?: unknown): Promise<HttpAnswer> {
  return exchange(url, path, { ...(socket === undefined ? {} : { socketPath: socket }), body });
}

/** Served with further plugins or options only, or not yet in every release. */
const OPTIONAL = /trace_api|get_accounts_by_authorizers|get_transaction_status|bp_gossip_peers/;

states("A5.1", "one address serves every category, and lists its paths", async () => {
  const all = await apis({ node: "solo" });
  const recorded = answer("node.get_supported_apis") as { apis: string[] };
  for (const path of recorded.apis) if (!OPTIONAL.test(path)) assert.ok(all.includes(path), path);
});

states("A5.1", "with category addresses each listener serves its own paths, and get_info on all of them", async () => {
  const ro = await apis({ node: "split" });
  const rw = await apis({ url: rwUrl });
  const chainRw = await apis({ url: rwUrl, socketPath });
  assert.ok(ro.includes("/v1/chain/get_block") && ro.includes("/v1/producer/paused"));
  assert.ok(!ro.includes("/v1/producer/pause") && !ro.includes("/v1/chain/send_transaction"));
  assert.ok(rw.includes("/v1/producer/pause") && !rw.includes("/v1/producer/paused"));
  assert.ok(chainRw.includes("/v1/chain/send_transaction") && !chainRw.includes("/v1/chain/get_block"));
  assert.equal((await rig.ask("split", "/v1/chain/get_info")).status, 200);
  assert.equal((await askAt(rwUrl, "/v1/chain/get_info")).status, 200);
  assert.equal((await askAt(rwUrl, "/v1/chain/get_info", socketPath)).status, 200);
});

states("A5.2", "a path of another listener's category is 404, as if it did not exist", async () => {
  const answer = await rig.ask("split", "/v1/producer/pause");
  assert.equal(answer.status, 404);
  const { error } = answer.json<ErrorAnswer>();
  assert.deepEqual([error.code, error.details[0]?.message], [0, "Unknown Endpoint"]);
  assert.equal((await askAt(rwUrl, "/v1/producer/pause")).status, 201);
  assert.equal((await askAt(rwUrl, "/v1/chain/get_block", undefined, { block_num_or_id: 1 })).status, 404);
});

states("A5.1", "a node that checks the Host header refuses the name localhost, and takes its address", async () => {
  const { host, port } = new URL(rig.network.node("strict").url);
  assert.equal((await rig.ask("strict", "/v1/chain/get_info", { headers: { host } })).status, 200);
  const refused = await rig.ask("strict", "/v1/chain/get_info", { headers: { host: `localhost:${port}` } });
  assert.equal(refused.status, 400);
  assert.match(refused.text, /Disallowed HTTP HOST header in the request/);
});

states("A5.2", "a target with two dots is refused before it is looked up; OPTIONS of any path answers {}", async () => {
  const dots = await rig.ask("solo", "/v1/chain/../get_info");
  assert.equal(dots.status, 400);
  assert.equal(dots.json<ErrorAnswer>().message, "Illegal request-target");
  const options = await rig.ask("solo", "/v1/chain/no_such_thing", { method: "OPTIONS" });
  assert.deepEqual([options.status, options.text], [200, "{}"]);
});

states("A5.1", "a body above max-body-size gets no answer: the connection is closed", async () => {
  const body = `{"block_num_or_id":"${"1".repeat(3 * 1024 * 1024)}"}`;
  // EPIPE, ECONNRESET or a hang-up, as it happens: anything but an answer or silence
  await assert.rejects(
    rig.ask("solo", "/v1/chain/get_block", { body }),
    (thrown: Error) => thrown.name !== "TimeoutError",
  );
  assert.equal((await rig.ask("solo", "/v1/chain/get_info")).status, 200, "and the node goes on");
});

states("A5.2", "a node with more connections than it may have is Busy: 503, and the connection is closed", async () => {
  const { port } = new URL(rig.network.node("narrow").url);
  // idle ones count too
  const idle = Array.from({ length: 12 }, () => connect(Number(port), "127.0.0.1").on("error", () => {}));
  try {
    const busy = await until("the node to be busy", async () => {
      const answer = await rig.ask("narrow", "/v1/chain/get_info");
      return answer.status === 503 && answer;
    });
    const { code, message, error } = busy.json<ErrorAnswer>();
    assert.deepEqual([code, message, error.code, error.name], [503, "Busy", 503, "Busy"]);
    assert.match(error.what, /^Too many requests in flight: \d+$/);
    assert.equal(busy.headers.connection, "close");
  } finally {
    for (const socket of idle) socket.destroy();
  }
  await until("it to answer again", async () => (await rig.ask("narrow", "/v1/chain/get_info")).status === 200);
});

states("A1.1", "paused is a bare false, and success in the producer API is 201", async () => {
  const answer = await rig.ask("solo", "/v1/producer/paused");
  assert.deepEqual([answer.status, answer.text], [201, "false"]);
  assert.equal((await rig.ask("solo", "/v1/producer/paused", { method: "GET" })).text, "false");
});

states("A1.1", "a producer endpoint without body refuses one, but for an empty object", async () => {
  assert.equal((await rig.ask("solo", "/v1/producer/paused", { body: {} })).status, 201);
  const refused = await rig.ask("solo", "/v1/producer/paused", { body: { now: true } });
  assert.deepEqual([refused.status, refused.json<ErrorAnswer>().error.code], [400, 3200006]);
});

states(
  "A1.1",
  "the default offset of 450 ms reads back as 456, and an offset of a whole round is refused",
  async () => {
    const options = async () =>
      (await rig.ask("solo", "/v1/producer/get_runtime_options")).json<Record<string, number>>();
    const before = await options();
    assert.equal(before.produce_block_offset_ms, 456);
    assert.equal(before.max_transaction_time, 499);
    assert.equal(before.max_irreversible_block_age, -1);
    assert.equal(before.greylist_limit, 1000);
    const update = (body: object) => rig.ask("solo", "/v1/producer/update_runtime_options", { body });
    const set = await update({ produce_block_offset_ms: 600 });
    assert.deepEqual([set.status, set.json()], [201, { result: "ok" }]);
    assert.equal((await options()).produce_block_offset_ms, 600);
    const refused = await update({ produce_block_offset_ms: 6000 });
    assert.ok(refused.status >= 400);
    assert.equal((await options()).produce_block_offset_ms, 600);
    await update({ produce_block_offset_ms: 450 });
  },
);

states("A1.1", "pause_at_block refuses a block that is not ahead, with code 3170017", async () => {
  const { head_block_num: head } = await rig.info("solo");
  const answer = await rig.ask("solo", "/v1/producer/pause_at_block", { body: { block_num: Math.max(1, head - 1) } });
  assert.deepEqual([answer.status, answer.json<ErrorAnswer>().error.code], [500, 3170017]);
});

states("A1.1", "pause_at_block stops a producing node at that block, and resume lets it go on", async () => {
  const target = (await rig.info("solo")).head_block_num + 4;
  const set = await rig.ask("solo", "/v1/producer/pause_at_block", { body: { block_num: target } });
  assert.deepEqual([set.status, set.json()], [201, { result: "ok" }]);
  await until("the head to reach it", async () => (await rig.info("solo")).head_block_num >= target);
  const { head_block_time: at } = await rig.info("solo");
  await until("three slots to pass", async () => Date.now() > at + 2000);
  assert.equal((await rig.info("solo")).head_block_num, target);
  assert.equal((await rig.ask("solo", "/v1/producer/resume")).status, 201);
  await until("the chain to go on", async () => (await rig.info("solo")).head_block_num > target);
});

states("A1.1", "greylist and lists of names are empty, and take what is added", async () => {
  const get = async (path: string) => (await rig.ask("solo", `/v1/producer/${path}`)).json();
  assert.deepEqual(await get("get_greylist"), { accounts: [] });
  const body = { accounts: ["alice"] };
  const added = await rig.ask("solo", "/v1/producer/add_greylist_accounts", { body });
  assert.deepEqual([added.status, added.json()], [201, { result: "ok" }]);
  assert.deepEqual(await get("get_greylist"), { accounts: ["alice"] });
  await rig.ask("solo", "/v1/producer/remove_greylist_accounts", { body });
  assert.deepEqual(await get("get_greylist"), { accounts: [] });
  assert.deepEqual(await get("get_whitelist_blacklist"), {
    actor_whitelist: [],
    actor_blacklist: [],
    contract_whitelist: [],
    contract_blacklist: [],
    action_blacklist: [],
    key_blacklist: [],
  });
});

states("A1.1", "what else the producer API tells has its form, and its status", async () => {
  const ask = async (path: string, body?: object) => {
    const answer = await rig.ask("solo", `/v1/producer/${path}`, { body });
    return [answer.status, answer.json<Record<string, unknown>>()] as const;
  };
  assert.deepEqual(await ask("get_scheduled_protocol_feature_activations"), [
    201,
    { protocol_features_to_activate: [] },
  ]);
  assert.deepEqual(await ask("get_account_ram_corrections", { limit: 10 }), [201, { rows: [] }]);
  const [status, unapplied] = await ask("get_unapplied_transactions");
  assert.deepEqual([status, Number(unapplied.size), unapplied.trxs], [200, 0, []]);
  const [hashed, integrity] = await ask("get_integrity_hash");
  assert.equal(hashed, 201);
  for (const name of ["head_block_id", "integrity_hash"]) assert.match(String(integrity[name]), /^[0-9a-f]{64}$/, name);
});

states("A1.1", "create_snapshot answers once its block is irreversible, with a file that exists", async () => {
  const answer = await rig.ask("solo", "/v1/producer/create_snapshot", { timeoutMs: 60_000 });
  assert.equal(answer.status, 201);
  const snapshot = answer.json<Record<string, string | number>>();
  assert.deepEqual(Object.keys(snapshot).sort(), [
    "head_block_id",
    "head_block_num",
    "head_block_time",
    "snapshot_name",
    "version",
  ]);
  assert.ok(existsSync(String(snapshot.snapshot_name)));
  const { last_irreversible_block_num: lib } = await rig.info("solo");
  assert.ok(Number(snapshot.head_block_num) <= lib);
  assert.deepEqual((await rig.ask("solo", "/v1/producer/get_snapshot_requests")).json(), { snapshot_requests: [] });
});

states("A1.1", "a snapshot scheduled twice is refused with code 3170013", async () => {
  const body = { block_spacing: 1_000_000, start_block_num: 1_000_000, snapshot_description: "far away" };
  const first = await rig.ask("solo", "/v1/producer/schedule_snapshot", { body });
  assert.equal(first.status, 201);
  const { snapshot_request_id: id } = first.json<{ snapshot_request_id: number }>();
  const second = await rig.ask("solo", "/v1/producer/schedule_snapshot", { body });
  assert.equal(second.json<ErrorAnswer>().error.code, 3170013);
  const removed = await rig.ask("solo", "/v1/producer/unschedule_snapshot", { body: { snapshot_request_id: id } });
  assert.equal(removed.status, 201);
});

/** What every release tells of a connection. */
const CONNECTION = {
  peer: "string",
  remote_ip: "string",
  remote_port: "string",
  connecting: "boolean",
  syncing: "boolean",
  is_bp_peer: "boolean",
  is_socket_open: "boolean",
  is_blocks_only: "boolean",
  is_transactions_only: "boolean",
};
const HANDSHAKE = "network_version chain_id node_id key time token sig p2p_address os agent generation".split(" ");

states("A5.4", "status tells of the connection to one address, and of no other", async () => {
  const status = (address: string) => rig.ask("split", "/v1/net/status", { body: JSON.stringify(address) });
  const { peer } = await until("split to have a peer", async () => {
    const list = (await rig.ask("split", "/v1/net/connections")).json<{ peer: string }[]>();
    return list.find((connection) => connection.peer !== "");
  });
  const known = await status(peer);
  assert.equal(known.status, 201);
  assert.equal(known.json<{ peer: string }>().peer, peer);
  const unknown = await status("127.0.0.1:1");
  assert.equal(unknown.status, 201);
  // nothing at all, or a sentence, as the release has it
  assert.ok([null, "connection not found: 127.0.0.1:1"].includes(unknown.json<string | null>()), unknown.text);
});

states("A5.4", "both ends of a connection show it, with what the other said in its handshake", async () => {
  type Connection = Record<string, unknown> & { peer: string; last_handshake: Record<string, unknown> };
  const connections = async (node: string) => {
    const answer = await rig.ask(node, "/v1/net/connections");
    assert.equal(answer.status, 201);
    return answer.json<Connection[]>();
  };
  const greeted = (list: Connection[]) => list.find(({ last_handshake }) => Number(last_handshake.generation) > 0);
  const outgoing = await until("split to have greeted solo", async () => greeted(await connections("split")));
  assert.match(outgoing.peer, /^127\.0\.0\.1:\d+$/);
  assert.equal(outgoing.connecting, false);
  assert.equal(outgoing.last_handshake.agent, "solo");
  assert.equal(outgoing.last_handshake.chain_id, (await rig.info("solo")).chain_id);
  const { last_handshake: handshake, ...connection } = outgoing;
  for (const [name, kind] of Object.entries(CONNECTION)) assert.equal(typeof connection[name], kind, name);
  for (const name of HANDSHAKE) assert.ok(name in handshake, name);
  // the four numbers and ids of the chain have other names in 1.0
  assert.ok(Number(handshake.fork_db_head_num ?? handshake.head_num) > 0);
  const incoming = await until("solo to know both", async () => {
    const list = (await connections("solo")).filter(({ last_handshake }) => Number(last_handshake.generation) > 0);
    return list.length === 2 && list;
  });
  assert.deepEqual(incoming.map(({ last_handshake }) => last_handshake.agent).sort(), ["split", "strict"]);
  for (const { peer } of incoming) assert.equal(peer, "", "an incoming connection has no configured peer");
});

states("A5.4", "connect, connect again, disconnect, disconnect again are answered in nodeos's words", async () => {
  const call = async (verb: string, address: string) => {
    const answer = await rig.ask("solo", `/v1/net/${verb}`, { body: JSON.stringify(address) });
    assert.equal(answer.status, 201);
    return answer.json();
  };
  const address = `127.0.0.1:${rig.network.p2pPort("strict")}`;
  assert.equal(await call("connect", "nonsense"), "invalid peer address");
  assert.equal(await call("connect", address), "added connection");
  assert.equal(await call("connect", address), "already connected");
  assert.equal(await call("disconnect", address), "connection removed");
  assert.equal(await call("disconnect", address), "no known connection for host");
});

states("A5.5", "db_size tells the size of the state database and the rows of its tables", async () => {
  const answer = await rig.ask("solo", "/v1/db_size/get");
  assert.equal(answer.status, 200);
  const size = answer.json<{
    free_bytes: number | string;
    used_bytes: number | string;
    reclaimable_bytes: number | string;
    size: number | string;
    indices: { index: string; row_count: number | string }[];
  }>();
  const [free, used, total] = [Number(size.free_bytes), Number(size.used_bytes), Number(size.size)];
  assert.ok(Math.abs(total - 256 * 1024 * 1024) < 1024 * 1024, `${total}`);
  assert.ok(free > 0 && used > 0 && free + used <= total);
  const rows = new Map(size.indices.map(({ index, row_count }) => [index, Number(row_count)]));
  assert.ok((rows.get("eosio::chain::account_object") ?? 0) >= 3, [...rows.keys()].join());
});

/** What every release exports; new ones add to it. */
const METRICS = {
  gauge: "p2p_peers p2p_clients head_block_num last_irreversible",
  counter:
    "http_requests_total p2p_failed_connections p2p_dropped_trxs_total cpu_usage_us_total net_usage_us_total " +
    "unapplied_transactions_total subjective_bill_account_size_total scheduled_trxs_total trxs_produced_total " +
    "blocks_produced trxs_incoming_total blocks_incoming",
};

states("A5.7", "prometheus metrics are text, name the chain and count what was asked", async () => {
  await rig.ask("solo", "/v1/chain/get_info");
  const answer = await rig.ask("solo", "/v1/prometheus/metrics", { method: "GET" });
  assert.equal(answer.status, 200);
  assert.match(String(answer.headers["content-type"]), /^text\/plain/);
  const { chain_id: chain } = await rig.info("solo");
  assert.match(answer.text, new RegExp(`nodeos_info\\{[^}]*chain_id="${chain}"`));
  assert.match(answer.text, /^nodeos_http_requests_total\{handler="\/v1\/chain\/get_info"\} [1-9]/m);
  const kinds = new Map([...answer.text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => [name, kind]));
  for (const [kind, names] of Object.entries(METRICS)) {
    for (const name of names.split(" ")) assert.equal(kinds.get(`nodeos_${name}`), kind, name);
  }
  const produced = Number(/^nodeos_blocks_produced (\d+)$/m.exec(answer.text)?.[1]);
  assert.ok(produced > 0, `${produced} blocks produced`);
});

states(
  "A5.7",
  "every metric that was recorded of a real nodeos is exported, with its words, in its order",
  async () => {
    const heads = (text: string) => text.split("\n").filter((line) => line.startsWith("#"));
    const wanted = heads(exchangeOf("prometheus.metrics").response.body);
    await until("peers in the metrics", async () => {
      const { text } = await rig.ask("solo", "/v1/prometheus/metrics", { method: "GET" });
      return JSON.stringify(heads(text)) === JSON.stringify(wanted);
    });
  },
  real && "a release has more metrics or fewer than the recorded one",
);

states("A5.7", "each peer has metrics of its own, under the first seven letters of its id", async () => {
  const peers = await until("both peers in the metrics", async () => {
    const { text } = await rig.ask("solo", "/v1/prometheus/metrics", { method: "GET" });
    const found = [...text.matchAll(/^nodeos_p2p_port\{connid="([0-9a-f]{7})"\} (\d+)$/gm)];
    return found.length >= 2 && { text, ids: found.map(([, id]) => id) };
  });
  for (const name of "connection_number last_received_block latency bytes_received bytes_sent".split(" ")) {
    for (const id of peers.ids)
      assert.match(peers.text, new RegExp(`^nodeos_p2p_${name}\\{connid="${id}"\\} \\S+$`, "m"));
  }
});
