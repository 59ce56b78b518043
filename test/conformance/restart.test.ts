/** Ends and new starts: a clean stop, a kill, a frozen process, a snapshot, a producer that comes back alone. */
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before } from "node:test";
import { createSnapshot, getBlockHeader, producerPause, producerPaused } from "../../src/chain/http/endpoints.ts";
import { slotOf } from "../../src/chain/time.ts";
import { Problem } from "../../src/kit/problem.ts";
import { Rig, states, until } from "./rig.ts";

let rig: Rig;

before(async () => {
  rig = await Rig.start({
    start: "bare",
    schedule: [],
    nodes: [
      { name: "maker", producers: ["eosio"], dials: [], startsChain: true },
      { name: "follower", dials: ["maker"] },
    ],
  });
});
after(() => rig?.stop());

const head = async (node: string) => (await rig.info(node)).head_block_num;

/** Until the follower has what the maker has. */
async function followed(): Promise<void> {
  const target = await head("maker");
  await until("the follower to catch up", async () => (await head("follower")) >= target);
}

async function idOf(node: string, num: number): Promise<string> {
  return (await rig.client(node).call(getBlockHeader, { block_num_or_id: num })).id;
}

states("A1.2", "after a clean stop, which ends with code 0, a node goes on with the chain it had", async () => {
  await followed();
  const node = rig.network.node("follower");
  const before = await rig.info("follower");
  const exit = await node.stop();
  assert.deepEqual(exit, { code: 0, signal: null });
  await rig.network.startNode("follower");
  const now = await rig.info("follower");
  assert.ok(now.head_block_num >= before.last_irreversible_block_num);
  assert.equal(now.chain_id, before.chain_id);
  await followed();
  assert.equal(await idOf("follower", before.head_block_num), before.head_block_id);
});

states(
  "A1.2",
  "after kill -9 the next start ends with code 2 and says that the database is dirty; a replay mends it",
  async () => {
    await followed();
    const node = rig.network.node("follower");
    node.signal("SIGKILL");
    assert.equal((await node.exited()).signal, "SIGKILL");
    await assert.rejects(node.start(), (thrown) => {
      assert.ok(thrown instanceof Problem, String(thrown));
      assert.equal(thrown.code, "TESTCHAIN_DATABASE_DIRTY");
      assert.match(
        thrown.message,
        /with code 2: database dirty flag set \(likely due to unclean shutdown\): replay required/,
      );
      return true;
    });
    assert.deepEqual(await node.exited(), { code: 2, signal: null });
    await node.start({ replay: true });
    await followed();
    assert.equal(await idOf("follower", 2), await idOf("maker", 2));
  },
);

states("A1.2", "a killed node can begin anew, and fetches the whole chain from its peers", async () => {
  const node = rig.network.node("follower");
  node.signal("SIGKILL");
  await node.exited();
  await node.start({ fresh: true });
  await followed();
  const { last_irreversible_block_num: lib } = await rig.info("follower");
  for (const num of [2, Math.floor(lib / 2), lib]) assert.equal(await idOf("follower", num), await idOf("maker", num));
});

states("A1.2", "a frozen process says nothing, and catches up when it is let go on", async () => {
  await followed();
  const node = rig.network.node("follower");
  node.signal("SIGSTOP");
  await assert.rejects(rig.ask("follower", "/v1/chain/get_info", { timeoutMs: 500 }));
  const from = await head("maker");
  await until("the chain to go on without it", async () => (await head("maker")) >= from + 4);
  node.signal("SIGCONT");
  await followed();
});

states(
  "A4",
  "a producer that was frozen misses the slots of that time, and makes no block for them later",
  async () => {
    const watch = await rig.watch("follower");
    const from = watch.blocks.length;
    await until("a block", () => watch.blocks.length > from);
    const node = rig.network.node("maker");
    node.signal("SIGSTOP");
    const stopped = Date.now();
    await until("three seconds to pass", () => Date.now() > stopped + 3000);
    node.signal("SIGCONT");
    const goesOn = Date.now();
    const after = await until("a block of the present", () =>
      watch.blocks.find(({ header }) => header.slot >= slotOf(goesOn)),
    );
    // the block that was under construction may still come, late; the slots in between are gone
    const between = watch.blocks.filter(
      ({ header }) => header.slot > slotOf(stopped) + 2 && header.slot < slotOf(goesOn),
    );
    assert.deepEqual(
      between.map(({ num }) => num),
      [],
    );
    assert.ok(after.num > 0);
  },
);

states("A1.1", "a node that begins at a snapshot has the chain from there on, and follows", async () => {
  const snapshot = await rig.client("maker").call(createSnapshot, undefined, { timeoutMs: 60_000 });
  const node = rig.network.node("follower");
  await node.stop();
  rmSync(node.dataDir, { recursive: true });
  await node.start({ snapshot: snapshot.snapshot_name });
  await followed();
  const { earliest_available_block_num: earliest } = await rig.info("follower");
  assert.ok((earliest ?? 0) >= snapshot.head_block_num, `${earliest}`);
  const answer = await rig.ask("follower", "/v1/chain/get_block", { body: { block_num_or_id: 2 } });
  assert.equal(answer.status, 400);
  assert.equal(await idOf("follower", snapshot.head_block_num + 1), await idOf("maker", snapshot.head_block_num + 1));
});

states("A1.2", "the paused state is not kept over a restart", async () => {
  await rig.client("maker").call(producerPause);
  assert.equal(await rig.client("maker").call(producerPaused), true);
  await rig.network.node("maker").stop();
  await rig.network.startNode("maker", {}, true);
  assert.equal(await rig.client("maker").call(producerPaused), false);
  const from = await head("maker");
  await until("it to produce", async () => (await head("maker")) > from);
});

states(
  "A1.2",
  "a producer that comes back alone does not produce on its old head, unless stale production is enabled",
  async () => {
    await followed();
    await rig.network.node("follower").stop();
    await rig.network.node("maker").stop();
    await rig.network.startNode("maker");
    const started = Date.now();
    const alone = await head("maker");
    await until("a round to pass", () => Date.now() > started + 3500);
    assert.equal(await head("maker"), alone);
    assert.equal(await rig.client("maker").call(producerPaused), false, "it is not paused: nothing tells but the log");

    await rig.network.node("maker").stop();
    await rig.network.startNode("maker", {}, true);
    await until("it to produce", async () => (await head("maker")) > alone);
    await rig.network.startNode("follower");
    await followed();
  },
);

states("A8", "a node logs what it produces in nodeos's line format", async () => {
  // file, line and method differ from release to release, and whether the times have their unit
  const log = readFileSync(join(rig.network.node("maker").dir, "nodeos.log"), "utf8");
  assert.match(
    log,
    /^info {2}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3} nodeos +\w+\.cpp:\d+ +\w+ +\] Produced block [0-9a-f]{16}\.\.\. #\d+ @ \S+ signed by eosio \[trxs: \d+, lib: \d+, confirmed: \d+, net: \d+, cpu: \d+(?: us)?, elapsed: \d+(?: us)?, (?:producing )?time: \d+(?: us)?\]$/m,
  );
});
