/** The limits of the chain that its genesis set, as the state keeps them and `get_consensus_parameters` shows them. */
import type { Genesis } from "../../../chain/genesis.ts";
import type { Row, Tables } from "./tables.ts";

export type ChainConfig = Genesis["initial_configuration"];

export function setChainConfig(tables: Tables, config: ChainConfig): void {
  tables.set("global", "chain_config", config as unknown as Row);
}

export function getChainConfig(tables: Tables): ChainConfig {
  return tables.get<Row>("global", "chain_config") as unknown as ChainConfig;
}

/** Part of the chain's limits once ACTION_RETURN_VALUE is active; nodeos's default. */
export const MAX_ACTION_RETURN_VALUE_SIZE = 256;

/** In force once CONFIGURABLE_WASM_LIMITS2 is active; nodeos's defaults, which no contract here changes. */
export const WASM_CONFIG = {
  max_mutable_global_bytes: 1024,
  max_table_elements: 1024,
  max_section_elements: 8192,
  max_linear_memory_init: 65_536,
  max_func_local_bytes: 8192,
  max_nested_structures: 1024,
  max_symbol_bytes: 8192,
  max_module_bytes: 20_971_520,
  max_code_bytes: 20_971_520,
  max_pages: 528,
  max_call_depth: 251,
} as const;
