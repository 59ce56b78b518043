/** Remote signers on a unix socket: the one form of URL that works, and the one that hangs nodeos for good. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { producerPaused, producerResume } from "../../src/chain/http/endpoints.ts";
import { FakeSigner } from "./fake-signer.ts";
import { Rig, states, until } from "./rig.ts";

let dir: string;
let signer: FakeSigner;
let rig: Rig;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "signer-"));
  const path = join(dir, "s.sock");
  signer = await FakeSigner.start(path);
  rig = await Rig.start(
    {
      start: "bare",
      schedule: [],
      nodes: [
        {
          name: "plain",
          producers: ["eosio"],
          dials: [],
          startsChain: true,
          signerUrl: `unix://${path}`,
          keosdTimeoutMs: 300,
        },
        {
          name: "lost",
          producers: ["eosio"],
          dials: ["plain"],
          pauseOnStartup: true,
          signerUrl: `unix://${path}/v1/wallet/sign_digest`,
          keosdTimeoutMs: 300,
        },
      ],
    },
    (network) => {
      signer.use(network.key("eosio").privateKey);
      return network.spec;
    },
  );
});
after(async () => {
  await rig?.stop();
  await signer?.stop();
  rmSync(dir, { recursive: true, force: true });
});

states("A2.1 (fact 8)", "a socket with nothing behind it works, and is asked for the path /", async () => {
  const from = signer.requests.length;
  const { head_block_num: head } = await rig.info("plain");
  await until("blocks", async () => (await rig.info("plain")).head_block_num >= head + 4);
  const [request] = signer.requests.slice(from);
  assert.deepEqual([request?.method, request?.path, request?.headers.host], ["POST", "/", join(dir, "s.sock")]);
});

states(
  "A2.1 (fact 8)",
  "a path behind the socket hangs the main thread with the first signature, while get_info is still answered",
  async () => {
    await until("the other to follow", async () => (await rig.info("lost")).head_block_num >= 4);
    assert.equal(await rig.client("lost").call(producerPaused), true);
    await rig.client("lost").call(producerResume);
    const resumed = Date.now();
    try {
      await until("the first signature to be due", () => Date.now() > resumed + 2500);
      await assert.rejects(rig.ask("lost", "/v1/producer/paused", { timeoutMs: 3000 }));
      const { head_block_num: head } = await rig.info("lost");
      const { head_block_num: ahead } = await rig.info("plain");
      assert.ok(ahead > head + 4, `${head} of ${ahead}: get_info tells the head from before`);
    } finally {
      rig.network.node("lost").signal("SIGKILL");
    }
  },
);
