/** Legacy consensus with several producers: confirmations, and irreversibility that comes in jumps. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { getProducerSchedule } from "../../src/chain/http/endpoints.ts";
import { indexInRound, SLOTS_PER_ROUND } from "../../src/chain/time.ts";
import type { BlockWatch } from "./block-watch.ts";
import { LACKS, Rig, states, until } from "./rig.ts";

const PRODUCERS = ["bpa", "bpb", "bpc"];

let rig: Rig;
let watch: BlockWatch;

before(async () => {
  if (LACKS.contracts) return;
  rig = await Rig.start({
    start: "legacy",
    schedule: PRODUCERS,
    nodes: [
      { name: "a", producers: ["bpa"], dials: [], startsChain: true },
      { name: "b", producers: ["bpb"], dials: ["a"], startsChain: true },
      { name: "c", producers: ["bpc"], dials: ["a", "b"], startsChain: true },
    ],
  });
  watch = await rig.watch("a");
});
after(() => rig?.stop());

states(
  "A4.1",
  "get_producer_schedule names the producers, and headers the schedule's version",
  async () => {
    const { active, pending } = await rig.client("a").call(getProducerSchedule);
    assert.deepEqual(
      active.producers.map(({ producer_name }) => producer_name),
      PRODUCERS,
    );
    assert.deepEqual(pending, { version: 0, producers: [] });
    const block = await until("a block", () => watch.last);
    assert.equal(block.header.scheduleVersion, active.version);
  },
  LACKS.contracts,
);

states(
  "A3, A4.1",
  "the last irreversible block lags by more than a round, and moves when a producer's turn confirms the others",
  async () => {
    const samples: { head: number; lib: number }[] = [];
    await until(
      "irreversibility to move twice",
      async () => {
        const { head_block_num: head, last_irreversible_block_num: lib } = await rig.info("a");
        if (samples.at(-1)?.head !== head) samples.push({ head, lib });
        return new Set(samples.map((sample) => sample.lib)).size >= 3;
      },
      180_000,
    );
    const settled = samples.slice(samples.findIndex(({ lib }) => lib !== samples[0]?.lib));
    for (const { head, lib } of settled) assert.ok(head - lib >= SLOTS_PER_ROUND, `head ${head}, irreversible ${lib}`);

    const confirming = watch.blocks.filter(({ header }) => header.confirmed > 0);
    assert.ok(confirming.length > 0);
    for (const block of confirming) {
      const parent = watch.blocks.find(({ id }) => id === block.header.previous);
      if (parent === undefined) continue;
      assert.notEqual(parent.header.producer, block.header.producer, "only the first block of a turn confirms others");
    }
    const full = confirming.find(({ header }) => header.confirmed === 2 * SLOTS_PER_ROUND);
    if (full !== undefined) assert.equal(indexInRound(full.header.slot), 0);
  },
  LACKS.contracts,
);
