/**
 * Blocks of a forked chain that arrive in any order: the fork database and the controller end where they would have
 * ended in any other order, and finality only ever moves forward.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SmallChain } from "../../../../test/testchain/small-chain.ts";
import { type BlockState, irreversibleOf, isBetter } from "./block-state.ts";
import { ForkDatabase } from "./fork-database.ts";

const SAVANNA = { producers: ["bpa", "bpb", "bpc"], finalizers: ["bpa", "bpb", "bpc"] };
const LEGACY = { producers: ["bpa", "bpb", "bpc"] };

/** How to grow a tree: which block (counted back from the newest) the next is built on, how many slots later, who votes. */
const growth = fc.array(
  fc.record({ back: fc.nat({ max: 3 }), skip: fc.nat({ max: 14 }), voters: fc.subarray(SAVANNA.finalizers) }),
  { minLength: 1, maxLength: 14 },
);
type Growth = { back: number; skip: number; voters: string[] }[];

/** A tree of real blocks: each is made by a chain that was given the blocks up to its parent, and only those. */
async function grow(facts: typeof SAVANNA | typeof LEGACY, steps: Growth): Promise<BlockState[]> {
  const made: BlockState[] = [];
  const byId = new Map<string, BlockState>();
  for (const { back, skip, voters } of steps) {
    const parent = made.at(-1 - Math.min(back, made.length - 1));
    const chain = new SmallChain(facts);
    for (const state of pathTo(parent, byId)) {
      const copy = chain.controller.accept(state.raw).state;
      chain.controller.applyBest();
      chain.vote(copy, voters);
    }
    const { state } = await chain.produce({ slot: chain.nextSlot + skip, voters });
    if (byId.has(state.id)) continue;
    byId.set(state.id, state);
    made.push(state);
  }
  return made;
}

function pathTo(state: BlockState | undefined, byId: ReadonlyMap<string, BlockState>): BlockState[] {
  const path: BlockState[] = [];
  for (let at = state; at !== undefined; at = byId.get(at.previous)) path.unshift(at);
  return path;
}

/** In an order drawn by `shuffled`; one whose parent is not there yet comes again later, as from a peer that syncs. */
function deliver(chain: SmallChain, shuffled: readonly BlockState[], seen: (chain: SmallChain) => void): void {
  let waiting = [...shuffled];
  for (let progress = true; progress && waiting.length > 0; ) {
    progress = false;
    const left: BlockState[] = [];
    for (const state of waiting) {
      if (chain.controller.forks.get(state.previous) === undefined) {
        assert.throws(() => chain.controller.accept(state.raw), /unlinkable/);
        left.push(state);
        continue;
      }
      progress = true;
      chain.controller.accept(state.raw);
      chain.controller.applyBest();
      seen(chain);
    }
    waiting = left;
  }
}

for (const [name, facts] of [
  ["Savanna", SAVANNA],
  ["legacy", LEGACY],
] as const) {
  test(`${name}: whatever order blocks arrive in, the head is the best of them, and finality never goes back`, async () => {
    const property = fc.asyncProperty(growth, fc.infiniteStream(fc.nat()), async (steps, order) => {
      const made = await grow(facts, steps);
      const orders = [made, made.toReversed(), shuffle(made, order)];
      const ends = orders.map((blocks) => {
        const final: string[] = [];
        const chain = new SmallChain(facts, { irreversible: ({ id }) => final.push(id) });
        let root = chain.controller.root.num;
        deliver(chain, blocks, ({ controller }) => {
          assert.ok(controller.root.num >= root, "the last irreversible block only moves forward");
          root = controller.root.num;
          assert.equal(controller.forks.ancestorAt(controller.head, root)?.id, controller.root.id);
        });
        const { controller } = chain;
        for (const state of controller.forks.all()) {
          assert.ok(state === controller.head || isBetter(controller.head, state) || !state.applied);
        }
        return { head: controller.head.id, root: controller.root.id, final };
      });
      // what is final in one order may not contradict what is final in another
      for (const { final } of ends) {
        for (const [i, id] of final.entries()) assert.ok((ends[0]?.final[i] ?? id) === id);
      }
      for (const { head } of ends) assert.equal(head, ends[0]?.head);
    });
    await fc.assert(property, { numRuns: 25 });
  });
}

function shuffle<T>(items: readonly T[], numbers: Iterable<number>): T[] {
  const left = [...items];
  const shuffled: T[] = [];
  for (const number of numbers) {
    if (left.length === 0) break;
    shuffled.push(...left.splice(number % left.length, 1));
  }
  return shuffled;
}

test("the fork database agrees with a plain tree after any additions, removals and advances", async () => {
  const tree = await grow(SAVANNA, [
    ...Array.from({ length: 14 }, (_, i) => ({ back: [0, 1, 3, 2][i % 4] as number, skip: i % 3, voters: [] })),
  ]);
  const root = new SmallChain(SAVANNA).controller.root;
  const step = fc.record({
    kind: fc.constantFrom("add", "add", "add", "remove", "advance"),
    which: fc.nat({ max: tree.length - 1 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const forks = new ForkDatabase(root);
      let bottom = root;
      let model = new Map<string, BlockState>();
      const descends = (state: BlockState, from: string): boolean => {
        for (let at: BlockState | undefined = state; at !== undefined; at = model.get(at.previous)) {
          if (at.id === from || at.previous === from) return true;
        }
        return false;
      };
      for (const { kind, which } of steps) {
        const state = tree[which] as BlockState;
        if (kind === "add") {
          if (state.previous !== bottom.id && !model.has(state.previous)) continue;
          assert.equal(forks.add(state), !model.has(state.id) && state.id !== bottom.id);
          model.set(state.id, state);
        } else if (kind === "remove") {
          if (!model.has(state.id)) continue;
          forks.remove(state.id);
          model = new Map([...model].filter(([, each]) => !descends(each, state.id)));
        } else if (model.has(state.id)) {
          const passed = forks.advance(state.id);
          assert.equal(passed.at(-1)?.id, state.id);
          assert.equal(passed[0]?.previous, bottom.id);
          bottom = state;
          model = new Map([...model].filter(([id, each]) => id !== state.id && descends(each, state.id)));
        }
        assert.equal(forks.root.id, bottom.id);
        assert.deepEqual(new Set(forks.all().map(({ id }) => id)), new Set(model.keys()));
        const best = [...model.values()].reduce((a, b) => (a === bottom || isBetter(b, a) ? b : a), bottom);
        assert.equal(forks.head.id, best.id);
      }
    }),
    { numRuns: 200 },
  );
});

test("of any two different blocks exactly one is better, and being better is transitive", async () => {
  const trees = [
    ...(await grow(
      SAVANNA,
      Array.from({ length: 9 }, (_, i) => ({ back: i % 3, skip: i % 2, voters: SAVANNA.finalizers })),
    )),
    ...(await grow(
      LEGACY,
      Array.from({ length: 9 }, (_, i) => ({ back: i % 3, skip: i % 2, voters: [] })),
    )),
  ];
  for (const a of trees) {
    assert.equal(isBetter(a, a), false);
    for (const b of trees) {
      if (a.id !== b.id) assert.notEqual(isBetter(a, b), isBetter(b, a));
      for (const c of trees) if (isBetter(a, b) && isBetter(b, c)) assert.ok(isBetter(a, c));
    }
  }
});

test("irreversibility never goes back along a branch", async () => {
  const property = fc.asyncProperty(growth, fc.boolean(), async (steps, legacy) => {
    const made = await grow(legacy ? LEGACY : SAVANNA, steps);
    const byId = new Map(made.map((state) => [state.id, state]));
    for (const state of made) {
      const parent = byId.get(state.previous);
      const lib = irreversibleOf(state.consensus);
      assert.ok(lib < state.num);
      if (parent !== undefined) assert.ok(lib >= irreversibleOf(parent.consensus));
    }
  });
  await fc.assert(property, { numRuns: 20 });
});
