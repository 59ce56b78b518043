/** What a network keeps on disk: read back as written, or refused; never half of it, never silently anew. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Problem } from "../../kit/problem.ts";
import { DEMO_NETWORK } from "./demo.ts";
import { completed, freePort, readSaved, writeSaved } from "./saved.ts";

let dir: string;
before(() => {
  dir = mkdtempSync(join(tmpdir(), "saved-"));
});
after(() => rmSync(dir, { recursive: true, force: true }));

function broken(file: string): Problem {
  try {
    readSaved(file);
  } catch (thrown) {
    if (thrown instanceof Problem && thrown.code === "TESTCHAIN_SAVED_BROKEN") return thrown;
    throw thrown;
  }
  assert.fail("it was read");
}

test("what was written is read back, and a second completion adds nothing to it", async () => {
  const file = join(dir, "whole.json");
  assert.equal(readSaved(file), undefined);
  const saved = await completed(undefined, DEMO_NETWORK, undefined);
  writeSaved(file, saved);
  assert.deepEqual(readSaved(file), saved);
  assert.deepEqual(await completed(readSaved(file), DEMO_NETWORK, undefined), saved);
  assert.deepEqual(readdirSync(dir), ["whole.json"]);
});

test("a spec that has grown gets ports and keys for what is new, and keeps the others", async () => {
  const saved = await completed(undefined, DEMO_NETWORK, undefined);
  const grown = {
    ...DEMO_NETWORK,
    accounts: ["alice", "bob", "carol"],
    nodes: [...DEMO_NETWORK.nodes, { name: "seed", dials: ["relay"] }],
  };
  const more = await completed(structuredClone(saved), grown, undefined);
  assert.deepEqual(more.keys.alice, saved.keys.alice);
  assert.ok(more.keys.carol && more.ports.seed && more.links["seed>relay"]);
  assert.deepEqual({ ...more.ports, seed: undefined }, { ...saved.ports, seed: undefined });
});

test("no port of a network is given twice", async () => {
  const nodes = Array.from({ length: 60 }, (_, i) => ({ name: `n${i}`, dials: i === 0 ? [] : ["n0"] }));
  const saved = await completed(undefined, { start: "bare", schedule: [], nodes }, undefined);
  const ports = [
    saved.guard,
    ...Object.values(saved.links),
    ...Object.values(saved.ports).flatMap(({ http, p2p }) => [http, p2p]),
  ];
  assert.equal(ports.length, 1 + 59 + 120);
  assert.equal(new Set(ports).size, ports.length);
  const half = new Set(Array.from({ length: 6_000 }, (_, i) => 20_000 + 2 * i));
  for (let i = 0; i < 20; i++) assert.equal((await freePort(half)) % 2, 1, "none of those that are taken");
});

test("a file that ends early, at whatever byte, is refused", async () => {
  const file = join(dir, "torn.json");
  const saved = await completed(
    undefined,
    { start: "bare", schedule: [], nodes: [{ name: "a", dials: [] }] },
    undefined,
  );
  const whole = Buffer.from(JSON.stringify(saved));
  for (let length = whole.length - 1; length >= 0; length -= 1) {
    writeFileSync(file, whole.subarray(0, length));
    assert.equal(broken(file).where, file);
  }
});

test("a file of another version is refused, with the place that is not understood", async () => {
  const file = join(dir, "other.json");
  const saved = await completed(undefined, DEMO_NETWORK, undefined);
  const others: [unknown, RegExp][] = [
    [{ ...saved, links: undefined }, /links/],
    [{ ...saved, finalizers: undefined }, /finalizers/],
    [{ ...saved, ports: { norte: { http: 80 } } }, /ports\.norte\.p2p/],
    [{ ...saved, ports: { norte: { http: 0, p2p: 70_000 } } }, /ports\.norte\.http/],
    [{ ...saved, version: 2 }, /version/],
    [{ ...saved, keys: { alice: "5K…" } }, /keys\.alice/],
    [[], /ports/],
    [null, /the whole of it: .*Object/],
  ];
  for (const [content, place] of others) {
    writeFileSync(file, JSON.stringify(content));
    assert.match(broken(file).message, place);
  }
});
