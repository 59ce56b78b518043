/** Production: when blocks are signed, what pause and resume do within a round, and how a standby behaves. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { producerPause, producerPaused, producerResume } from "../../src/chain/http/endpoints.ts";
import type { SeenBlock } from "../../src/chain/p2p/monitor.ts";
import { indexInRound, signingDeadline, slotOf, timeOf } from "../../src/chain/time.ts";
import type { BlockWatch } from "./block-watch.ts";
import { answering, FakeSigner, signAndClose } from "./fake-signer.ts";
import { Rig, states, until } from "./rig.ts";

const REFUSE = answering(500, () =>
  JSON.stringify({
    code: 500,
    message: "Internal Service Error",
    error: { code: 3120003, name: "fenced", what: "not the holder", details: [] },
  }),
);

let signer: FakeSigner;
let rig: Rig;
let watch: BlockWatch;

before(async () => {
  signer = await FakeSigner.start();
  signer.always(REFUSE);
  rig = await Rig.start(
    {
      start: "bare",
      schedule: [],
      nodes: [
        { name: "active", producers: ["eosio"], dials: [], startsChain: true },
        {
          name: "standby",
          producers: ["eosio"],
          dials: ["active"],
          pauseOnStartup: true,
          signerUrl: `http://127.0.0.1:${signer.port}/`,
          keosdTimeoutMs: 300,
        },
      ],
    },
    (network) => {
      signer.use(network.key("eosio").privateKey);
      return network.spec;
    },
  );
  watch = await rig.watch("active");
});
after(async () => {
  await rig?.stop();
  await signer?.stop();
});

const pause = (node: string) => rig.client(node).call(producerPause);
const resume = (node: string) => rig.client(node).call(producerResume);
const paused = (node: string) => rig.client(node).call(producerPaused, undefined, { timeoutMs: 20_000 });
const head = async (node: string) => (await rig.info(node)).head_block_num;

/** The standby has, within a moment, what the active one had a moment before. */
async function keepingUp(): Promise<void> {
  const target = await head("active");
  await until("the standby to be at the active one's head", async () => (await head("standby")) >= target, 2000);
}

/** Waits until the wall clock has passed `ms` by a while; what did not happen by then did not happen. */
const quietSince = (ms: number, forMs: number) => until("a while to pass", () => Date.now() > ms + forMs);

states(
  "A4",
  "a block of a round is never signed before T - 37.5 ms a place, and the last one leaves that early",
  async () => {
    const from = watch.blocks.length;
    // a round in which the machine kept up: its last blocks came well before their time
    const early = await until("a round on time", () =>
      watch.blocks.slice(from).find((block) => indexInRound(block.header.slot) === 11 && ahead(block) > 300),
    );
    assert.ok(ahead(early) < 450 + 40);
    const seen = watch.blocks.slice(from);
    for (const block of seen) {
      const slack = block.receivedAt - signingDeadline(block.header.slot);
      assert.ok(
        slack > -25,
        `block ${block.num}, place ${indexInRound(block.header.slot)}, came ${-slack} ms too early`,
      );
    }
    const first = seen.filter(({ header }) => indexInRound(header.slot) === 0).map(ahead);
    for (const ms of first) assert.ok(ms < 37.5 + 25, `the first of a round came ${ms} ms early`);
  },
);

/** How much earlier than its timestamp a block came, ms. */
function ahead({ header, receivedAt }: SeenBlock): number {
  return timeOf(header.slot) - receivedAt;
}

states("A4", "every block names its parent, and time only moves on", async () => {
  const from = watch.blocks.length;
  await until("eight blocks", () => watch.blocks.length >= from + 8);
  for (const [i, block] of watch.blocks.entries()) {
    const parent = watch.blocks[i - 1];
    if (parent === undefined) continue;
    assert.equal(block.header.previous, parent.id);
    assert.ok(block.header.slot > parent.header.slot);
    assert.equal(block.header.producer, "eosio");
  }
});

states("A1.3", "pause inside a round lets the block under construction out, and no other", async () => {
  for (let turn = 0; turn < 3; turn++) {
    const from = watch.blocks.length;
    await until("the round to be under way", () => watch.blocks.length >= from + 1 + turn);
    assert.deepEqual(await pause("active"), { result: "ok" });
    const answered = Date.now();
    assert.equal(await paused("active"), true);
    await quietSince(answered, 2200);
    const after = watch.blocks.filter(({ receivedAt }) => receivedAt > answered + 20);
    assert.ok(after.length <= 1, `${after.length} blocks came after pause was answered`);
    assert.ok(rig.log("active").has(/Producer paused\./));
    assert.ok(rig.log("active").has(/Not producing block because production is explicitly paused/));

    const asked = Date.now();
    const known = watch.blocks.length;
    assert.deepEqual(await resume("active"), { result: "ok" });
    const told = Date.now();
    assert.equal(await paused("active"), false);
    const first = await until("a block", () => watch.blocks[known]);
    assert.ok(first.header.slot >= slotOf(asked) + 1, "resume builds for the slot that comes");
    assert.ok(first.header.slot <= slotOf(told) + 1, "and begins in the same call");
    assert.ok(rig.log("active").has(/Producer resumed\. Scheduling production\./));
  }
});

states("A1.3", "resume of a node that produces changes nothing", async () => {
  const from = watch.blocks.length;
  await until("a block", () => watch.blocks.length > from);
  assert.deepEqual(await resume("active"), { result: "ok" });
  await until("four blocks", () => watch.blocks.length >= from + 5);
  assert.equal(await paused("active"), false);
});

states(
  "A1.2",
  "a standby that starts paused says so, asks for no signature, follows the chain and does not freeze",
  async () => {
    assert.equal(await paused("standby"), true);
    const asked = signer.requests.length;
    const from = await head("active");
    await until("the standby to follow for six blocks", async () => (await head("standby")) >= from + 6);
    await keepingUp();
    assert.equal(signer.requests.length, asked);
  },
);

states(
  "A1 (fact 1)",
  "an armed standby freezes on the head it had: in producing mode no block of others is applied",
  async () => {
    signer.always(REFUSE);
    await resume("standby");
    const asked = signer.requests.length;
    await until("the standby to want a signature", () => signer.requests.length > asked);
    const frozen = await head("standby");
    await until("the active one to go on for eight blocks", async () => (await head("active")) >= frozen + 8);
    assert.equal(await head("standby"), frozen);
    assert.equal(await paused("standby"), false, "nothing in the API tells");
    assert.ok(rig.log("standby").has(/producing, fork database head at: #\d+/), "only the log does");
    assert.ok(rig.log("standby").has(/3120003 fenced: not the holder/));

    await pause("standby");
    const target = await head("active");
    await until("the standby to catch up", async () => (await head("standby")) >= target);
    await keepingUp();
  },
);

states(
  "A1",
  "after pause, and its last block, the other of a pair takes over on the same chain, and it follows",
  async () => {
    signer.always(signAndClose);
    await pause("active");
    const stopped = Date.now();
    await quietSince(stopped, 1200);
    const last = await rig.info("active");
    await until(
      "the standby to have its last block",
      async () => (await rig.info("standby")).head_block_id === last.head_block_id,
    );
    const told = await rig.watch("standby");
    await resume("standby");
    const first = await until("a block of the standby", () => told.childOf(last.head_block_id));
    assert.equal(first.header.producer, "eosio");
    await until("the paused one to follow", async () => (await head("active")) >= first.num + 4);

    await pause("standby");
    await quietSince(Date.now(), 1200);
    const handed = await rig.info("standby");
    await until("the first to have it", async () => (await rig.info("active")).head_block_id === handed.head_block_id);
    await resume("active");
    await until("the first to produce again", () => watch.childOf(handed.head_block_id));
    signer.always(REFUSE);
  },
);
