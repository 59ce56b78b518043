/** Legacy consensus with several producers: confirmations, irreversibility that comes in jumps, and a token. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { AbiSerializer } from "../../src/chain/abi/serializer.ts";
import { getProducerSchedule } from "../../src/chain/http/endpoints.ts";
import { isNodeosError, NODEOS } from "../../src/chain/http/errors.ts";
import { indexInRound, SLOTS_PER_ROUND } from "../../src/chain/time.ts";
import { contractsOf } from "../../src/testchain/network/programs.ts";
import type { BlockWatch } from "./block-watch.ts";
import { LACKS, programs, Rig, states, until } from "./rig.ts";

const PRODUCERS = ["bpa", "bpb", "bpc"];

let rig: Rig;
let watch: BlockWatch;

before(async () => {
  if (LACKS.contracts) return;
  rig = await Rig.start({
    start: "legacy",
    schedule: PRODUCERS,
    accounts: ["alice", "bob"],
    nodes: [
      { name: "a", producers: ["bpa"], dials: [], startsChain: true },
      { name: "b", producers: ["bpb"], dials: ["a"], startsChain: true },
      { name: "c", producers: ["bpc"], dials: ["a", "b"], startsChain: true },
    ],
  });
  watch = await rig.watch("a");
});
after(() => rig?.stop());

states(
  "A4.1",
  "get_producer_schedule names the producers, and headers the schedule's version",
  async () => {
    const { active, pending } = await rig.client("a").call(getProducerSchedule);
    assert.deepEqual(
      active.producers.map(({ producer_name }) => producer_name),
      PRODUCERS,
    );
    // the version of the schedule that was pending last stays behind, or the whole is null, as the release has it
    assert.deepEqual(pending?.producers ?? [], []);
    const block = await until("a block", () => watch.last);
    assert.equal(block.header.scheduleVersion, active.version);
  },
  LACKS.contracts,
);

states(
  "A3, A4.1",
  "the last irreversible block lags by more than a round, and moves when a producer's turn confirms the others",
  async () => {
    const samples: { head: number; lib: number }[] = [];
    await until(
      "irreversibility to move twice",
      async () => {
        const { head_block_num: head, last_irreversible_block_num: lib } = await rig.info("a");
        if (samples.at(-1)?.head !== head) samples.push({ head, lib });
        return new Set(samples.map((sample) => sample.lib)).size >= 3;
      },
      180_000,
    );
    const settled = samples.slice(samples.findIndex(({ lib }) => lib !== samples[0]?.lib));
    for (const { head, lib } of settled) assert.ok(head - lib >= SLOTS_PER_ROUND, `head ${head}, irreversible ${lib}`);

    const confirming = watch.blocks.filter(({ header }) => header.confirmed > 0);
    assert.ok(confirming.length > 0);
    for (const block of confirming) {
      const parent = watch.blocks.find(({ id }) => id === block.header.previous);
      if (parent === undefined) continue;
      assert.notEqual(parent.header.producer, block.header.producer, "only the first block of a turn confirms others");
    }
    const full = confirming.find(({ header }) => header.confirmed === 2 * SLOTS_PER_ROUND);
    if (full !== undefined) assert.equal(indexInRound(full.header.slot), 0);
  },
  LACKS.contracts,
);

async function ask<T>(path: string, body: unknown): Promise<T> {
  return (await rig.ask("a", `/v1/chain/${path}`, { body })).json<T>();
}

const rowsOf = (scope: string, more: object = {}) =>
  ask<{ rows: unknown[]; more: boolean; next_key: string }>("get_table_rows", {
    json: true,
    code: "eosio.token",
    scope,
    table: "accounts",
    ...more,
  });

async function transfer(from: string, to: string, quantity: string): Promise<void> {
  const abi = contractsOf(programs)?.token.abi;
  assert.ok(abi);
  const data = new AbiSerializer(abi).encodeAction("transfer", { from, to, quantity, memo: "" });
  const authorization = [{ actor: from, permission: "active" }];
  await rig.transactor("a").send([{ account: "eosio.token", name: "transfer", authorization, data }]);
}

states(
  "A5.3",
  "a contract's table is read as JSON by its ABI, or as bytes; a transfer moves what it shows",
  async () => {
    assert.deepEqual(await rowsOf("alice"), { rows: [{ balance: "1000000.0000 EOS" }], more: false, next_key: "" });
    assert.deepEqual((await rowsOf("nobodyhere")).rows, []);
    const { rows } = await rowsOf("alice", { json: false });
    // amount, little-endian, then four decimals and the letters
    assert.deepEqual(rows, ["00e40b540200000004454f5300000000"]);
    await transfer("alice", "bob", "1.5000 EOS");
    await until("both balances", async () => {
      const balances = await Promise.all(
        ["alice", "bob"].map((account) => ask("get_currency_balance", { code: "eosio.token", account, symbol: "EOS" })),
      );
      return JSON.stringify(balances) === '[["999998.5000 EOS"],["1000001.5000 EOS"]]';
    });
    const stats = await ask<{ EOS: { supply: string; issuer: string } }>("get_currency_stats", {
      code: "eosio.token",
      symbol: "EOS",
    });
    assert.deepEqual([stats.EOS.supply, stats.EOS.issuer], ["2000000.0000 EOS", "eosio"]);
  },
  LACKS.contracts,
);

states(
  "A5.2",
  "what a contract asserts is 500 with code 3050003 and the contract's own words",
  () =>
    assert.rejects(transfer("alice", "bob", "99999999.0000 EOS"), (thrown) => {
      assert.ok(isNodeosError(thrown, NODEOS.assertMessage), String(thrown));
      assert.equal(thrown.httpStatus, 500);
      assert.match(thrown.details[0] ?? "", /^assertion failure with message: overdrawn balance/);
      return true;
    }),
  LACKS.contracts,
);
