/** What `get_runtime_options` shows and `update_runtime_options` changes until the node is restarted. */
import { SLOT_MS, SLOTS_PER_ROUND } from "../../../chain/time.ts";
import { failure } from "../failure.ts";

export interface RuntimeOptions {
  /** ms */
  maxTransactionTime: number;
  /** Seconds; negative for no limit. */
  maxIrreversibleAgeSec: number;
  /** ms over a round of 12 blocks. */
  offsetMs: number;
  greylistLimit: number;
  /** Absent unless it was set. */
  subjectiveCpuLeewayUs?: number | undefined;
}

/** Throws `plugin_config_exception` for an offset that leaves no time to build blocks. */
export function checkOffset(offsetMs: number): void {
  const round = SLOT_MS * SLOTS_PER_ROUND;
  if (offsetMs >= 0 && offsetMs < round) return;
  throw failure(
    "plugin_config_exception",
    `produce-block-offset-ms ${offsetMs} must be [0 - ${round})`,
    "producer_plugin.cpp:set_produce_block_offset",
  );
}
