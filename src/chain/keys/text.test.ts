import assert from "node:assert/strict";
import { test } from "node:test";
import {
  PrivateKey as OtherPrivateKey,
  PublicKey as OtherPublicKey,
  Signature as OtherSignature,
} from "@wharfkit/antelope";
import fc from "fast-check";
import { attempt } from "../../../test/attempt.ts";
import { Problem } from "../../kit/problem.ts";
import {
  formatPrivateKey,
  formatPublicKey,
  formatPublicKeyPrefixed,
  formatSignature,
  MAX_MATERIAL_BYTES,
  parsePrivateKey,
  parsePublicKey,
  parseSignature,
} from "./text.ts";

/** The key pair that everybody's development chains use. */
const WIF = "5KQwrPbwdL6PhXujxW37FSSQZ1JiwsST4cqQzDeyXtP79zkvFD3";
const PVT_K1 = "PVT_K1_2bfGi9rYsXQSXXTvJbDAPhHLQUojjaNLomdm3cEJ1XTzMqUt3V";
const EOS = "EOS6MRyAjQq8ud7hVNYcfnVPJqcVpscN5So8BhtHuGYqET5GDW5CV";
const PUB_K1 = "PUB_K1_6MRyAjQq8ud7hVNYcfnVPJqcVpscN5So8BhtHuGYqET5BoDq63";
const SIG_K1 = "SIG_K1_KBhnyRDZTv7NyQ4yFLkTkxKiJKYopYCQf6v5QU1MevGUjpBNyb8KSv3b9DrYxYiRynyhXsKAZam9LQj6tka2vLjxM82heJ";

const point = fc.uint8Array({ minLength: 33, maxLength: 33 }).map((bytes) => Buffer.from(bytes));
const compact = fc.uint8Array({ minLength: 65, maxLength: 65 }).map((bytes) => Buffer.from(bytes));
const secret = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
const kind = fc.constantFrom("K1" as const, "R1" as const);

test("a K1 public key reads from both of its forms and is written in the legacy one", () => {
  const key = parsePublicKey(PUB_K1);
  assert.equal(key.kind, "K1");
  assert.deepEqual(parsePublicKey(EOS), key);
  assert.equal(formatPublicKey(key), EOS);
  assert.equal(formatPublicKeyPrefixed(key), PUB_K1);
});

test("a private key reads from both of its forms", () => {
  assert.deepEqual(parsePrivateKey(PVT_K1), parsePrivateKey(WIF));
  assert.equal(formatPrivateKey(parsePrivateKey(WIF)), PVT_K1);
});

test("public keys, signatures and private keys are written as another implementation writes them", () => {
  fc.assert(
    fc.property(kind, point, compact, secret, (type, key, signature, hidden) => {
      const publicKey = formatPublicKeyPrefixed({ kind: type, bytes: key });
      assert.equal(publicKey, OtherPublicKey.from({ type, compressed: key }).toString());
      if (type === "K1") {
        assert.equal(
          formatPublicKey({ kind: type, bytes: key }),
          OtherPublicKey.from({ type, compressed: key }).toLegacyString(),
        );
      }
      const text = formatSignature({ kind: type, bytes: signature });
      assert.equal(text, OtherSignature.from(text).toString());
      assert.deepEqual(Buffer.from(OtherSignature.from(text).data.array), signature);
      const privateKey = formatPrivateKey({ kind: type, bytes: hidden });
      assert.equal(privateKey, OtherPrivateKey.from(privateKey).toString());
      assert.deepEqual(Buffer.from(OtherPrivateKey.from(privateKey).data.array), hidden);
    }),
  );
});

test("what is written reads back, of every kind", () => {
  const webAuthn = fc.uint8Array({ minLength: 67, maxLength: 400 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(kind, point, compact, secret, webAuthn, (type, key, signature, hidden, variable) => {
      assert.deepEqual(parsePublicKey(formatPublicKey({ kind: type, bytes: key })), { kind: type, bytes: key });
      assert.deepEqual(parseSignature(formatSignature({ kind: type, bytes: signature })), {
        kind: type,
        bytes: signature,
      });
      assert.deepEqual(parsePrivateKey(formatPrivateKey({ kind: type, bytes: hidden })), { kind: type, bytes: hidden });
      assert.deepEqual(parsePublicKey(formatPublicKey({ kind: "WA", bytes: variable })), {
        kind: "WA",
        bytes: variable,
      });
      assert.deepEqual(parseSignature(formatSignature({ kind: "WA", bytes: variable })), {
        kind: "WA",
        bytes: variable,
      });
    }),
  );
  const largest = { kind: "WA" as const, bytes: Buffer.alloc(MAX_MATERIAL_BYTES, 0xff) };
  assert.deepEqual(parseSignature(formatSignature(largest)), largest);
});

test("one wrong character anywhere breaks the checksum", () => {
  const letters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  const forms = [
    { text: EOS, from: 3, parse: parsePublicKey, code: "KEY_BAD_PUBLIC" },
    { text: PUB_K1, from: 7, parse: parsePublicKey, code: "KEY_BAD_PUBLIC" },
    { text: SIG_K1, from: 7, parse: parseSignature, code: "KEY_BAD_SIGNATURE" },
    { text: WIF, from: 0, parse: parsePrivateKey, code: "KEY_BAD_PRIVATE" },
    { text: PVT_K1, from: 7, parse: parsePrivateKey, code: "KEY_BAD_PRIVATE" },
  ];
  for (const { text, from, parse, code } of forms) {
    assert.ok(!(attempt(() => parse(text)) instanceof Problem));
    for (let at = from; at < text.length; at++) {
      const other = letters[(letters.indexOf(text.charAt(at)) + 1) % letters.length];
      assert.throws(() => parse(text.slice(0, at) + other + text.slice(at + 1)), { code }, `${text} at ${at}`);
    }
  }
});

test("a checksum of another kind does not count", () => {
  assert.throws(() => parsePublicKey(PUB_K1.replace("K1", "R1")), { code: "KEY_BAD_PUBLIC" });
  assert.throws(() => parsePublicKey(`EOS${PUB_K1.slice(7)}`), { code: "KEY_BAD_PUBLIC" });
  assert.throws(() => parsePublicKey(`PUB_K1_${EOS.slice(3)}`), { code: "KEY_BAD_PUBLIC" });
  assert.throws(() => parseSignature(SIG_K1.replace("K1", "R1")), { code: "KEY_BAD_SIGNATURE" });
});

for (const text of ["", "EOS", "EOS1", "PUB_K1_", "PUB_XX_123", EOS.slice(0, -1), `${EOS}1`, ` ${EOS}`, `${EOS}\n`]) {
  test(`${JSON.stringify(text)} is not a public key`, () => {
    assert.throws(() => parsePublicKey(text), { code: "KEY_BAD_PUBLIC" });
  });
}

test("no message holds more of a text than tells which it was: it may be a private key in the wrong place", () => {
  for (const text of [WIF, PVT_K1, WIF.slice(1), `EOS${WIF}`, "a".repeat(64)]) {
    for (const parse of [parsePublicKey, parseSignature, parsePrivateKey]) {
      const problem = attempt(() => parse(`${text}x`));
      assert.ok(problem instanceof Problem);
      for (let at = 0; at + 9 <= text.length; at++) {
        assert.ok(!JSON.stringify(problem).includes(text.slice(at, at + 9)), problem.message);
      }
    }
  }
});

test("any text is taken or refused with a problem", () => {
  const text = fc.oneof(
    fc.string(),
    fc
      .tuple(fc.constantFrom("EOS", "PUB_K1_", "PUB_WA_", "SIG_K1_", "SIG_WA_", "PVT_R1_", "5"), fc.string())
      .map((parts) => parts.join("")),
    fc.stringMatching(/^(EOS|SIG_K1_|)[1-9A-HJ-NP-Za-km-z]*$/),
  );
  fc.assert(
    fc.property(text, (candidate) => {
      for (const parse of [parsePublicKey, parseSignature, parsePrivateKey]) attempt(() => parse(candidate));
    }),
  );
});
