/**
 * A chain's genesis: its id is sha256 of the serialised genesis state, and block 1 follows from it.
 * The file is nodeos's `genesis.json`.
 */
import * as v from "valibot";
import { type BlockHeader, blockId } from "./block/header.ts";
import { pack } from "./codec/writer.ts";
import { sha256, ZERO_256 } from "./hash.ts";
import { formatTimePoint, parseTimePoint, slotOf } from "./time.ts";

/** Chain limits in serialisation order with their widths; every file must give them all. */
const CONFIGURATION = [
  ["max_block_net_usage", 64],
  ["target_block_net_usage_pct", 32],
  ["max_transaction_net_usage", 32],
  ["base_per_transaction_net_usage", 32],
  ["net_usage_leeway", 32],
  ["context_free_discount_net_usage_num", 32],
  ["context_free_discount_net_usage_den", 32],
  ["max_block_cpu_usage", 32],
  ["target_block_cpu_usage_pct", 32],
  ["max_transaction_cpu_usage", 32],
  ["min_transaction_cpu_usage", 32],
  ["max_transaction_lifetime", 32],
  ["deferred_trx_expiration_window", 32],
  ["max_transaction_delay", 32],
  ["max_inline_action_size", 32],
  ["max_inline_action_depth", 16],
  ["max_authority_depth", 16],
] as const;

type ConfigurationName = (typeof CONFIGURATION)[number][0];

const limit = (bits: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Math.min(2 ** bits - 1, Number.MAX_SAFE_INTEGER)));

export const genesisSchema = v.object({
  initial_timestamp: v.string(),
  initial_key: v.string(),
  initial_configuration: v.object(
    Object.fromEntries(CONFIGURATION.map(([name, bits]) => [name, limit(bits)])) as Record<
      ConfigurationName,
      ReturnType<typeof limit>
    >,
  ),
});
export type Genesis = v.InferOutput<typeof genesisSchema>;

/** A genesis for a fresh chain: nodeos's default limits, with room for twice as much CPU in a block. */
export function makeGenesis(initialKey: string, initialMs: number): Genesis {
  return {
    initial_timestamp: formatTimePoint(initialMs),
    initial_key: initialKey,
    initial_configuration: {
      max_block_net_usage: 1_048_576,
      target_block_net_usage_pct: 1000,
      max_transaction_net_usage: 524_288,
      base_per_transaction_net_usage: 12,
      net_usage_leeway: 500,
      context_free_discount_net_usage_num: 20,
      context_free_discount_net_usage_den: 100,
      max_block_cpu_usage: 400_000,
      target_block_cpu_usage_pct: 2000,
      max_transaction_cpu_usage: 150_000,
      min_transaction_cpu_usage: 100,
      max_transaction_lifetime: 3600,
      deferred_trx_expiration_window: 600,
      max_transaction_delay: 3_888_000,
      max_inline_action_size: 524_287,
      max_inline_action_depth: 4,
      max_authority_depth: 6,
    },
  };
}

/**
 * The chain id of a genesis, hex. `extra` is whatever a test chain starts with beyond nodeos's own genesis.
 * Throws `CHAIN_BAD_TIME` or `KEY_BAD_PUBLIC`.
 */
export function chainIdOf(genesis: Genesis, extra: Uint8Array = Buffer.alloc(0)): string {
  const serialized = pack((writer) => {
    writer.i64(BigInt(parseTimePoint(genesis.initial_timestamp)) * 1000n).publicKey(genesis.initial_key);
    for (const [name, bits] of CONFIGURATION) {
      const value = genesis.initial_configuration[name];
      if (bits === 64) writer.u64(BigInt(value));
      else if (bits === 32) writer.u32(value);
      else writer.u16(value);
    }
  });
  return sha256(Buffer.concat([serialized, extra])).toString("hex");
}

/** Header and id of block 1, which nobody signs. */
export function genesisBlock(genesis: Genesis, chainId: string): { header: BlockHeader; id: string } {
  const header: BlockHeader = {
    slot: slotOf(parseTimePoint(genesis.initial_timestamp)),
    producer: "",
    confirmed: 1,
    previous: ZERO_256,
    transactionMroot: ZERO_256,
    actionMroot: chainId,
    scheduleVersion: 0,
    extensions: [],
  };
  return { header, id: blockId(header) };
}
