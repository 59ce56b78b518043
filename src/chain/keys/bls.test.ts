import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { attempt } from "../../../test/attempt.ts";
import { answer, p2pBlocks } from "../../../test/recordings.ts";
import { identifyBlock } from "../block/block.ts";
import { finalityExtension } from "../block/finality.ts";
import { type BlsPrefix, formatBls, parseBls } from "./bls.ts";

interface FinalizerInfo {
  active_finalizer_policy: { finalizers: { description: string; public_key: string }[] };
}

test("a real node prints the keys of its finalizers as the bytes in its blocks read", () => {
  const policies = p2pBlocks().map((block) => finalityExtension(identifyBlock(block).header)?.finalizerPolicy);
  const inBlocks = policies.flatMap((policy) => policy?.finalizers.insert.map(({ value }) => value) ?? []);
  const { finalizers } = (answer("get_finalizer_info") as FinalizerInfo).active_finalizer_policy;
  assert.ok(finalizers.length >= 2);
  for (const { description, public_key: text } of finalizers) {
    const bytes = Buffer.from(
      inBlocks.find((finalizer) => finalizer.description === description)?.publicKey ?? "",
      "hex",
    );
    assert.equal(formatBls("PUB_BLS_", bytes), text);
    assert.deepEqual(parseBls("PUB_BLS_", text), bytes);
  }
});

const sizes: [BlsPrefix, number][] = [
  ["PUB_BLS_", 96],
  ["PVT_BLS_", 32],
  ["SIG_BLS_", 192],
];

for (const [prefix, size] of sizes) {
  test(`${prefix}… reads back, and only with its own prefix, size and checksum`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: size, maxLength: size }), fc.nat(), (bytes, seed) => {
        const text = formatBls(prefix, bytes);
        assert.deepEqual(parseBls(prefix, text), Buffer.from(bytes));
        const at = prefix.length + (seed % (text.length - prefix.length));
        const broken = text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
        assert.throws(() => parseBls(prefix, broken), { code: "KEY_BAD_BLS" });
        for (const [other] of sizes) {
          if (other !== prefix) assert.throws(() => parseBls(other, text), { code: "KEY_BAD_BLS" });
        }
      }),
    );
    assert.throws(() => parseBls(prefix, formatBls(prefix, Buffer.alloc(size - 1))), { code: "KEY_BAD_BLS" });
    assert.throws(() => parseBls(prefix, formatBls(prefix, Buffer.alloc(size + 1))), { code: "KEY_BAD_BLS" });
  });
}

test("characters that base64 decoders skip make another text, not the same key", () => {
  const text = formatBls("PUB_BLS_", Buffer.alloc(96, 0xfb));
  for (const other of [
    `${text}=`,
    `${text}\n`,
    `${text} `,
    text.replace("_BLS_", "_BLS_ "),
    text.replaceAll("-", "+"),
  ]) {
    assert.throws(() => parseBls("PUB_BLS_", other), { code: "KEY_BAD_BLS" }, JSON.stringify(other));
  }
});

test("any text is taken or refused with a problem that does not quote it", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 12 }), (text) => {
      const result = attempt(() => parseBls("PVT_BLS_", `PVT_BLS_${text}`));
      assert.ok(!JSON.stringify(result).includes(JSON.stringify(text).slice(1, -1)));
    }),
  );
});
