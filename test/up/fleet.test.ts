/**
 * `atalaya up --fleet`: nodes that it did not start, watched by their addresses. Good ones, of a test chain that another
 * Atalaya runs, and bad ones of every kind beside them: the watch goes on, and says of each what is wrong with it.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parse, stringify } from "yaml";
import type { NodeView, StateView } from "../../src/api/views.ts";
import { assertNothingRuns, atalaya, type Run, scratch, startUp, until } from "./atalaya.ts";
import { falseApi, falseClock } from "./false-nodes.ts";

const place = scratch();
const chainData = join(place.dir, "chain");
const data = join(place.dir, "watch");
const file = join(place.dir, "fleet.yaml");
const bad: { close(): unknown }[] = [];
let chain: Run & { portal: string };
let watch: Run & { portal: string };

interface PlainNode {
  name: string;
  chain: string;
  http?: string;
  p2p?: string;
}

before(async () => {
  chain = await startUp(["--data", chainData]);
  const fleet = parse(readFileSync(join(chainData, "testchain", "fleet.yaml"), "utf8")) as {
    chains: { id: string }[];
    nodes: PlainNode[];
    peers: PlainNode[];
  };
  const chainId = fleet.chains[0]?.id ?? "";
  const relay = fleet.nodes.find(({ name }) => name === "relay")?.http ?? "";
  const garbage = await falseApi((_, response) => response.end("<html>It works!</html>"));
  const half = await falseApi((_, response) => {
    response.writeHead(200, { "content-length": "1000" }).write('{"server_version":');
    setTimeout(() => response.destroy(), 50);
  });
  const hanging = await falseApi(() => {});
  // the relay's own answers, but for the chain that it says to be on
  const stranger = await falseApi((request, response) => {
    fetch(`${relay}${request.url}`, { method: "POST", body: "{}" })
      .then(async (answer) => {
        response.setHeader("content-type", "application/json");
        response.end((await answer.text()).replaceAll(chainId, "ef".repeat(32)));
      })
      // while the chain is away
      .catch(() => response.destroy());
  });
  const ahead = await falseClock(chainId, 5_000);
  const closed = createServer().listen(0, "127.0.0.1");
  await new Promise((listening) => closed.once("listening", listening));
  const { port } = closed.address() as { port: number };
  await new Promise((done) => closed.close(done));
  bad.push(garbage, half, hanging, stranger, ahead);
  fleet.peers.push(
    { name: "garbage", chain: "test", http: garbage.http },
    { name: "half", chain: "test", http: half.http },
    { name: "hanging", chain: "test", http: hanging.http },
    { name: "stranger", chain: "test", http: stranger.http },
    { name: "ahead", chain: "test", p2p: ahead.p2p },
    { name: "gone", chain: "test", http: `http://127.0.0.1:${port}`, p2p: `127.0.0.1:${port}` },
  );
  writeFileSync(file, stringify(fleet));
  watch = await startUp(["--fleet", file, "--data", data]);
});

after(async () => {
  for (const run of [watch, chain]) {
    run?.signal("SIGTERM");
    await run?.end();
  }
  for (const node of bad) await node.close();
  await assertNothingRuns(place.dir);
  place[Symbol.dispose]();
});

async function state(): Promise<StateView> {
  return (await (await fetch(`${watch.portal}/api/state`)).json()) as StateView;
}

async function nodeOnce(name: string, is: (node: NodeView) => boolean): Promise<NodeView> {
  return until(`${name} to be judged`, async () =>
    (await state()).nodes.find((node) => node.name === name && is(node)),
  );
}

/** The line of `atalaya status` about a node. */
async function said(name: string): Promise<string> {
  const { code, stdout } = await atalaya(["status", "--data", data]);
  assert.equal(code, 0);
  return stdout.split("\n").find((line) => line.startsWith(`${name} `)) ?? "";
}

const BAD: readonly [name: string, problem: string, words: string][] = [
  ["garbage", "garbage", "http: it answers what nodeos would not"],
  ["half", "half-answer", "http: it breaks off in the middle"],
  ["hanging", "timeout", "http: it does not answer in time"],
  ["stranger", "wrong-chain", "http: it is on another chain"],
  ["gone", "unreachable", "http: nobody answers there; p2p: nobody answers there"],
];

for (const [name, problem, words] of BAD) {
  test(`a node that is ${name} is shown as such, in plain words`, async () => {
    await nodeOnce(name, (node) => node.http.state === "down" && node.http.problem === problem);
    const line = await said(name);
    assert.match(line, /^\w+ +peer +nothing /);
    assert.ok(line.endsWith(words), line);
  });
}

test("a node whose clock is off is shown as such", async () => {
  const { clockOffsetMs = 0 } = await nodeOnce("ahead", (node) => node.clockOffsetMs !== undefined);
  assert.ok(Math.abs(clockOffsetMs - 5_000) < 1_000, String(clockOffsetMs));
  assert.match(await said("ahead"), /its clock is [45]\.\d s ahead$/);
});

test("among them the good ones are watched: rounds are judged, the pair is known", async () => {
  const view = await until("a produced round", async () => {
    const now = await state();
    const isWhole = now.rounds.some(({ slots }) => slots.every((slot) => slot.state === "produced"));
    return isWhole && now.pairs[0]?.level === "ok" ? now : undefined;
  });
  assert.equal(view.mode, "fleet");
  assert.equal(view.pairs[0]?.active, "primary");
  for (const name of ["primary", "secondary", "relay", "api", "norte", "sur"]) {
    assert.equal(view.nodes.find((node) => node.name === name)?.http.state, "up", name);
  }
});

test("it runs no test chain, and says so to who would break one", async () => {
  const { code, stderr } = await atalaya(["testchain", "kill", "primary", "--data", data]);
  assert.equal(code, 1);
  assert.match(stderr, /UP_CANNOT\]: this Atalaya watches a fleet and runs no test chain/);
});

test("the chain that it watches goes away and comes back, and it goes on", async () => {
  chain.signalGroup("SIGINT");
  assert.equal((await chain.end()).code, 0);
  await until("nobody to be seen", async () => (await state()).chains[0]?.observers.visible === 1);
  chain = await startUp(["--data", chainData]);
  const from = (await state()).chains[0]?.head?.num ?? 0;
  await until("the head to move", async () => ((await state()).chains[0]?.head?.num ?? 0) > from);
  assert.equal(watch.stderr, "");
});

test("a malformed fleet file is explained with its places, and nothing is started", async () => {
  const broken = join(place.dir, "broken.yaml");
  writeFileSync(broken, readFileSync(file, "utf8").replace("role: producer", "role: producr"));
  const { code, stdout, stderr } = await atalaya([
    "up",
    "--fleet",
    broken,
    "--data",
    join(place.dir, "no"),
    "--port",
    "0",
  ]);
  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.match(stderr, /^error\[FLEET_\w+\].*producr[\s\S]*broken\.yaml:\d+:\d+[\s\S]*help: .*producer/);
});

test("a fleet in which nothing can be watched is refused", async () => {
  const planned = join(place.dir, "planned.yaml");
  const fleet = parse(readFileSync(file, "utf8")) as { nodes: object[]; peers: object[] };
  const nodes = fleet.nodes.map((node) => ({ ...node, status: "planned" }));
  writeFileSync(planned, stringify({ ...fleet, nodes, peers: [] }));
  const { code, stderr } = await atalaya(["up", "--fleet", planned, "--data", join(place.dir, "no"), "--port", "0"]);
  assert.equal(code, 1);
  assert.match(stderr, /^error\[UP_NOTHING_TO_WATCH\]: the fleet has no node that can be watched/);
  await assertNothingRuns(join(place.dir, "no"));
});
