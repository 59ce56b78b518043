/**
 * A test network of real processes under what happens to machines: a kill, a freeze, a partition, all of it stopped and
 * started again, ports and directories that cannot be had.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { getBlockHeader, getInfo } from "../../src/chain/http/endpoints.ts";
import { Problem } from "../../src/kit/problem.ts";
import { TestNetwork, testNodeProgram } from "../../src/testchain/network/network.ts";
import { readSaved } from "../../src/testchain/network/saved.ts";
import type { NetworkSpec } from "../../src/testchain/network/spec.ts";
import { until } from "../conformance/rig.ts";
import { verifiedChain } from "./chain-files.ts";

const SPEC: NetworkSpec = {
  start: "savanna",
  schedule: ["bpa", "bpb", "bpc"],
  finalizers: ["a", "b", "c"],
  // alone each would pause for lack of votes, which is not what this is about
  nodes: [
    { name: "a", producers: ["bpa"], dials: [], startsChain: true, finalizer: true, voteTimeoutMs: 0 },
    { name: "b", producers: ["bpb"], dials: ["a"], startsChain: true, finalizer: true, voteTimeoutMs: 0 },
    { name: "c", producers: ["bpc"], dials: ["a", "b"], startsChain: true, finalizer: true, voteTimeoutMs: 0 },
  ],
};
const programs = { node: testNodeProgram() };

let root: string;
let network: TestNetwork;
const exits: { node: string; signal: NodeJS.Signals | null }[] = [];

const open = (dir: string, spec: NetworkSpec = SPEC) =>
  TestNetwork.open(dir, spec, programs, (node, { signal }) => exits.push({ node, signal }));

before(async () => {
  root = mkdtempSync(join(tmpdir(), "testchain-"));
  network = await open(join(root, "trio"));
  await network.start();
});
after(async () => {
  await network?.stop();
  if (root !== undefined) rmSync(root, { recursive: true, force: true });
});

const info = (node: string) => network.node(node).client.call(getInfo);
const head = async (node: string) => (await info(node)).head_block_num;
const lib = async (node: string) => (await info(node)).last_irreversible_block_num;
const idOf = async (node: string, num: number) =>
  (await network.node(node).client.call(getBlockHeader, { block_num_or_id: num })).id;

/** Until all have made a block final that is newer than anything there was when this was called. */
async function agree(): Promise<number> {
  const newest = Math.max(...(await Promise.all(["a", "b", "c"].map(head))));
  for (const node of ["a", "b", "c"]) await until(`${node} to go on`, async () => (await lib(node)) > newest);
  const ids = await Promise.all(["a", "b", "c"].map((node) => idOf(node, newest)));
  assert.equal(new Set(ids).size, 1, `all have the same block ${newest}`);
  return newest;
}

test("a kill is noticed; started again the node replays its dirty database and is on the same chain as before", async () => {
  await until("finality", async () => (await lib("c")) > 3);
  const before = await info("c");
  const old = await idOf("c", before.last_irreversible_block_num);
  exits.length = 0;
  network.node("c").signal("SIGKILL");
  await until("the exit to be told", () => exits.length === 1);
  assert.deepEqual(exits, [{ node: "c", signal: "SIGKILL" }]);
  assert.equal(network.node("c").running, false);
  await network.startNode("c");
  assert.deepEqual(
    exits.map(({ signal }) => signal),
    ["SIGKILL", null],
    "the first start found the database dirty",
  );
  assert.ok((await lib("c")) >= before.last_irreversible_block_num, "what was final still is");
  assert.equal(await idOf("c", before.last_irreversible_block_num), old);
  await agree();
});

test("a frozen process loses nothing that its peers do meanwhile", async () => {
  const node = network.node("b");
  assert.ok(node.signal("SIGSTOP"));
  assert.equal(node.frozen, true);
  const from = await head("a");
  await until("the others to go on", async () => (await head("a")) >= from + 3);
  assert.ok(node.signal("SIGCONT"));
  assert.equal(node.frozen, false);
  await agree();
});

test("both sides of a partition go on by themselves, and end on one chain when it is healed", async () => {
  await agree();
  network.isolate("c");
  assert.deepEqual(
    network.linkStates().map(({ from, to, state }) => `${from}>${to} ${state}`),
    ["b>a up", "c>a cut", "c>b cut"],
  );
  // the last common block, and one of each side that the other has not
  const sides = await until("two chains", async () => {
    const num = Math.min(await head("a"), await head("c"));
    const ids = [await idOf("a", num), await idOf("c", num)];
    return ids[0] !== ids[1] && { num, ids };
  });
  await until("the side of two to go on making blocks final", async () => (await lib("a")) >= sides.num);
  assert.ok((await lib("c")) < sides.num, "one vote of three makes nothing final");
  network.heal();
  await agree();
  assert.deepEqual(
    await Promise.all(["a", "b", "c"].map((node) => idOf(node, sides.num))),
    [sides.ids[0], sides.ids[0], sides.ids[0]],
    "the side that made blocks final won",
  );
});

test("a delayed link changes nothing but the time that blocks take", async () => {
  network.delay("c", 150);
  await agree();
  network.heal();
});

test("all of it stopped and started again goes on where it was, on the same ports and with the same keys", async () => {
  const settled = await agree();
  const old = await idOf("a", settled);
  const chain = (await info("a")).chain_id;
  await network.stop();
  assert.ok([...network.nodes.values()].every((node) => !node.running));
  const schedule = SPEC.schedule.map((name) => ({ name, publicKey: network.key(name).publicKey }));
  const files = ["a", "b", "c"].map((node) => verifiedChain(network.node(node).dataDir, schedule));
  for (const ids of files) assert.equal(ids.get(settled), old);

  network = await open(network.dir);
  await network.start();
  assert.equal((await info("a")).chain_id, chain);
  assert.equal(await idOf("a", settled), old);
  await agree();
});

test("a second start in the same directory is refused and leaves the first alone", async () => {
  const second = await open(network.dir);
  const pids = [...network.nodes.values()].map(({ pid }) => pid);
  await assert.rejects(second.start(), problem("TESTCHAIN_IN_USE"));
  await second.stop();
  assert.deepEqual(
    [...network.nodes.values()].map(({ pid }) => pid),
    pids,
  );
  await agree();
});

const problem = (code: string) => (thrown: unknown) => {
  assert.ok(thrown instanceof Problem, String(thrown));
  assert.equal(thrown.code, code);
  return true;
};

const PAIR: NetworkSpec = {
  start: "bare",
  schedule: [],
  nodes: [
    { name: "maker", producers: ["eosio"], dials: [], startsChain: true },
    { name: "follower", dials: ["maker"] },
  ],
};

/** A network of two whose start fails, with what stands in its way; nothing may run afterwards. */
async function failedStart(name: string, obstruct: (network: TestNetwork) => Promise<() => void>): Promise<Problem> {
  const pair = await open(join(root, name), PAIR);
  const remove = await obstruct(pair);
  try {
    await pair.start();
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown;
    throw thrown;
  } finally {
    await pair.stop();
    remove();
    assert.ok([...pair.nodes.values()].every((node) => !node.running));
  }
  assert.fail("it started");
}

async function occupy(port: number): Promise<() => void> {
  const server = createServer((socket) => socket.destroy()).listen(port, "127.0.0.1");
  await once(server, "listening");
  return () => server.close();
}

test("a port of a node or a link that somebody took meanwhile is named", async () => {
  const ports = (pair: TestNetwork) => {
    const saved = readSaved(join(pair.dir, "network.json"));
    const link = saved?.links["follower>maker"] ?? 0;
    return { http: saved?.ports.maker?.http ?? 0, p2p: saved?.ports.maker?.p2p ?? 0, link };
  };
  for (const kind of ["http", "p2p", "link"] as const) {
    let port = 0;
    const failed = await failedStart("taken", (pair) => {
      port = ports(pair)[kind];
      return occupy(port);
    });
    assert.equal(failed.code, kind === "link" ? "TESTCHAIN_PORT_IN_USE" : "TESTCHAIN_NODE_EXITED");
    assert.match(failed.message, new RegExp(`EADDRINUSE.*${port}`));
  }
});

test("a directory that cannot be written is a Problem that says which", async () => {
  writeFileSync(join(root, "file"), "");
  await assert.rejects(open(join(root, "file", "below"), PAIR), problem("TESTCHAIN_DIRECTORY"));
  mkdirSync(join(root, "taken-name", "network.json"), { recursive: true });
  await assert.rejects(open(join(root, "taken-name"), PAIR), problem("TESTCHAIN_SAVED_BROKEN"));
  const failed = await failedStart("no-nodes", async (pair) => {
    writeFileSync(join(pair.dir, "nodes"), "");
    return () => {};
  });
  assert.equal(failed.code, "TESTCHAIN_DIRECTORY");
});

test("a directory that we have no permission for is a Problem", {
  skip: process.getuid?.() === 0 && "root may write anywhere",
}, async () => {
  const dir = join(root, "locked");
  mkdirSync(dir);
  chmodSync(dir, 0o500);
  await assert.rejects(open(join(dir, "below"), PAIR), problem("TESTCHAIN_DIRECTORY"));
});

test("a chain whose keys are gone is not taken for a new one", async () => {
  const dir = join(root, "keyless");
  await open(dir, PAIR);
  rmSync(join(dir, "network.json"));
  await assert.rejects(open(dir, PAIR), problem("TESTCHAIN_SAVED_BROKEN"));
});
