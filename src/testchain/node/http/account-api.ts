/** `/v1/chain/*` on accounts: permissions, code, ABI. */
import { formatBlockTime, formatTimePoint, timeOf } from "../../../chain/time.ts";
import { type AccountRow, abiOf, getAccount } from "../chain/accounts.ts";
import { permissionsOf } from "../chain/authority.ts";
import { failure } from "../failure.ts";
import type { TestNode } from "../node.ts";
import { CHAIN_PLUGIN, chainReader, nameField } from "./chain-reader.ts";
import type { Endpoint } from "./endpoint.ts";

/** How boost calls the key of nodeos's account index; its error text prints it. */
const KEY_TYPE = `boost::tuples::tuple<bool, eosio::chain::name, ${Array(8).fill("boost::tuples::null_type").join(", ")}>`;

export function accountApi(node: TestNode): Endpoint[] {
  const reader = (name: string, answer: (node: TestNode, account: string) => object) =>
    chainReader(name, "required", (body) => answer(node, nameField(body, "account_name")));
  return [
    reader("get_account", accountAnswer),
    reader("get_abi", abiAnswer),
    reader("get_raw_abi", rawAbiAnswer),
    reader("get_code_hash", codeHashAnswer),
    reader("get_code", codeAnswer),
    reader("get_raw_code_and_abi", rawCodeAnswer),
  ];
}

function requireAccount(node: TestNode, name: string, method: string): AccountRow {
  const row = getAccount(node.controller.tables, name);
  if (row === undefined) {
    const place = method === "get_account" ? `2586:${method}` : method;
    throw failure(
      "account_query_exception",
      `unable to retrieve account info (unknown key (${KEY_TYPE}): (0 ${name}))`,
      `${CHAIN_PLUGIN}:${place}`,
    );
  }
  return row;
}

function accountAnswer(node: TestNode, name: string) {
  const row = requireAccount(node, name, "get_account");
  const { head, tables } = node.controller;
  const unlimited = {
    used: -1,
    available: -1,
    max: -1,
    last_usage_update_time: formatBlockTime(head.slot),
    current_used: -1,
  };
  const none = { used: 0, available: 0, max: 0, last_usage_update_time: formatTimePoint(timeOf(0)), current_used: 0 };
  return {
    account_name: name,
    head_block_num: head.num,
    head_block_time: formatBlockTime(head.slot),
    privileged: row.privileged,
    last_code_update: row.codeUpdated === 0 ? formatTimePoint(0) : formatBlockTime(row.codeUpdated),
    created: formatBlockTime(row.created),
    ram_quota: -1,
    net_weight: -1,
    cpu_weight: -1,
    net_limit: unlimited,
    cpu_limit: unlimited,
    ram_usage: 2724 + row.code.length * 5 + row.abi.length / 2,
    permissions: permissionsOf(tables, name).map(([perm_name, { parent, auth }]) => ({
      perm_name,
      parent,
      required_auth: auth,
      linked_actions: [],
    })),
    total_resources: null,
    self_delegated_bandwidth: null,
    refund_request: null,
    voter_info: null,
    rex_info: null,
    subjective_cpu_bill_limit: none,
    eosio_any_linked_actions: [],
  };
}

function abiAnswer(node: TestNode, name: string) {
  requireAccount(node, name, "get_abi");
  const abi = abiOf(node.controller.tables, name)?.abi;
  return { account_name: name, ...(abi === undefined ? {} : { abi }) };
}

function rawAbiAnswer(node: TestNode, name: string) {
  const row = requireAccount(node, name, "get_raw_abi");
  return {
    account_name: name,
    code_hash: hashOrZeros(row),
    abi_hash: "0".repeat(64),
    abi: Buffer.from(row.abi, "hex").toString("base64"),
  };
}

function rawCodeAnswer(node: TestNode, name: string) {
  const row = requireAccount(node, name, "get_raw_code_and_abi");
  const base64 = (hex: string) => Buffer.from(hex, "hex").toString("base64");
  return { account_name: name, wasm: base64(row.code), abi: base64(row.abi) };
}

function codeHashAnswer(node: TestNode, name: string) {
  return { account_name: name, code_hash: hashOrZeros(requireAccount(node, name, "get_code_hash")) };
}

function codeAnswer(node: TestNode, name: string) {
  return { ...codeHashAnswer(node, name), wast: "", wasm: "", ...abiAnswer(node, name) };
}

function hashOrZeros(row: AccountRow): string {
  return row.codeHash === "" ? "0".repeat(64) : row.codeHash;
}
