import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Checksum256, PrivateKey as OtherPrivateKey, Signature as OtherSignature } from "@wharfkit/antelope";
import fc from "fast-check";
import { PrivateKey, recoverPublicKey, signingBuild } from "./k1.ts";
import { formatPrivateKey, formatSignature, parseSignature } from "./text.ts";

const WIF = "5KQwrPbwdL6PhXujxW37FSSQZ1JiwsST4cqQzDeyXtP79zkvFD3";
const PVT_K1 = "PVT_K1_2bfGi9rYsXQSXXTvJbDAPhHLQUojjaNLomdm3cEJ1XTzMqUt3V";
const EOS = "EOS6MRyAjQq8ud7hVNYcfnVPJqcVpscN5So8BhtHuGYqET5GDW5CV";
const KEY = PrivateKey.parse(WIF);
const SECP256K1_ORDER = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

const digest = fc.uint8Array({ minLength: 32, maxLength: 32 });

/** nodeos's `is_canonical`, from its own words: no top bit, no superfluous zero byte. */
function canonical(rs: Buffer): boolean {
  return [rs.subarray(0, 32), rs.subarray(32)].every(
    (number) => number.readUInt8(0) < 0x80 && !(number.readUInt8(0) === 0 && number.readUInt8(1) < 0x80),
  );
}

test("a private key has its public key in both forms, whatever form it came in", () => {
  for (const text of [WIF, PVT_K1, ` ${WIF}\n`]) {
    assert.equal(PrivateKey.parse(text).publicKey, EOS);
    assert.equal(PrivateKey.parse(text).publicKeyPrefixed, "PUB_K1_6MRyAjQq8ud7hVNYcfnVPJqcVpscN5So8BhtHuGYqET5BoDq63");
  }
});

test("a signature is canonical, the same every time, and names its key", () => {
  fc.assert(
    fc.property(digest, (hash) => {
      const signature = KEY.sign(hash);
      assert.equal(KEY.sign(hash), signature);
      const { kind, bytes } = parseSignature(signature);
      assert.equal(kind, "K1");
      assert.ok(bytes.readUInt8(0) >= 31 && bytes.readUInt8(0) <= 34);
      assert.ok(canonical(bytes.subarray(1)));
      assert.equal(recoverPublicKey(hash, signature), EOS);
    }),
  );
});

test("another implementation accepts our signatures, and we accept its", () => {
  const other = OtherPrivateKey.from(WIF);
  fc.assert(
    fc.property(digest, (hash) => {
      const ours = OtherSignature.from(KEY.sign(hash));
      assert.ok(ours.verifyDigest(Checksum256.from(hash), other.toPublic()));
      assert.equal(recoverPublicKey(hash, other.signDigest(Checksum256.from(hash)).toString()), EOS);
    }),
    { numRuns: 30 },
  );
});

test("a signature over another digest names another key or none", () => {
  const signature = KEY.sign(Buffer.alloc(32, 1));
  assert.notEqual(recoverPublicKey(Buffer.alloc(32, 2), signature), EOS);
});

test("the recovery byte is read as nodeos reads it, with and without the mark of a compressed key", () => {
  const hash = Buffer.alloc(32, 3);
  const { bytes } = parseSignature(KEY.sign(hash));
  const withHeader = (header: number) =>
    formatSignature({ kind: "K1", bytes: Buffer.from([header, ...bytes.subarray(1)]) });
  assert.equal(recoverPublicKey(hash, withHeader(bytes.readUInt8(0) - 4)), EOS);
  for (const header of [0, 26, 35, 255]) {
    assert.throws(() => recoverPublicKey(hash, withHeader(header)), { code: "KEY_BAD_SIGNATURE" });
  }
});

test("a signature that is not canonical is refused although it names a key", () => {
  const hash = Buffer.alloc(32, 4);
  const { bytes } = parseSignature(KEY.sign(hash));
  // the other solution of the same signature: s becomes order − s, and its recovery id flips
  const s = BigInt(`0x${bytes.subarray(33).toString("hex")}`);
  const high = (BigInt(`0x${SECP256K1_ORDER}`) - s).toString(16).padStart(64, "0");
  const flipped = Buffer.concat([
    Buffer.from([((bytes.readUInt8(0) - 31) ^ 1) + 31]),
    bytes.subarray(1, 33),
    Buffer.from(high, "hex"),
  ]);
  assert.throws(() => recoverPublicKey(hash, formatSignature({ kind: "K1", bytes: flipped })), {
    code: "KEY_BAD_SIGNATURE",
  });
});

test("numbers that are no signature are refused, never thrown about", () => {
  const hash = Buffer.alloc(32, 5);
  for (const [r, s] of [
    ["00", "00"],
    ["00", "01"],
    ["7f", "00"],
  ]) {
    const bytes = Buffer.concat([Buffer.from([31]), Buffer.alloc(32, r, "hex"), Buffer.alloc(32, s, "hex")]);
    assert.throws(() => recoverPublicKey(hash, formatSignature({ kind: "K1", bytes })), { code: "KEY_BAD_SIGNATURE" });
  }
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 65, maxLength: 65 }), (bytes) => {
      let named: string | undefined;
      try {
        named = recoverPublicKey(hash, formatSignature({ kind: "K1", bytes: Buffer.from(bytes) }));
      } catch (thrown) {
        assert.equal((thrown as { code?: string }).code, "KEY_BAD_SIGNATURE");
      }
      assert.notEqual(named, EOS);
    }),
  );
});

test("keys and signatures of other kinds are told apart", () => {
  const r1 = formatPrivateKey({ kind: "R1", bytes: Buffer.alloc(32, 9) });
  assert.throws(() => PrivateKey.parse(r1), { code: "KEY_WRONG_KIND" });
  const signature = formatSignature({ kind: "R1", bytes: Buffer.alloc(65, 9) });
  assert.throws(() => recoverPublicKey(Buffer.alloc(32), signature), { code: "KEY_WRONG_KIND" });
});

test("zero and numbers beyond the curve's order are no private keys", () => {
  for (const hex of ["0".repeat(64), SECP256K1_ORDER, "f".repeat(64)]) {
    const text = formatPrivateKey({ kind: "K1", bytes: Buffer.from(hex, "hex") });
    assert.throws(() => PrivateKey.parse(text), { code: "KEY_BAD_PRIVATE" });
  }
});

test("a new key is another one every time, and is what it reveals", () => {
  const [first, second] = [PrivateKey.generate(), PrivateKey.generate()];
  assert.notEqual(first.publicKey, second.publicKey);
  assert.equal(PrivateKey.parse(first.reveal()).publicKey, first.publicKey);
});

test("a private key does not print itself, however it is printed", () => {
  const holder = { key: KEY, list: [KEY], map: new Map([["key", KEY]]) };
  const prints = [
    String(KEY),
    `${KEY}`,
    JSON.stringify(holder),
    inspect(holder, { depth: 9, showHidden: true }),
    inspect(KEY),
  ];
  const secrets = [WIF, PVT_K1, PVT_K1.slice(7), Buffer.from(OtherPrivateKey.from(WIF).data.array).toString("hex")];
  for (const print of prints) {
    for (const secret of secrets) assert.ok(!print.includes(secret.slice(0, 12)), print);
    assert.ok(print.includes(EOS));
  }
  assert.deepEqual(Object.keys(KEY).sort(), ["publicKey", "publicKeyPrefixed"]);
});

test("signing says which build of libsecp256k1 it uses", () => {
  assert.ok(["native", "wasm"].includes(signingBuild()));
});
