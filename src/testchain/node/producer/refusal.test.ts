/** Why a slot is not produced: nodeos's checks one by one, in nodeos's order, whatever else is wrong as well. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { keyOf } from "../../../../test/testchain/small-chain.ts";
import { SAVANNA_SCHEDULE_VERSION } from "../../../chain/block/header.ts";
import { singleKey } from "../../../chain/block/schedule.ts";
import { timeOf } from "../../../chain/time.ts";
import type { BlockState } from "../consensus/block-state.ts";
import { type ProductionFacts, productionRefusal } from "./refusal.ts";
import { Watermarks } from "./watermarks.ts";

const SLOT = 10_000;

function block(num: number, slot: number, kind: "legacy" | "savanna" = "savanna"): BlockState {
  const header = { producer: "bpa", scheduleVersion: kind === "savanna" ? SAVANNA_SCHEDULE_VERSION : 1 };
  return { num, slot, header, consensus: { kind } } as unknown as BlockState;
}

function facts(): ProductionFacts {
  return {
    head: block(100, SLOT - 1),
    root: block(98, SLOT - 3),
    slot: SLOT,
    scheduled: { name: "bpa", authority: singleKey(keyOf("bpa").publicKey) },
    nowMs: timeOf(SLOT - 1),
    producers: ["bpa"],
    keys: new Set([keyOf("bpa").publicKey]),
    enabled: true,
    paused: false,
    votes: "none",
    maxIrreversibleAgeSec: -1,
    maxReversible: 3600,
    watermarks: new Watermarks(["bpa"]),
  };
}

const text = (refusal: ReturnType<typeof productionRefusal>) =>
  typeof refusal === "object" ? `${refusal.level}: ${refusal.because}` : refusal;

/** In nodeos's order: what breaks it, and what is then said. */
const CHECKS: [string, Partial<ProductionFacts>, RegExp][] = [
  ["not enabled", { enabled: false }, /^error: stale production not enabled, block 2000-01-01T01:23:20\.000$/],
  ["not ours", { scheduled: { name: "bpb", authority: singleKey(keyOf("bpa").publicKey) } }, /^not ours$/],
  ["no key", { keys: new Set() }, /^error: I don't have any private keys relevant to authority: /],
  ["paused", { paused: true }, /^warn: production is explicitly paused, block 2000-/],
  ["old", { maxIrreversibleAgeSec: 1 }, /^error: the irreversible block is too old \[age:1s, max:1s\], block 2000-/],
  ["votes", { votes: "old_votes" }, /^error: no recent votes, block 2000-/],
  ["reversible", { maxReversible: 1 }, /^error: max-reversible-blocks 1 reached, head 100, lib 98, block 2000-/],
];

test("a node with everything in order produces", () => {
  assert.equal(productionRefusal(facts()), undefined);
});

test("each check refuses in nodeos's words", () => {
  for (const [name, broken, said] of CHECKS) {
    assert.match(text(productionRefusal({ ...facts(), ...broken })) ?? "", said, name);
  }
  const words = { old_producer_vote: "from configured producer", old_other_vote: "from others" } as const;
  for (const [votes, said] of Object.entries(words)) {
    const refusal = productionRefusal({ ...facts(), votes: votes as keyof typeof words });
    assert.match(text(refusal) ?? "", new RegExp(`no recent votes received ${said}`));
  }
});

test("of all that is wrong the first in nodeos's order is said", () => {
  fc.assert(
    fc.property(fc.subarray(CHECKS, { minLength: 1 }), (broken) => {
      const merged = { ...facts(), ...Object.assign({}, ...broken.map(([, change]) => change)) };
      const names = broken.map(([name]) => name);
      // that production is not enabled matters only for a slot of ours
      const [first] = names.includes("not ours") ? ["not ours"] : names;
      const said = CHECKS.find(([name]) => name === first)?.[2] as RegExp;
      assert.match(text(productionRefusal(merged)) ?? "", said, names.join());
    }),
  );
});

test("limits of nothing are no limits", () => {
  const old = { root: block(1, 1), maxReversible: 0, maxIrreversibleAgeSec: -1 };
  assert.equal(productionRefusal({ ...facts(), ...old }), undefined);
});

test("in legacy a watermark keeps a producer from signing a number or a slot again, under Savanna it does not", () => {
  const watermarks = new Watermarks(["bpa"]);
  watermarks.note(block(100, SLOT, "legacy"));
  const legacy = (num: number, slot: number) =>
    text(productionRefusal({ ...facts(), head: block(num, SLOT - 1, "legacy"), slot, watermarks }));
  assert.match(
    legacy(99, SLOT + 1) ?? "",
    /signed a block at a higher block number \(100\) than the current fork's head \(99\)/,
  );
  assert.match(legacy(100, SLOT) ?? "", /signed a block at the next block time or later/);
  assert.equal(legacy(100, SLOT + 1), undefined);
  assert.equal(productionRefusal({ ...facts(), head: block(99, SLOT - 1), watermarks }), undefined);
});

test("a watermark is the newest block by slot, of our own producers' legacy blocks alone", () => {
  const watermarks = new Watermarks(["bpa"]);
  const refused = () => watermarks.refusal(block(50, 50, "legacy"), 60, "bpa") !== undefined;
  watermarks.note(block(99, 99));
  assert.equal(refused(), false, "Savanna");
  watermarks.note({ ...block(99, 99, "legacy"), header: { producer: "bpb", scheduleVersion: 1 } } as never);
  assert.equal(refused(), false, "another producer");
  watermarks.note(block(40, 59, "legacy"));
  watermarks.note(block(99, 58, "legacy"));
  assert.equal(refused(), false, "an older slot does not lower or raise it");
  watermarks.note(block(41, 60, "legacy"));
  assert.equal(refused(), true);
});

test("a block confirms all since the producer's own last one, none that is irreversible, and at most 65535", () => {
  fc.assert(
    fc.property(fc.nat(200_000), fc.nat(200_000), fc.nat(200_000), (own, head, root) => {
      const watermarks = new Watermarks(["bpa"]);
      const top = block(head, 9, "legacy");
      assert.equal(watermarks.blocksToConfirm(top, Math.min(root, head), "bpa"), 0, "without a watermark");
      watermarks.note(block(own, 5, "legacy"));
      const expected = own >= head ? 0 : Math.min(head - own, head - Math.min(root, head), 0xffff);
      assert.equal(watermarks.blocksToConfirm(top, Math.min(root, head), "bpa"), expected);
    }),
  );
});
