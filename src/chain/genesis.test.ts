import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { p2pBlocks, RECORDED_CHAIN_ID, recordedJson } from "../../test/recordings.ts";
import { identifyBlock } from "./block/block.ts";
import { blockNum } from "./block/header.ts";
import { chainIdOf, type Genesis, genesisBlock, genesisSchema, makeGenesis } from "./genesis.ts";

const genesis = v.parse(genesisSchema, recordedJson("chain/genesis.json"));

/** The genesis of EOS (now Vaulta), as published; its chain id is known to every wallet. */
const EOS_GENESIS: Genesis = {
  initial_timestamp: "2018-06-08T08:08:08.888",
  initial_key: "EOS7EarnUhcyYqmdnPon8rm7mBCTnBoot6o7fE2WzjvEX2TdggbL3",
  initial_configuration: {
    max_block_net_usage: 1_048_576,
    target_block_net_usage_pct: 1000,
    max_transaction_net_usage: 524_288,
    base_per_transaction_net_usage: 12,
    net_usage_leeway: 500,
    context_free_discount_net_usage_num: 20,
    context_free_discount_net_usage_den: 100,
    max_block_cpu_usage: 200_000,
    target_block_cpu_usage_pct: 1000,
    max_transaction_cpu_usage: 150_000,
    min_transaction_cpu_usage: 100,
    max_transaction_lifetime: 3600,
    deferred_trx_expiration_window: 600,
    max_transaction_delay: 3_888_000,
    max_inline_action_size: 4096,
    max_inline_action_depth: 4,
    max_authority_depth: 6,
  },
};

test("the chain id follows from the genesis: of the recorded chain, and of EOS", () => {
  assert.equal(chainIdOf(genesis), RECORDED_CHAIN_ID);
  assert.equal(chainIdOf(EOS_GENESIS), "aca376f206b8fc25a6ed44dbdc66547c36c6c33e3a119ffbeaef943642f0e906");
});

test("anything else in the genesis makes another chain", () => {
  const ids = new Set([chainIdOf(genesis), chainIdOf(genesis, Buffer.from([1]))]);
  ids.add(chainIdOf({ ...genesis, initial_timestamp: "2026-11-22T16:03:02.500" }));
  ids.add(chainIdOf({ ...genesis, initial_key: EOS_GENESIS.initial_key }));
  const limits = Object.keys(genesis.initial_configuration) as (keyof Genesis["initial_configuration"])[];
  for (const limit of limits) {
    const initial_configuration = { ...genesis.initial_configuration };
    initial_configuration[limit] += 1;
    ids.add(chainIdOf({ ...genesis, initial_configuration }));
  }
  assert.equal(ids.size, 4 + limits.length);
});

test("block 1 follows from the genesis: the recorded block 2 names it as its parent", () => {
  const { header, id } = genesisBlock(genesis, chainIdOf(genesis));
  const [second] = p2pBlocks();
  assert.ok(second);
  assert.equal(identifyBlock(second).header.previous, id);
  assert.equal(blockNum(header), 1);
});

test("a genesis of our own is read back by the schema", () => {
  const made = makeGenesis(EOS_GENESIS.initial_key, Date.UTC(2026, 10, 22, 16, 3, 2));
  assert.deepEqual(v.parse(genesisSchema, JSON.parse(JSON.stringify(made))), made);
  assert.equal(made.initial_timestamp, genesis.initial_timestamp);
});

test("a limit that is missing, negative, broken or too wide for its field is refused", () => {
  const broken: [string, unknown][] = [
    ["max_block_cpu_usage", undefined],
    ["max_block_cpu_usage", -1],
    ["max_block_cpu_usage", 1.5],
    ["max_block_cpu_usage", 2 ** 32],
    ["max_authority_depth", 65_536],
    ["max_block_net_usage", 2 ** 60],
    ["max_block_net_usage", "1048576"],
  ];
  for (const [limit, value] of broken) {
    const initial_configuration = { ...genesis.initial_configuration, [limit]: value };
    assert.equal(
      v.safeParse(genesisSchema, { ...genesis, initial_configuration }).success,
      false,
      `${limit} = ${value}`,
    );
  }
});

test("a genesis with a broken key or time is a problem", () => {
  assert.throws(() => chainIdOf({ ...genesis, initial_key: "EOS1" }), { code: "KEY_BAD_PUBLIC" });
  assert.throws(() => chainIdOf({ ...genesis, initial_timestamp: "yesterday" }), { code: "CHAIN_BAD_TIME" });
});
