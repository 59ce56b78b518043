/** Savanna: who votes, how far finality lags, what losing votes does, and how policies change. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { HEADER_EXTENSION } from "../../src/chain/block/header.ts";
import { verifySigners } from "../../src/chain/block/signing.ts";
import {
  getBlock,
  getFinalizerInfo,
  getProducerSchedule,
  producerPause,
  producerPaused,
  producerResume,
} from "../../src/chain/http/endpoints.ts";
import { formatPublicKey, parsePublicKey } from "../../src/chain/keys/text.ts";
import { indexInRound, roundStart, SLOTS_PER_ROUND, slotOf } from "../../src/chain/time.ts";
import { finalityThreshold } from "../../src/testchain/network/boot-steps.ts";
import type { BlockWatch } from "./block-watch.ts";
import { FakeSigner } from "./fake-signer.ts";
import { proposeFinalizers, proposeSchedule } from "./propose.ts";
import { LACKS, Rig, states, until } from "./rig.ts";

const PRODUCERS = ["bpa", "bpb", "bpc"];

let signer: FakeSigner;
let rig: Rig;
let watch: BlockWatch;

before(async () => {
  if (LACKS.finalizers) return;
  signer = await FakeSigner.start();
  rig = await Rig.start(
    {
      start: "savanna",
      schedule: PRODUCERS,
      finalizers: ["c", "x", "y"],
      // two of three finalizers are on nodes that do not produce: they can fall silent while blocks go on
      nodes: [
        { name: "a", producers: ["bpa"], dials: [], startsChain: true, voteTimeoutMs: 0 },
        {
          name: "b",
          producers: ["bpb"],
          dials: ["a"],
          startsChain: true,
          voteTimeoutMs: 0,
          signerUrl: `http://127.0.0.1:${signer.port}/`,
          keosdTimeoutMs: 300,
        },
        { name: "c", producers: ["bpc"], dials: ["a", "b"], startsChain: true, finalizer: true, voteTimeoutMs: 2500 },
        { name: "x", dials: ["a", "b"], finalizer: true },
        { name: "y", dials: ["a", "c"], finalizer: true },
      ],
    },
    (network) => {
      signer.use(network.key("bpb").privateKey);
      return network.spec;
    },
  );
  watch = await rig.watch("a");
  await until("finality", async () => (await rig.info("a")).last_irreversible_block_num > 4);
});
after(async () => {
  await rig?.stop();
  await signer?.stop();
});

const claim = (title: string, section: string, body: () => Promise<void>) =>
  states(section, title, body, LACKS.finalizers);
const lib = async (node: string) => (await rig.info(node)).last_irreversible_block_num;
const head = async (node: string) => (await rig.info(node)).head_block_num;
const paused = (node: string) => rig.client(node).call(producerPaused, undefined, { timeoutMs: 20_000 });

claim("get_finalizer_info tells the policy and each finalizer's last vote", "A4.1", async () => {
  const info = await until("strong votes of all", async () => {
    const answer = await rig.client("a").call(getFinalizerInfo);
    return answer.last_tracked_votes.filter((vote) => vote.is_vote_strong).length === 3 && answer;
  });
  const policy = info.active_finalizer_policy;
  assert.equal(policy?.generation, 1);
  assert.equal(policy?.threshold, BigInt(finalityThreshold(3)));
  assert.deepEqual(policy?.finalizers.map(({ description }) => description).sort(), ["bpc", "x", "y"]);
  assert.equal(info.pending_finalizer_policy, null);
  const at = await head("a");
  for (const vote of info.last_tracked_votes) {
    assert.ok(vote.voted_for_block_num > at - 20, vote.description);
    assert.equal(vote.finalizer_policy_generation, 1);
  }
});

claim("get_producer_schedule has neither pending nor proposed when nothing is to change", "A4.1", async () => {
  const { active, pending, proposed } = await rig.client("a").call(getProducerSchedule);
  assert.deepEqual(
    active.producers.map(({ producer_name }) => producer_name),
    PRODUCERS,
  );
  assert.equal(active.version, 1);
  assert.deepEqual([pending, proposed], [null, null]);
});

claim("two blocks behind the head everything is final while finalizers vote", "A3", async () => {
  const gaps: number[] = [];
  for (let i = 0; i < 12; i++) {
    const info = await rig.info("a");
    gaps.push(info.head_block_num - info.last_irreversible_block_num);
    await until("the next block", async () => (await head("a")) > info.head_block_num);
  }
  assert.equal(Math.min(...gaps), 2, gaps.join());
});

claim("blocks carry schedule version 2^31, no confirmations, and a claim with its certificate", "A4.1", async () => {
  const { last_irreversible_block_num: num } = await rig.info("a");
  const block = (await rig.client("a").call(getBlock, { block_num_or_id: num })) as unknown as {
    schedule_version: number;
    confirmed: number;
    finality_extension?: { qc_claim: { block_num: number; is_strong_qc: boolean } };
    qc_extension?: { qc: { block_num: number } };
  };
  assert.equal(block.schedule_version, 2 ** 31);
  assert.equal(block.confirmed, 0);
  const qcClaim = block.finality_extension?.qc_claim;
  assert.ok(qcClaim !== undefined && qcClaim.block_num < num && qcClaim.block_num > num - 12);
  if (block.qc_extension !== undefined) assert.equal(block.qc_extension.qc.block_num, qcClaim.block_num);
});

claim("every block on the wire is signed over its id with the key that the schedule names", "A2.5", async () => {
  const from = watch.blocks.length;
  await until(
    "blocks of two producers",
    () => new Set(watch.blocks.slice(from).map(({ header }) => header.producer)).size >= 2,
  );
  const { active } = await rig.client("a").call(getProducerSchedule);
  for (const { header, producerSignature } of watch.blocks.slice(from)) {
    const due = active.producers.find(({ producer_name }) => producer_name === header.producer);
    assert.ok(due, header.producer);
    const keys = due.authority.keys.map(({ key, weight }) => ({ key: formatPublicKey(parsePublicKey(key)), weight }));
    verifySigners(header, [producerSignature], { threshold: due.authority.threshold, keys });
    assert.ok(header.extensions.some(({ type }) => type === HEADER_EXTENSION.finality));
    assert.equal(header.producer, PRODUCERS[Math.floor(header.slot / SLOTS_PER_ROUND) % PRODUCERS.length]);
  }
});

claim("a remote signer is asked to sign the block's id, which begins with its number", "A2.5", async () => {
  const seen = await until("three blocks of the producer with the signer", () => {
    const made = watch.blocks.filter(({ header }) => header.producer === "bpb");
    return made.length >= 3 && made;
  });
  const digests = new Set(signer.requests.map(({ digest }) => digest));
  for (const { id } of seen) assert.ok(digests.has(id));
});

claim("pause inside a round lets one block more out, and resume goes on with the slot that comes", "A1.3", async () => {
  await until("the round of a to be under way", () => {
    const { header, receivedAt } = watch.last ?? {};
    if (header?.producer !== "bpa" || receivedAt === undefined || Date.now() - receivedAt > 200) return false;
    return indexInRound(header.slot) >= 1 && indexInRound(header.slot) <= 4;
  });
  await rig.client("a").call(producerPause);
  const answered = Date.now();
  await until("a while to pass", () => Date.now() > answered + 1100);
  const late = watch.blocks.filter(({ header, receivedAt }) => header.producer === "bpa" && receivedAt > answered + 20);
  assert.ok(late.length <= 1, `${late.length} blocks came after pause was answered`);
  const known = watch.blocks.length;
  const asked = Date.now();
  await rig.client("a").call(producerResume);
  const told = Date.now();
  const first = await until("a block", () => watch.blocks[known]);
  assert.ok(first.header.slot >= slotOf(asked) + 1);
  if (first.header.producer === "bpa") assert.ok(first.header.slot <= slotOf(told) + 1, "the round went on at once");
});

claim(
  "without one of three finalizers finality goes on; without two it stalls, and a producer pauses itself",
  "A3.5",
  async () => {
    const [x, y] = [rig.network.node("x"), rig.network.node("y")];
    x.signal("SIGSTOP");
    const before = await lib("a");
    await until("finality to go on with two votes", async () => (await lib("a")) >= before + 4);
    y.signal("SIGSTOP");
    try {
      const at = await head("a");
      // votes that were on their way still count
      await until("a few blocks", async () => (await head("a")) >= at + 5);
      const stalled = await lib("a");
      await until("the one that minds missing votes to pause", () => paused("c"));
      await until("six blocks more", async () => (await head("a")) >= at + 11);
      assert.equal(await lib("a"), stalled);
      assert.equal(await paused("c"), true);
      assert.equal(await paused("a"), false, "a timeout of 0 means never");
    } finally {
      for (const node of [x, y]) node.signal("SIGCONT");
    }
    const reached = await head("a");
    await until("finality to catch up with the head", async () => (await lib("a")) >= reached);
    await until("the pause to lift by itself", async () => !(await paused("c")));
  },
);

claim("a finalizer that was killed votes again once its state is replayed", "A3.1", async () => {
  const node = rig.network.node("x");
  node.signal("SIGKILL");
  await node.exited();
  await rig.network.startNode("x");
  const from = await head("a");
  await until("its vote to count", async () => {
    const { last_tracked_votes: votes } = await rig.client("a").call(getFinalizerInfo);
    return votes.some((vote) => vote.description === "x" && vote.voted_for_block_num > from);
  });
});

claim("a new finalizer policy is active within seconds, under the next generation", "A3.4", async () => {
  await proposeFinalizers(rig, "a", ["c", "x"]);
  const policy = await until("the new policy", async () => {
    const { active_finalizer_policy: active } = await rig.client("a").call(getFinalizerInfo);
    return active?.generation === 2 && active;
  });
  assert.deepEqual(policy.finalizers.map(({ description }) => description).sort(), ["bpc", "x"]);
  const at = await head("a");
  await until("finality under it", async () => (await lib("a")) > at);
});

claim(
  "a new schedule is in force about two rounds after it was proposed, from the first slot of a round",
  "A4",
  async () => {
    const { slot: proposed } = await proposeSchedule(rig, "a", ["bpa", "bpb"]);
    let seenPending = false;
    await until("the schedule to change", async () => {
      const { active, pending } = await rig.client("a").call(getProducerSchedule);
      seenPending ||= pending?.version === 2;
      return active.version === 2;
    });
    assert.ok(seenPending, "it was pending before");
    const names = ["bpa", "bpb"];
    const due = (slot: number, schedule: string[]) => schedule[Math.floor(slot / SLOTS_PER_ROUND) % schedule.length];
    // the first block that only the new schedule explains lies in the first round that it rules
    const first = await until("a block that the old schedule does not explain", () =>
      watch.blocks.find(({ header }) => header.slot > proposed && header.producer !== due(header.slot, PRODUCERS)),
    );
    const rounds = (roundStart(first.header.slot) - roundStart(proposed)) / SLOTS_PER_ROUND;
    // old and new agree on two rounds of six, and the proposal may have gone into the round after the head's
    assert.ok(rounds >= 2 && rounds <= 6, `${rounds} rounds after the proposal`);
    await until(
      "a round of the new schedule",
      () => (watch.last?.header.slot ?? 0) > first.header.slot + SLOTS_PER_ROUND,
    );
    for (const { header } of watch.blocks.filter((block) => block.header.slot >= roundStart(first.header.slot))) {
      assert.equal(header.producer, due(header.slot, names));
    }
  },
);
