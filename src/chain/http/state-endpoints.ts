/** nodeos's endpoints for what contracts and accounts have in the chain's state. */
import * as v from "valibot";
import { abiSchema } from "../abi/definition.ts";
import {
  endpoint,
  hash,
  json,
  type NoBody,
  name,
  object,
  signingAuthority,
  signingKey,
  time,
  u32,
  u64,
} from "./endpoint.ts";

interface AccountRequest {
  account_name: string;
}

const requiredAuth = v.object({
  threshold: u32,
  keys: v.array(signingKey),
  accounts: v.array(v.object({ permission: v.object({ actor: name, permission: name }), weight: u32 })),
  waits: v.array(object),
});
export const getAccount = endpoint<AccountRequest>()(
  "/v1/chain/get_account",
  v.looseObject({
    account_name: name,
    head_block_num: u32,
    created: time,
    ram_usage: u64,
    permissions: v.array(v.looseObject({ perm_name: name, parent: v.string(), required_auth: requiredAuth })),
  }),
);
/** Served only with `enable-account-queries`. */
export const getAccountsByAuthorizers = endpoint<{ keys: string[]; accounts: (string | object)[] }>()(
  "/v1/chain/get_accounts_by_authorizers",
  v.object({
    accounts: v.array(
      v.looseObject({
        account_name: name,
        permission_name: name,
        authorizing_key: v.optional(v.string()),
        weight: u32,
      }),
    ),
  }),
);

/** `abi` is absent where the account has none. */
export const getAbi = endpoint<AccountRequest>()(
  "/v1/chain/get_abi",
  v.object({ account_name: name, abi: v.optional(abiSchema) }),
);
/** `abi` is base64 of the bytes that the chain stores, `abi_hash` their sha256. */
export const getRawAbi = endpoint<AccountRequest>()(
  "/v1/chain/get_raw_abi",
  v.object({ account_name: name, code_hash: hash, abi_hash: hash, abi: v.string() }),
);
export const getCodeHash = endpoint<AccountRequest>()(
  "/v1/chain/get_code_hash",
  v.object({ account_name: name, code_hash: hash }),
);

export interface TableRequest {
  code: string;
  scope: string;
  table: string;
  json?: boolean;
  lower_bound?: string;
  upper_bound?: string;
  limit?: number;
  reverse?: boolean;
}
/** nodeos stops after its time per request: `more` with the key to go on from. */
export const getTableRows = endpoint<TableRequest>()(
  "/v1/chain/get_table_rows",
  v.object({ rows: v.array(json), more: v.boolean(), next_key: v.string() }),
);
/** `more` is the scope to go on from, empty at the end. */
export const getTableByScope = endpoint<{ code: string; table?: string; lower_bound?: string; limit?: number }>()(
  "/v1/chain/get_table_by_scope",
  v.object({
    rows: v.array(v.object({ code: name, scope: name, table: name, payer: name, count: u32 })),
    more: v.string(),
  }),
);
export const getCurrencyBalance = endpoint<{ code: string; account: string; symbol?: string }>()(
  "/v1/chain/get_currency_balance",
  v.array(v.string()),
);
export const getCurrencyStats = endpoint<{ code: string; symbol: string }>()(
  "/v1/chain/get_currency_stats",
  v.record(v.string(), v.object({ supply: v.string(), max_supply: v.string(), issuer: name })),
);
/** On a chain without the system contract these are the producers of the schedule, without votes. */
export const getProducers = endpoint<{ json: true; limit?: number; lower_bound?: string }>()(
  "/v1/chain/get_producers",
  v.object({
    rows: v.array(
      v.looseObject({ owner: name, producer_authority: v.optional(signingAuthority), total_votes: v.string() }),
    ),
    total_producer_vote_weight: v.string(),
    more: v.string(),
  }),
);
export const getConsensusParameters = endpoint<NoBody>()(
  "/v1/chain/get_consensus_parameters",
  v.object({ chain_config: v.record(v.string(), u64), wasm_config: v.record(v.string(), u64) }),
);
