/** Forks: two sides that both produce, and what becomes of their blocks when they meet again. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { getBlockHeader, producerPause, producerResume } from "../../src/chain/http/endpoints.ts";
import { isNodeosError, NODEOS } from "../../src/chain/http/errors.ts";
import { indexInRound } from "../../src/chain/time.ts";
import { harmless } from "./acts.ts";
import { LACKS, Rig, states, until } from "./rig.ts";

let duo: Rig;
let trio: Rig | undefined;

before(async () => {
  duo = await Rig.start({
    start: "bare",
    schedule: [],
    nodes: [
      { name: "left", producers: ["eosio"], dials: [], startsChain: true },
      { name: "right", producers: ["eosio"], dials: ["left"], pauseOnStartup: true },
    ],
  });
  if (LACKS.finalizers) return;
  trio = await Rig.start({
    start: "savanna",
    schedule: ["bpa", "bpb", "bpc"],
    finalizers: ["a", "b", "c"],
    // on its own each would pause for lack of votes, which is not what this is about
    nodes: [
      { name: "a", producers: ["bpa"], dials: [], startsChain: true, finalizer: true, voteTimeoutMs: 0 },
      { name: "b", producers: ["bpb"], dials: ["a"], startsChain: true, finalizer: true, voteTimeoutMs: 0 },
      { name: "c", producers: ["bpc"], dials: ["a", "b"], startsChain: true, finalizer: true, voteTimeoutMs: 0 },
    ],
  });
});
after(async () => {
  await duo?.stop();
  await trio?.stop();
});

states(
  "A3, A4",
  "a producer that was cut off leaves its branch for the one that is final, and its blocks are orphans",
  async () => {
    const rig = trio as Rig;
    const [mine, theirs] = [await rig.watch("c"), await rig.watch("a")];
    await until("finality", async () => (await rig.info("a")).last_irreversible_block_num > 4);
    await until("the round before that of c to be half over", () => {
      const header = theirs.last?.header;
      return header?.producer === "bpb" && indexInRound(header.slot) >= 5;
    });
    rig.network.isolate("c");
    const cut = theirs.last?.num ?? 0;
    const alone = await until("c to produce on its own side", () => {
      const made = mine.blocks.filter(({ num, header }) => num > cut - 8 && header.producer === "bpc");
      return made.length >= 5 && made;
    });
    await until("the others to go on without it", () =>
      theirs.blocks.some(({ header }) => header.producer === "bpa" && header.slot > (alone.at(-1)?.header.slot ?? 0)),
    );
    assert.ok((await rig.info("c")).last_irreversible_block_num < (alone[0]?.num ?? 0), "one vote makes nothing final");

    rig.network.heal();
    await until("all to have one chain again", async () => {
      const [a, b, c] = await Promise.all(["a", "b", "c"].map((node) => rig.info(node)));
      if (a === undefined || b === undefined || c === undefined) return false;
      const num = Math.min(a.head_block_num, b.head_block_num, c.head_block_num);
      if (num < (alone.at(-1)?.num ?? 0)) return false;
      const ids = await Promise.all(
        ["a", "b", "c"].map((node) => rig.client(node).call(getBlockHeader, { block_num_or_id: num })),
      );
      return new Set(ids.map(({ id }) => id)).size === 1 && c.last_irreversible_block_num > cut;
    });
    assert.ok(rig.log("c").has(/switching forks from [0-9a-f]{64} \(block number \d+ bpc\)/));

    for (const { id, num } of alone) {
      const canonical = await rig.client("a").call(getBlockHeader, { block_num_or_id: num });
      assert.notEqual(canonical.id, id, `block ${num} of the lost branch`);
      await assert.rejects(rig.client("a").call(getBlockHeader, { block_num_or_id: id }), (thrown) =>
        isNodeosError(thrown, NODEOS.unknownBlock),
      );
    }
    const canonical = await slotsOf(rig, "a", alone[0]?.num ?? 0, alone.at(-1)?.header.slot ?? 0);
    for (const { header } of alone)
      assert.ok(!canonical.has(header.slot), "its slots are missed on the chain that counts");
    const from = (await rig.info("c")).last_irreversible_block_num;
    await until("finality on c", async () => (await rig.info("c")).last_irreversible_block_num > from + 2);
  },
  LACKS.finalizers,
);

/** The slots of a node's chain from block `num` to `slot`; peers may be told of blocks that are not on it. */
async function slotsOf(rig: Rig, node: string, num: number, slot: number): Promise<Set<number>> {
  const slots = new Set<number>();
  for (let next = num; ; next++) {
    const { header } = await rig.client(node).call(getBlockHeader, { block_num_or_id: next });
    if (header.slot > slot) return slots;
    slots.add(header.slot);
  }
}

states(
  "A6.1",
  "two nodes that each made their own branch irreversible never agree again: one is sent away as forked",
  async () => {
    const rig = duo;
    const common = await until("right to follow", async () => {
      const { head_block_num: num, head_block_id: id } = await rig.info("right");
      return num >= 4 && { num, id };
    });
    rig.network.isolate("right");
    await rig.client("right").call(producerResume);
    // empty blocks of one producer for one slot are the same block, whoever makes them
    await rig.transactor("right").send([harmless("eosio")]);
    await until("both to produce", async () => {
      const [left, right] = [await rig.info("left"), await rig.info("right")];
      return Math.min(left.last_irreversible_block_num, right.last_irreversible_block_num) > common.num + 4;
    });
    await rig.client("right").call(producerPause);
    const num = (await rig.info("right")).last_irreversible_block_num;
    rig.network.heal();
    await until("one to be told so", () => [rig.log("left"), rig.log("right")].some((log) => log.has(/forked/i)));
    const [left, right] = await Promise.all(
      ["left", "right"].map((node) => rig.client(node).call(getBlockHeader, { block_num_or_id: num })),
    );
    assert.notEqual(left?.id, right?.id);
    assert.equal(left?.header.producer, "eosio");
  },
);
