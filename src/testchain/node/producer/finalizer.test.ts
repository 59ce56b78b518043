/** Finalizers: they vote by nodeos's rules, remember over a restart, and never vote in a way that could undo finality. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import fc from "fast-check";
import { finalizerOf } from "../../../../test/testchain/small-chain.ts";
import { timeOf } from "../../../chain/time.ts";
import type { BlockState } from "../consensus/block-state.ts";
import type { SavannaConsensus } from "../consensus/savanna.ts";
import { Finalizers } from "./finalizer.ts";

const KEY = finalizerOf("bpa");
const root = mkdtempSync(join(tmpdir(), "finalizer-"));
after(() => rmSync(root, { recursive: true, force: true }));
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(root, "f-"));
});

/** A block as far as a finalizer looks at it. */
interface Block {
  id: string;
  num: number;
  slot: number;
  parent: Block | undefined;
  /** Its newest certified ancestor. */
  claim: Block | undefined;
}

let unique = 0;
function block(parent: Block | undefined, slot: number, claim: Block | undefined): Block {
  const num = (parent?.num ?? 1) + 1;
  unique += 1;
  return { id: num.toString(16).padStart(8, "0") + unique.toString(16).padStart(56, "0"), num, slot, parent, claim };
}

function ancestor(of: Block, num: number): Block | undefined {
  for (let at: Block | undefined = of; at !== undefined && at.num >= num; at = at.parent) if (at.num === num) return at;
  return undefined;
}

function stateOf({ id, num, slot, parent, claim }: Block): BlockState {
  const consensus = {
    kind: "savanna",
    finalizers: { generation: 1, threshold: 1n, finalizers: [{ description: "bpa", weight: 1n, publicKey: KEY }] },
    claim: { blockNum: claim?.num ?? 1, strong: true },
    claimSlot: claim?.slot ?? 0,
  } as unknown as SavannaConsensus;
  return { id, num, slot, previous: parent?.id ?? "", consensus } as unknown as BlockState;
}

/** `strong`, `weak` or `none`. */
function ask(finalizers: Finalizers, of: Block, lateMs = 0): string {
  const [vote] = finalizers.vote(stateOf(of), timeOf(of.slot) + lateMs, (num) => ancestor(of, num)?.id);
  if (vote === undefined) return "none";
  assert.equal(vote.blockId, of.id);
  return vote.strong ? "strong" : "weak";
}

const one = () => new Finalizers([KEY], dir);

test("it votes strongly along one branch, once a block, and not for old ones", () => {
  const finalizers = one();
  const a = block(undefined, 1000, undefined);
  const b = block(a, 1001, a);
  assert.equal(ask(finalizers, a), "strong");
  assert.equal(ask(finalizers, a), "none", "not twice");
  assert.equal(ask(finalizers, b), "strong");
  const late = block(b, 1002, b);
  assert.equal(ask(finalizers, late, 30_001), "none", "a syncing node does not vote");
  assert.equal(ask(finalizers, late, 29_999), "strong");
});

test("on another branch it votes weakly until that branch is certified beyond its last vote", () => {
  const finalizers = one();
  const base = block(undefined, 1000, undefined);
  const left = block(base, 1001, undefined);
  const right = block(base, 1002, undefined);
  assert.equal(ask(finalizers, base), "strong");
  assert.equal(ask(finalizers, left), "strong");
  assert.equal(ask(finalizers, right), "weak");
  const next = block(right, 1003, right);
  assert.equal(ask(finalizers, next), "strong", "right is certified, and newer than the vote on left");
});

test("it does not vote for a branch that leaves its lock without a newer certificate, however short or long that is", () => {
  const base = block(undefined, 1000, undefined);
  const chain = [base];
  for (let slot = 1001; slot <= 1006; slot++) chain.push(block(chain.at(-1), slot, chain.at(-1)));
  const finalizers = one();
  for (const each of chain) assert.equal(ask(finalizers, each), "strong");
  // locked on the block before the last; the other branch knows of no certificate beyond its fork
  let other = block(base, 1020, base);
  for (let i = 0; i < 9; i++) {
    assert.equal(ask(finalizers, other), "none", `${other.num} against a lock on ${chain.at(-2)?.num}`);
    other = block(other, other.slot + 1, base);
  }
  const certified = block(other, other.slot + 1, other);
  assert.notEqual(ask(finalizers, certified), "none", "a newer certificate lifts the lock");
});

test("what it voted is not forgotten over a restart, and a broken file is refused", () => {
  const a = block(undefined, 1000, undefined);
  const b = block(a, 1001, a);
  assert.equal(ask(one(), b), "strong");
  assert.equal(ask(one(), b), "none");
  assert.equal(ask(one(), block(a, 1001, a)), "none", "nor for another block of the same slot");
  const file = join(dir, "safety.dat");
  const whole = readFileSync(file);
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(file, whole.subarray(0, length));
    assert.throws(one, /safety/, `${length} bytes`);
  }
  for (let at = 0; at < whole.length; at += 7) {
    const bad = Buffer.from(whole);
    bad[at] = (bad[at] as number) ^ 1;
    writeFileSync(file, bad);
    assert.throws(one, /safety/);
  }
  writeFileSync(file, whole);
  assert.equal(ask(one(), b), "none");
});

const growth = fc.array(
  fc.record({
    back: fc.nat({ max: 6 }),
    skip: fc.integer({ min: 1, max: 4 }),
    seen: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  }),
  { maxLength: 40 },
);

test("four finalizers, three of which make a quorum, never make two branches final, whatever each of them sees", () => {
  fc.assert(
    fc.property(growth, (steps) => {
      const four = [0, 1, 2, 3].map(() => new Finalizers([KEY], mkdtempSync(join(dir, "four-"))));
      const tree = [block(undefined, 1000, undefined)];
      const strong = new Map<string, number>();
      const weak = new Map<string, number>();
      const final: Block[] = [];
      for (const { back, skip, seen } of steps) {
        const parent = tree.at(-1 - (back % tree.length)) as Block;
        // a block claims the newest ancestor that three have voted for
        let claim: Block | undefined = parent;
        const votes = (at: Block) => (strong.get(at.id) ?? 0) + (weak.get(at.id) ?? 0);
        while (claim !== undefined && votes(claim) < 3) claim = claim.parent;
        const next = block(parent, (tree.at(-1) as Block).slot + skip, claim);
        tree.push(next);
        // a strong certificate on a block makes final what that block claims
        if (claim?.claim !== undefined && (strong.get(claim.id) ?? 0) >= 3) final.push(claim.claim);
        for (const [i, finalizers] of four.entries()) {
          if (!seen[i]) continue;
          const cast = ask(finalizers, next);
          const counts = cast === "strong" ? strong : weak;
          if (cast !== "none") counts.set(next.id, (counts.get(next.id) ?? 0) + 1);
        }
      }
      for (const a of final) {
        for (const b of final) {
          const [low, high] = a.num <= b.num ? [a, b] : [b, a];
          assert.equal(ancestor(high, low.num)?.id, low.id, `${a.num} and ${b.num} are final on one branch`);
        }
      }
    }),
    { numRuns: 150 },
  );
});
