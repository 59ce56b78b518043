/** Both builds of libsecp256k1 behave alike; which one a process gets is tested in test/chain. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadNative, loadWasm, secp256k1 } from "./secp256k1.ts";

const ORDER = BigInt("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
const wasm = loadWasm();
/** Not every platform has a native build. */
const native = secp256k1().binding === "native" ? loadNative() : undefined;
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const privateKey = fc
  .bigInt({ min: 1n, max: ORDER - 1n })
  .map((number) => Buffer.from(number.toString(16).padStart(64, "0"), "hex"));

test("the native build is in use where there is one for this machine", {
  skip: process.arch !== "x64" || process.platform !== "linux",
}, () => {
  assert.equal(secp256k1().binding, "native");
});

test("both builds make the same keys and signatures, and recover the same", { skip: native === undefined }, () => {
  assert.ok(native);
  fc.assert(
    fc.property(privateKey, bytes32, bytes32, (key, digest, extra) => {
      assert.deepEqual(Buffer.from(native.publicKey(key)), Buffer.from(wasm.publicKey(key)));
      const one = native.sign(digest, key, extra);
      const two = wasm.sign(digest, key, extra);
      assert.deepEqual(Buffer.from(one.signature), Buffer.from(two.signature));
      assert.equal(one.recovery, two.recovery);
      for (const curve of [native, wasm]) {
        const recovered = curve.recover(digest, one.signature, one.recovery);
        assert.deepEqual(Buffer.from(recovered ?? []), Buffer.from(native.publicKey(key)));
      }
    }),
    { numRuns: 50 },
  );
});

test("both builds agree on what is no private key and no signature", { skip: native === undefined }, () => {
  assert.ok(native);
  const edges = [
    Buffer.alloc(32),
    Buffer.alloc(32, 0xff),
    Buffer.from(ORDER.toString(16), "hex"),
    Buffer.alloc(31, 1),
    Buffer.alloc(33, 1),
  ];
  for (const key of edges) {
    assert.equal(native.isPrivateKey(key), false);
    assert.equal(wasm.isPrivateKey(key), false);
  }
  const half = fc.oneof(
    bytes32,
    fc.constantFrom(new Uint8Array(32), new Uint8Array(32).fill(0xff), Uint8Array.from(edges[2] as Buffer)),
  );
  fc.assert(
    fc.property(bytes32, half, half, fc.nat({ max: 3 }), (digest, r, s, recovery) => {
      const signature = Buffer.concat([r, s]);
      const one = native.recover(digest, signature, recovery);
      const two = wasm.recover(digest, signature, recovery);
      assert.deepEqual(one && Buffer.from(one), two && Buffer.from(two));
    }),
  );
});

test("another nonce makes another signature of the same key", () => {
  const [key, digest] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  for (const curve of native === undefined ? [wasm] : [native, wasm]) {
    const signatures = [0, 1, 2].map((extra) => curve.sign(digest, key, Buffer.alloc(32, extra)));
    assert.equal(new Set(signatures.map(({ signature }) => Buffer.from(signature).toString("hex"))).size, 3);
    for (const { signature, recovery } of signatures) {
      assert.deepEqual(
        Buffer.from(curve.recover(digest, signature, recovery) ?? []),
        Buffer.from(curve.publicKey(key)),
      );
    }
  }
});
