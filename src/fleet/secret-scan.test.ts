import assert from "node:assert/strict";
import { test } from "node:test";
import { formatPublicKey } from "../chain/keys/text.ts";
import { FleetDocument } from "./document.ts";
import { fleetSchema } from "./schema.ts";
import { privateKeySpans, secretSpans, soundsSecret } from "./secret-scan.ts";
import { entriesOf, itemOf, type Schema, variantsOf } from "./shape.ts";

const WIF = "5KQwrPbwdL6PhXujxW37FSSQZ1JiwsST4cqQzDeyXtP79zkvFD3";

function hiddenIn(text: string): string[] {
  return secretSpans(text, new FleetDocument(text)).map(({ start, end }) => text.slice(start, end));
}

test("private keys are found anywhere", () => {
  const pem = "-----BEGIN EC PRIVATE KEY-----\nMHQCAQEE\n-----END EC PRIVATE KEY-----";
  for (const key of [WIF, `PVT_K1_${"a".repeat(50)}`, `PVT_BLS_${"a-_".repeat(14)}`, pem]) {
    for (const text of [`a: ${key}`, `# ${key}`, `"${key}": 1`, `a: "x${key}`, `a: [${key}`]) {
      assert.deepEqual(
        privateKeySpans(text).map(({ start, end }) => text.slice(start, end)),
        [key],
        text,
      );
    }
  }
});

test("public keys and chain ids are not taken for private ones, even with the letters of one inside", () => {
  const bytes = Buffer.alloc(33, 2);
  let lookalike = "";
  for (let count = 0; !/^EOS.{0,6}5[HJK]/.test(lookalike); count++) {
    bytes.writeUInt32BE(count, 1);
    lookalike = formatPublicKey({ kind: "K1", bytes });
  }
  for (const text of [
    lookalike,
    `signing: {publicKey: ${lookalike}}`,
    `PUB_BLS_${WIF.padEnd(134, "x")}`,
    "aca376f206b8fc25a6ed44dbdc66547c36c6c33e3a119ffbeaef943642f0e906",
  ]) {
    assert.deepEqual(privateKeySpans(text), [], text);
  }
});

test("values under keys that sound secret are hidden, references are not", () => {
  assert.deepEqual(hiddenIn("phone: env:PHONE\nprivateKey: file:/a\nrole: api"), []);
  for (const text of [
    "phone: hunter2",
    "phnoe: hunter2",
    "api_key: hunter2",
    "{password: hunter2",
    "- token: 'hunter2",
  ]) {
    assert.ok(
      hiddenIn(text).some((hidden) => hidden.includes("hunter2")),
      text,
    );
  }
  assert.ok(hiddenIn("phone: >\n  hunter2\n").some((hidden) => hidden.includes("hunter2")));
  assert.deepEqual(hiddenIn("http: http://alice:hunter2@host"), ["hunter2"]);
});

test("no key of the schema sounds secret but those that are", () => {
  const keys = new Set(keysBelow(fleetSchema).filter(soundsSecret));
  assert.deepEqual([...keys].sort(), ["phone", "privateKey"]);
});

function keysBelow(schema: Schema): string[] {
  const options = variantsOf(schema)?.options ?? [itemOf(schema) ?? schema];
  return options.flatMap((option) =>
    option === schema || variantsOf(option) === undefined
      ? Object.entries(entriesOf(option) ?? {}).flatMap(([key, below]) => [key, ...keysBelow(below)])
      : keysBelow(option),
  );
}
