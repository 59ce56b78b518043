import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { loadFleet } from "../fleet/load.ts";
import { watchTargets } from "./target.ts";

test("a fleet gives one target a chain: its live nodes, then its peers", async () => {
  const fleet = await loadFleet(join(import.meta.dirname, "../../examples/eos-costa-rica/fleet.yaml"));
  const [eos, ...others] = watchTargets(fleet);
  assert.equal(eos?.chain, "eos");
  assert.deepEqual(eos?.accounts, ["costaricaeos"]);
  const names = eos?.nodes.map(({ name, ours }) => `${name}${ours ? "" : " (peer)"}`) ?? [];
  assert.ok(names.includes("eos-producer-1") && names.includes("neighbour-north (peer)"), names.join());
  assert.ok(!names.includes("eos-api-panama"), "a planned node is not watched");
  assert.deepEqual(eos?.nodes.find(({ name }) => name === "eos-producer-1")?.p2p, { host: "10.77.0.11", port: 9876 });
  assert.equal(eos?.nodes.find(({ name }) => name === "eos-producer-1")?.producerApi, "unix:/run/nodeos/producer.sock");
  assert.deepEqual(
    eos?.pairs.map(({ account, primary, secondary }) => [account, primary, secondary]),
    [["costaricaeos", "eos-producer-1", "eos-producer-2"]],
  );
  for (const target of others) assert.ok(target.nodes.length > 0, `${target.chain} has nothing to watch`);
});
