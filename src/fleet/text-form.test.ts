/** One row for each text that a form takes or refuses. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import * as form from "./text-form.ts";

const PUBLIC_KEY = "EOS6MRyAjQq8ud7hVNYcfnVPJqcVpscN5So8BhtHuGYqET5GDW5CV";

const ROWS: [name: string, schema: v.GenericSchema, good: string[], bad: string[]][] = [
  ["a name", form.ownName, ["a", "bp-1", "1"], ["", "A", "-a", "a-", "a_b", "a.b", "a".repeat(64), "é"]],
  ["words", form.words, ["EOS Costa Rica", "San José"], ["", "  ", "a\nb", "\u001b[31m", "x".repeat(201)]],
  ["a country", form.country, ["CR", "PA"], ["cr", "Costa Rica", "XX", "EU", "UK"]],
  [
    "a domain",
    form.domain,
    ["eosio.cr", "a.b.example"],
    ["cr", "Eosio.cr", "eosio.cr.", "*.eosio.cr", "a..b", "1.2.3.4"],
  ],
  [
    "a machine",
    form.machineAddress,
    ["10.0.0.1", "::1", "host-1", "a.b"],
    ["10.0.0.300", "10.0.0.1:80", "http://a", "", "1"],
  ],
  [
    "a peer",
    form.peerAddress,
    ["10.0.0.1:9876", "[::1]:9876", "seed.eosio.cr:9876"],
    ["10.0.0.1", ":9876", "a:0", "a:65536", "::1:9876", "http://a:1", "a:9876:trx"],
  ],
  [
    "an API",
    form.apiUrl,
    ["http://10.0.0.1:8888", "https://api.eosio.cr", "http://[::1]:8888/", "unix:/run/n.sock"],
    ["10.0.0.1:8888", "ftp://a", "http://a/v1", "http://a?b", "http://u:p@a", "unix:run", "http://a:99999", "http://"],
  ],
  ["a page", form.webUrl, ["https://t.me/x"], ["t.me/x", "javascript:alert(1)", "https://u:p@a", ""]],
  ["a chain id", form.chainId, ["ab".repeat(32)], ["AB".repeat(32), "ab", `0x${"ab".repeat(31)}`]],
  ["an account", form.account, ["eosio", "a.b", "costaricaeos"], ["", "Eosio", "a6", "a.", "abcdefghijklm"]],
  ["a public key", form.publicKey, [PUBLIC_KEY], [PUBLIC_KEY.replace("EOS6", "EOS7"), "EOS", "x"]],
  ["a finalizer's key", form.finalizerKey, [`PUB_BLS_${"a".repeat(134)}`], ["PUB_BLS_a", `PUB_BLS_${"+".repeat(134)}`]],
  ["a secret", form.secret, ["env:A", "file:/a"], ["hunter2", "env:", "file:a", "ENV:A"]],
  ["an email", form.personalEmail, ["a@b.cr", "env:EMAIL_A"], ["a", "a@b", "a b@c.d"]],
  ["what is served", form.servedNode, ["api-1", "role:api"], ["role: api", "role:", "Role:api", "a b"]],
];

for (const [name, schema, good, bad] of ROWS) {
  test(`${name} is taken or refused by its form`, () => {
    for (const text of good) assert.ok(v.is(schema, text), `\`${text}\` was refused`);
    for (const text of bad) assert.ok(!v.is(schema, text), `\`${text}\` was taken`);
  });
}

const ADVICE: [schema: v.GenericSchema, text: string, help: string | undefined][] = [
  [form.ownName, "San José 1", "for example `san-jose-1`"],
  [form.country, "Panamá", "Panama is `PA`"],
  [form.country, "cr", "Costa Rica is `CR`"],
  [form.domain, "Eosio.CR", "write it in lower case: `eosio.cr`"],
  [form.hostname, "https://api.eosio.cr", "write the name alone, without `https://` and without a path"],
  [form.machineAddress, "10.0.0.1:22", "leave the port to the nodes"],
  [form.peerAddress, "::1", "add the port: `[::1]:9876`"],
  [form.apiUrl, "10.0.0.1:8888", "write `http://10.0.0.1:8888`"],
  [form.apiUrl, "http://a:8888/v1/chain", "write the address alone: `http://a:8888`"],
  [form.webUrl, "t.me/eoscostarica", "write `https://t.me/eoscostarica`"],
  [form.chainId, "abc", "this one has 3"],
  [form.chainId, "eos", "ask any node of the chain for `chain_id` in `/v1/chain/get_info`"],
  [form.servedNode, "role: api", "write it without a space: `role:api`"],
];

for (const [schema, text, help] of ADVICE) {
  test(`\`${text}\` gets advice`, () => {
    assert.equal(v.safeParse(schema, text).issues?.[0]?.message.split("\n")[1], help);
  });
}
