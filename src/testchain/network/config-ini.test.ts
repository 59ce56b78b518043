/** `config.ini` as a network writes it is what a node's own options parser reads out of it. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { Problem } from "../../kit/problem.ts";
import { type Options, readOptions } from "../node/options.ts";
import { httpSettings, netSettings, producerSettings } from "../node/settings.ts";
import { type NodeSetup, renderConfig } from "./config-ini.ts";

let dir: string;
before(() => {
  dir = mkdtempSync(join(tmpdir(), "config-"));
});
after(() => rmSync(dir, { recursive: true, force: true }));

function readBack(setup: NodeSetup): Options {
  writeFileSync(join(dir, "config.ini"), renderConfig(setup));
  return readOptions(["--config-dir", dir]).options;
}

const accountName = fc.stringMatching(/^[a-z1-5]{1,12}$/);
const address = fc.tuple(fc.domain(), fc.integer({ min: 1, max: 65_535 })).map(([host, port]) => `${host}:${port}`);
/** Anything that a line of the file can carry. */
const plain = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).filter((text) => {
  return !/[#\r\n]/.test(text) && text.trim() === text;
});
const provider = fc.oneof(
  fc.tuple(fc.base64String({ minLength: 8 }), fc.base64String({ minLength: 8 })).map(([a, b]) => `EOS${a}=KEY:${b}`),
  fc.webUrl({ withQueryParameters: true }).map((url) => `PUB_K1_x=KEOSD:${url}`),
);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const setups = fc
  .record({
    name: plain,
    producers: fc.array(accountName, { maxLength: 4 }),
    signatureProviders: fc.array(provider, { maxLength: 4 }),
    peers: fc.array(address, { maxLength: 4 }),
    httpPort: fc.integer({ min: 1, max: 65_535 }),
    p2pPort: fc.integer({ min: 1, max: 65_535 }),
    pauseOnStartup: maybe(fc.boolean()),
    staleProduction: maybe(fc.boolean()),
    voteTimeoutMs: maybe(fc.nat()),
    keosdTimeoutMs: maybe(fc.integer({ min: -1, max: 10_000 })),
  })
  .map(
    (setup) =>
      Object.fromEntries(Object.entries(setup).filter(([, value]) => value !== undefined)) as never as NodeSetup,
  );

test("what is rendered is read back as the same settings, for any setup", () => {
  fc.assert(
    fc.property(setups, (setup) => {
      const options = readBack(setup);
      const net = netSettings(options);
      assert.equal(net.agent, setup.name);
      assert.deepEqual(net.peers, setup.peers);
      assert.deepEqual(net.listen, [`127.0.0.1:${setup.p2pPort}`]);
      assert.equal(httpSettings(options).address, `127.0.0.1:${setup.httpPort}`);
      assert.deepEqual(options["signature-provider"] ?? [], setup.signatureProviders);
      assert.equal(options["production-pause-vote-timeout-ms"], setup.voteTimeoutMs);
      assert.equal(options["keosd-provider-timeout"], setup.keosdTimeoutMs);
      assert.deepEqual(producerSettings(options), {
        producers: setup.producers,
        pauseOnStartup: setup.pauseOnStartup === true,
        enableStaleProduction: setup.staleProduction === true,
        maxReversible: 3600,
      });
    }),
  );
});

const BARE: NodeSetup = { name: "a", producers: [], signatureProviders: [], peers: [], httpPort: 1, p2pPort: 2 };

test("a further option replaces what is set already, and each text of a list is added", () => {
  const setup = {
    ...BARE,
    peers: ["a:1"],
    extra: { "max-clients": "7", "p2p-peer-address": ["b:2", "c:3"], "produce-block-offset-ms": "300" },
  };
  const options = readBack(setup);
  assert.equal(options["max-clients"], 7);
  assert.deepEqual(options["p2p-peer-address"], ["a:1", "b:2", "c:3"]);
  assert.equal(options["produce-block-offset-ms"], 300);
});

test("a value that the file cannot carry is refused instead of cut", () => {
  const values = ["a # b", "two\nlines", "two\rlines", " leading", "trailing\t", "http://127.0.0.1/#fragment"];
  for (const value of values) {
    assert.throws(
      () => renderConfig({ ...BARE, extra: { "agent-name": value } }),
      (thrown) => thrown instanceof Problem && thrown.code === "TESTCHAIN_BAD_OPTION",
      JSON.stringify(value),
    );
  }
});
