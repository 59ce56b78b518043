/** `/v1/chain/*` on contract tables: rows, scopes, balances, and accounts by key. */

import { makeAbi } from "../../../chain/abi/definition.ts";
import { AbiSerializer } from "../../../chain/abi/serializer.ts";
import { parseSymbol, symbolCodeToU64 } from "../../../chain/asset.ts";
import { formatPublicKey, parsePublicKey } from "../../../chain/keys/text.ts";
import { isName, nameToU64 } from "../../../chain/name.ts";
import { abiOf, getAccount } from "../chain/accounts.ts";
import { permissionsOf } from "../chain/authority.ts";
import { getRow, listTables, scanRows, type TableRow } from "../chain/rows.ts";
import { failure } from "../failure.ts";
import { PRIORITY } from "../main-thread.ts";
import type { TestNode } from "../node.ts";
import { nameField } from "./chain-api.ts";
import { type Body, type Endpoint, invalid, numberField, optionalText, textField } from "./endpoint.ts";

const NO_ABI = makeAbi({ structs: {} });

export function tableApi(node: TestNode): Endpoint[] {
  const ro = (name: string, handle: Endpoint["handle"]): Endpoint => ({
    path: `/v1/chain/${name}`,
    category: "chain_ro",
    status: 200,
    body: "required",
    priority: PRIORITY.mediumLow,
    handle,
  });
  const endpoints = [
    ro("get_table_rows", (body) => tableRows(node, body)),
    ro("get_table_by_scope", (body) => tablesByScope(node, body)),
    ro("get_currency_balance", (body) => currencyBalance(node, body)),
    ro("get_currency_stats", (body) => currencyStats(node, body)),
  ];
  if (node.options["enable-account-queries"])
    endpoints.push(ro("get_accounts_by_authorizers", (body) => accountsByAuthorizers(node, body)));
  return endpoints;
}

/** An account without an ABI has an empty one, without tables. */
function requireAbi(node: TestNode, code: string): AbiSerializer {
  const { tables } = node.controller;
  if (getAccount(tables, code) === undefined)
    throw failure("account_query_exception", `Fail to retrieve account for ${code}`, "chain_plugin.cpp:1537:get_abi");
  return abiOf(tables, code) ?? new AbiSerializer(NO_ABI);
}

function requireTable(abi: AbiSerializer, table: string): string {
  const type = abi.tableType(table);
  if (type === undefined)
    throw failure(
      "contract_table_query_exception",
      `Table ${table} is not specified in the ABI`,
      "chain_plugin.cpp:1550:get_table_type",
    );
  return type;
}

/** A scope or key as nodeos reads it: a number, a name, a symbol or a symbol code. */
function toU64(text: string): bigint {
  if (/^\d{1,20}$/.test(text)) return BigInt(text);
  if (isName(text)) return nameToU64(text);
  if (/^\d+,[A-Z]+$/.test(text)) return parseSymbol(text);
  if (/^[A-Z]{1,7}$/.test(text)) return symbolCodeToU64(text);
  throw invalid(
    `Could not convert scope string '${text.slice(0, 40)}' to any of the following: uint64_t, valid name, or valid symbol`,
  );
}

function tableRows(node: TestNode, body: Body) {
  const code = nameField(body, "code");
  const table = textField(body, "table");
  const abi = requireAbi(node, code);
  const type = requireTable(abi, table);
  const lower = optionalText(body, "lower_bound") || "0";
  const upper = optionalText(body, "upper_bound") || String(0xffff_ffff_ffff_ffffn);
  const [from, to] = [toU64(lower), toU64(upper)];
  const limit = Math.min(Math.max(numberField(body, "limit", 10), 0), 1000);
  const reverse = body?.reverse === true;
  const rows = scanRows(node.controller.tables, code, toU64(textField(body, "scope")), table).filter(
    ({ key }) => key >= from && key <= to,
  );
  if (reverse) rows.reverse();
  const shown = rows.slice(0, limit);
  const next = rows[limit];
  const showPayer = body?.show_payer === true;
  const data = (row: TableRow) => (body?.json === true ? abi.decode(type, row.data) : row.data.toString("hex"));
  return {
    rows: shown.map((row) => (showPayer ? { data: data(row), payer: row.payer } : data(row))),
    more: next !== undefined,
    next_key: next === undefined ? "" : String(next.key),
  };
}

function tablesByScope(node: TestNode, body: Body) {
  const code = nameField(body, "code");
  const table = optionalText(body, "table") ?? "";
  const limit = numberField(body, "limit", 10);
  const all = listTables(node.controller.tables, code).filter((entry) => table === "" || entry.table === table);
  const lower = optionalText(body, "lower_bound") ?? "";
  const from =
    lower === ""
      ? 0
      : Math.max(
          0,
          all.findIndex(({ scope }) => nameToU64(scope) >= toU64(lower)),
        );
  const shown = all.slice(from, from + limit);
  return {
    rows: shown.map((entry) => ({
      code,
      scope: entry.scope,
      table: entry.table,
      payer: entry.payer,
      count: entry.count,
    })),
    more: all[from + limit]?.scope ?? "",
  };
}

function currencyBalance(node: TestNode, body: Body): string[] {
  const code = nameField(body, "code");
  const abi = requireAbi(node, code);
  const type = requireTable(abi, "accounts");
  const symbol = optionalText(body, "symbol");
  return scanRows(node.controller.tables, code, nameField(body, "account"), "accounts")
    .filter(({ key }) => symbol === undefined || key === symbolCodeToU64(symbol.toUpperCase()))
    .map(({ data }) => (abi.decode(type, data) as { balance: string }).balance);
}

function currencyStats(node: TestNode, body: Body) {
  const code = nameField(body, "code");
  const symbol = textField(body, "symbol").toUpperCase();
  const abi = requireAbi(node, code);
  const type = requireTable(abi, "stat");
  const key = symbolCodeToU64(symbol);
  const row = getRow(node.controller.tables, code, key, "stat", key);
  return row === undefined ? {} : { [symbol]: abi.decode(type, row.data) };
}

function accountsByAuthorizers(node: TestNode, body: Body) {
  const given = Array.isArray(body?.keys) ? body.keys.map((key) => formatPublicKey(parsePublicKey(String(key)))) : [];
  const names = new Set(node.controller.tables.entries("account").map(([name]) => name));
  const accounts = [...names].flatMap((account_name) =>
    permissionsOf(node.controller.tables, account_name).flatMap(([permission_name, { auth }]) =>
      auth.keys
        .filter(({ key }) => given.includes(key))
        .map(({ key, weight }) => ({
          account_name,
          permission_name,
          authorizing_key: key,
          weight,
          threshold: auth.threshold,
        })),
    ),
  );
  return { accounts };
}
