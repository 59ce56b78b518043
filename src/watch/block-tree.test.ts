import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BlockTree } from "./block-tree.ts";
import type { SeenBlock } from "./observation.ts";

interface Planted {
  blocks: SeenBlock[];
  order: number[];
}

/** A tree of blocks: each grows on one of those before it. `order` is one in which they might be seen. */
function planted(consensus: "legacy" | "savanna", isParentFirst: boolean): fc.Arbitrary<Planted> {
  const parents = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 40 });
  return parents.chain((choices) => {
    const blocks: SeenBlock[] = [];
    for (const [i, choice] of choices.entries()) {
      // mostly on a recent one, so that branches grow long
      const parent = blocks[Math.max(0, blocks.length - 1 - Math.floor(choice ** 3 * blocks.length))];
      const num = (parent?.num ?? 99) + 1;
      blocks.push({
        id: num.toString(16).padStart(8, "0") + ((i * 2_654_435_761) % 2 ** 32).toString(16).padStart(56, "0"),
        num,
        slot: 1000 + i,
        producer: "bp",
        previous: parent?.id ?? "0".repeat(64),
        scheduleVersion: 1,
        claim: consensus === "legacy" ? undefined : { blockNum: num - 1, strong: true },
        producerSignature: "",
      });
    }
    const any = fc.shuffledSubarray(
      blocks.map((_, i) => i),
      { minLength: blocks.length },
    );
    const order = any.map((indexes) => (isParentFirst ? parentsFirst(blocks, indexes) : indexes));
    return fc.record({ blocks: fc.constant(blocks), order });
  });
}

/** The same order, less that no block comes before its parent. */
function parentsFirst(blocks: readonly SeenBlock[], order: readonly number[]): number[] {
  const seen = new Set(["0".repeat(64)]);
  const result: number[] = [];
  let waiting = [...order];
  while (waiting.length > 0) {
    const ready = waiting.filter((i) => seen.has(blocks[i]?.previous ?? ""));
    for (const i of ready) seen.add(blocks[i]?.id ?? "");
    result.push(...ready);
    waiting = waiting.filter((i) => !ready.includes(i));
  }
  return result;
}

function grown(blocks: readonly SeenBlock[], order: readonly number[]): BlockTree {
  const tree = new BlockTree(10_000);
  for (const i of order) {
    const block = blocks[i];
    if (block !== undefined) tree.see(block, "a/p2p", 0, true);
  }
  return tree;
}

/** The chain by the parents of its head alone. */
function ancestors(blocks: readonly SeenBlock[], head: SeenBlock | undefined): string[] {
  const byId = new Map(blocks.map((block) => [block.id, block]));
  const ids: string[] = [];
  for (let block = head; block !== undefined; block = byId.get(block.previous)) ids.push(block.id);
  return ids;
}

function chainOf(tree: BlockTree, blocks: readonly SeenBlock[]): string[] {
  return blocks.flatMap(({ slot }) => tree.canonical(slot)?.id ?? []).reverse();
}

for (const consensus of ["legacy", "savanna"] as const) {
  test(`the head does not depend on the order in which blocks were seen (${consensus})`, () => {
    fc.assert(
      fc.property(planted(consensus, true), ({ blocks, order }) => {
        const inOrder = grown(
          blocks,
          blocks.map((_, i) => i),
        );
        assert.equal(grown(blocks, order).head?.id, inOrder.head?.id);
      }),
    );
  });
}

test("the chain is the head and its ancestors, even where children were seen before their parents", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("legacy" as const, "savanna" as const).chain((consensus) => planted(consensus, false)),
      ({ blocks, order }) => {
        const tree = grown(blocks, order);
        assert.deepEqual(chainOf(tree, blocks), ancestors(blocks, tree.head));
      },
    ),
  );
});

test("legacy follows the longest chain", () => {
  fc.assert(
    fc.property(planted("legacy", false), ({ blocks, order }) => {
      assert.equal(grown(blocks, order).head?.num, Math.max(...blocks.map(({ num }) => num)));
    }),
  );
});

test("savanna follows the newest certified block, not the longest chain", () => {
  const block = (id: string, num: number, slot: number, previous: string, claimNum: number): SeenBlock => ({
    id,
    num,
    slot,
    previous,
    producer: "bp",
    scheduleVersion: 1,
    claim: { blockNum: claimNum, strong: true },
    producerSignature: "",
  });
  const tree = new BlockTree(100);
  tree.see(block("a", 1, 10, "", 0), "x", 0, true);
  tree.see(block("b", 2, 11, "a", 1), "x", 0, true);
  // nobody votes for a producer that builds alone: its blocks claim the old certificate again and again
  tree.see(block("lone1", 3, 12, "b", 1), "x", 0, true);
  tree.see(block("lone2", 4, 13, "lone1", 1), "x", 0, true);
  tree.see(block("lone3", 5, 14, "lone2", 1), "x", 0, true);
  assert.equal(tree.head?.id, "lone3");
  const result = tree.see(block("voted", 3, 15, "b", 2), "x", 0, true);
  assert.equal(tree.head?.id, "voted");
  assert.deepEqual(typeof result === "object" && result.left.map(({ id }) => id), ["lone3", "lone2", "lone1"]);
});

test("a block seen by several is known by its first arrival, however late the others tell of it", () => {
  const tree = new BlockTree(100);
  const block: SeenBlock = {
    id: "a",
    num: 1,
    slot: 1,
    previous: "",
    producer: "bp",
    scheduleVersion: 1,
    claim: undefined,
    producerSignature: "",
  };
  tree.see(block, "api/http", 900, false);
  assert.equal(tree.see(block, "relay/p2p", 700, true), "known");
  tree.see(block, "api/p2p", 500, true);
  tree.see(block, "late/p2p", 600, true);
  assert.deepEqual([tree.get("a")?.firstSeenAt, tree.get("a")?.exact, tree.get("a")?.seenBy.size], [500, true, 4]);
});

test("it forgets what is long past", () => {
  const tree = new BlockTree(50);
  let previous = "";
  for (let num = 1; num <= 1000; num++) {
    tree.see(
      {
        id: `${num}`,
        num,
        slot: num,
        previous,
        producer: "bp",
        scheduleVersion: 1,
        claim: undefined,
        producerSignature: "",
      },
      "x",
      0,
      true,
    );
    previous = `${num}`;
  }
  assert.ok(tree.size <= 100, `${tree.size} blocks are kept`);
  assert.equal(tree.head?.num, 1000);
});
