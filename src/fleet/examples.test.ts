/**
 * What is published beside the code agrees with it: examples load, the tutorial's blocks make a fleet, the
 * JSON Schema and the reference are those of the code. `UPDATE=1` rewrites the generated ones.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { fleetJsonSchema } from "./json-schema.ts";
import { loadFleet, parseFleet } from "./load.ts";
import { fleetReference, REFERENCE_MARKER } from "./reference.ts";

const UPDATE = process.env.UPDATE === "1";
const ROOT = resolve(import.meta.dirname, "../..");
const SCHEMA = join(ROOT, "schema/fleet.schema.json");
const DOCUMENTATION = join(ROOT, "docs/fleet.md");

for (const example of globSync("examples/*/fleet.yaml", { cwd: ROOT })) {
  test(`${example} loads, and tells editors where its schema is`, async () => {
    const path = join(ROOT, example);
    await loadFleet(path);
    const [, reference] = /^# yaml-language-server: \$schema=(.+)$/m.exec(readFileSync(path, "utf8")) ?? [];
    assert.equal(resolve(dirname(path), reference ?? ""), SCHEMA);
  });
}

test("examples/eos-costa-rica is the published plan", async () => {
  const fleet = await loadFleet(join(ROOT, "examples/eos-costa-rica/fleet.yaml"));
  const producers = fleet.hosts.filter((host) => host.name.startsWith("cr-producer-"));
  assert.equal(producers.length, 2);
  for (const { hardware, planned } of producers) {
    assert.deepEqual(hardware?.cpu, { sockets: 4, cores: 24, threads: 48, ghz: 1.87 });
    assert.equal(hardware?.ramBytes, 512 * 2 ** 30);
    assert.equal(hardware?.uplinkBitsPerSecond, 100e6);
    assert.deepEqual(planned?.cpu, { sockets: 2, cores: 56, threads: 112, ghz: 2.5 });
    assert.equal(planned?.ramBytes, 1.5 * 2 ** 40);
    assert.deepEqual(planned?.storage, [{ sizeBytes: 8e12, raid: 6 }]);
    assert.equal(planned?.uplinkBitsPerSecond, 1e9);
  }
  const order = fleet.sites.toSorted((one, other) => one.rollout - other.rollout).map((site) => site.country);
  assert.deepEqual(order, ["CR", "PA", "SV", "GT", "HN", "NI"]);
  assert.deepEqual(
    fleet.pairs.map(({ account, primary, secondary }) => ({ account, primary, secondary })),
    [{ account: "costaricaeos", primary: "eos-producer-1", secondary: "eos-producer-2" }],
  );
});

test("the tutorial's blocks together are a fleet", () => {
  const [tutorial = ""] = readFileSync(DOCUMENTATION, "utf8").split(REFERENCE_MARKER);
  const blocks = [...tutorial.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, block]) => block ?? "");
  assert.ok(blocks.length >= 3);
  assert.equal(parseFleet(blocks.join("\n")).pairs[0]?.account, "examplebp123");
});

test("the tutorial shows a mistake as it is reported", () => {
  const golden = readFileSync(join(import.meta.dirname, "goldens/unknown-key.out"), "utf8");
  assert.ok(readFileSync(DOCUMENTATION, "utf8").includes(golden));
});

test("docs/fleet.md holds the reference of the schema", () => {
  const [tutorial = ""] = readFileSync(DOCUMENTATION, "utf8").split(REFERENCE_MARKER);
  const content = `${tutorial}${REFERENCE_MARKER}\n\n${fleetReference()}`;
  if (UPDATE) writeFileSync(DOCUMENTATION, content);
  assert.ok(readFileSync(DOCUMENTATION, "utf8") === content, "docs/fleet.md is out of date: run this with UPDATE=1");
});

test("schema/fleet.schema.json is the schema", () => {
  const schema: unknown = JSON.parse(JSON.stringify(fleetJsonSchema()));
  if (UPDATE) {
    writeFileSync(SCHEMA, JSON.stringify(schema, null, 2));
    execFileSync(join(ROOT, "node_modules/.bin/biome"), ["format", "--write", SCHEMA], { cwd: ROOT });
  }
  assert.deepEqual(JSON.parse(readFileSync(SCHEMA, "utf8")), schema, "out of date: run this with UPDATE=1");
});
