import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { sha256, sha256Pair } from "../hash.ts";
import { IncrementalMerkle, legacyMerkleRoot, savannaMerkleRoot } from "./merkle.ts";

const leaf = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes): Buffer => Buffer.from(bytes));
const leaves = fc.array(leaf, { maxLength: 70 });

/** Legacy pairs are marked: the left one's first bit is cleared, the right one's set. */
function marked(left: Buffer, right: Buffer): Buffer {
  const [l, r] = [Buffer.from(left), Buffer.from(right)];
  l.writeUInt8(l.readUInt8(0) & 0x7f, 0);
  r.writeUInt8(r.readUInt8(0) | 0x80, 0);
  return sha256Pair(l, r);
}
const [A, B, C, D, E] = ["a", "b", "c", "d", "e"].map((text) => sha256(Buffer.from(text))) as [
  Buffer,
  Buffer,
  Buffer,
  Buffer,
  Buffer,
];

test("no leaves have a root of zeros, one leaf is its own", () => {
  for (const root of [legacyMerkleRoot, savannaMerkleRoot]) {
    assert.deepEqual(root([]), Buffer.alloc(32));
    assert.deepEqual(root([A]), A);
  }
  assert.deepEqual(new IncrementalMerkle().root, Buffer.alloc(32));
});

test("the legacy tree pairs an odd node with itself", () => {
  assert.deepEqual(legacyMerkleRoot([A, B]), marked(A, B));
  assert.deepEqual(legacyMerkleRoot([A, B, C]), marked(marked(A, B), marked(C, C)));
  const five = marked(marked(marked(A, B), marked(C, D)), marked(marked(E, E), marked(E, E)));
  assert.deepEqual(legacyMerkleRoot([A, B, C, D, E]), five);
});

test("the Savanna tree has the largest power of two of its leaves on the left", () => {
  assert.deepEqual(savannaMerkleRoot([A, B]), sha256Pair(A, B));
  assert.deepEqual(savannaMerkleRoot([A, B, C]), sha256Pair(sha256Pair(A, B), C));
  assert.deepEqual(savannaMerkleRoot([A, B, C, D]), sha256Pair(sha256Pair(A, B), sha256Pair(C, D)));
  assert.deepEqual(savannaMerkleRoot([A, B, C, D, E]), sha256Pair(savannaMerkleRoot([A, B, C, D]), E));
});

test("a tree grown leaf by leaf has the root of the whole, at every size", () => {
  fc.assert(
    fc.property(leaves, (all) => {
      let tree = new IncrementalMerkle();
      for (const [i, one] of all.entries()) {
        tree = tree.appended(one);
        assert.deepEqual(tree.root, legacyMerkleRoot(all.slice(0, i + 1)));
      }
    }),
  );
});

test("every leaf and its place count, in either tree", () => {
  fc.assert(
    fc.property(fc.array(leaf, { minLength: 2, maxLength: 20 }), fc.nat(), (all, seed) => {
      const at = seed % all.length;
      const changed = all.map((one, i) => (i === at ? sha256(one) : one));
      for (const root of [legacyMerkleRoot, savannaMerkleRoot]) assert.notDeepEqual(root(changed), root(all));
    }),
  );
  assert.notDeepEqual(savannaMerkleRoot([A, B]), savannaMerkleRoot([B, A]));
  assert.notDeepEqual(legacyMerkleRoot([A, B]), legacyMerkleRoot([B, A]));
});

test("forks share their past: growing one tree changes no other, and no leaf", () => {
  const past = new IncrementalMerkle().appended(A).appended(B);
  const root = Buffer.from(past.root);
  const [left, right] = [past.appended(C), past.appended(D)];
  assert.deepEqual(past.root, root);
  assert.deepEqual(left.root, legacyMerkleRoot([A, B, C]));
  assert.deepEqual(right.root, legacyMerkleRoot([A, B, D]));
  assert.deepEqual(A, sha256(Buffer.from("a")));
});

test("a tree that was stored goes on where it was", () => {
  fc.assert(
    fc.property(leaves, leaf, (all, next) => {
      const tree = all.reduce((grown, one) => grown.appended(one), new IncrementalMerkle());
      const restored = IncrementalMerkle.from(JSON.parse(JSON.stringify(tree)));
      assert.deepEqual(restored.root, tree.root);
      assert.deepEqual(restored.appended(next).root, legacyMerkleRoot([...all, next]));
      // what is kept grows with the logarithm only
      assert.ok(tree.toJSON().active.length <= Math.ceil(Math.log2(all.length + 1)) + 1);
    }),
  );
});
