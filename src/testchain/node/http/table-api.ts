/** `/v1/chain/*` on contract tables: rows, scopes, balances, and accounts by key. */
import { makeAbi } from "../../../chain/abi/definition.ts";
import { AbiSerializer } from "../../../chain/abi/serializer.ts";
import { symbolCodeToU64 } from "../../../chain/asset.ts";
import { nameToU64, u64ToName } from "../../../chain/name.ts";
import { abiOf, getAccount } from "../chain/accounts.ts";
import { permissionsOf } from "../chain/authority.ts";
import { getRow, listTables, scanRows, type TableRow } from "../chain/rows.ts";
import { failure } from "../failure.ts";
import type { TestNode } from "../node.ts";
import { CHAIN_PLUGIN, chainReader, nameField } from "./chain-reader.ts";
import { type Body, type Endpoint, numberField, optionalText, textField } from "./endpoint.ts";
import { publicKeys } from "./public-keys.ts";
import { tableBounds, tableKey } from "./table-key.ts";

export function tableApi(node: TestNode): Endpoint[] {
  const reader = (name: string, answer: (node: TestNode, body: Body) => unknown) =>
    chainReader(name, "required", (body) => answer(node, body));
  return [
    reader("get_table_rows", tableRows),
    reader("get_table_by_scope", tablesByScope),
    reader("get_currency_balance", currencyBalance),
    reader("get_currency_stats", currencyStats),
    ...(node.options["enable-account-queries"] ? [reader("get_accounts_by_authorizers", accountsByAuthorizers)] : []),
  ];
}

const NO_ABI = makeAbi({ structs: {} });

/** An account without an ABI has an empty one, without tables. */
function requireAbi(node: TestNode, code: string): AbiSerializer {
  const { tables } = node.controller;
  if (getAccount(tables, code) === undefined) {
    throw failure("account_query_exception", `Fail to retrieve account for ${code}`, `${CHAIN_PLUGIN}:1537:get_abi`);
  }
  return abiOf(tables, code) ?? new AbiSerializer(NO_ABI);
}

function requireTable(abi: AbiSerializer, table: string): string {
  const type = abi.tableType(table);
  if (type === undefined) {
    const message = `Table ${table} is not specified in the ABI`;
    throw failure("contract_table_query_exception", message, `${CHAIN_PLUGIN}:1550:get_table_type`);
  }
  return type;
}

function tableRows(node: TestNode, body: Body) {
  const code = nameField(body, "code");
  const table = nameField(body, "table");
  const abi = requireAbi(node, code);
  const type = requireTable(abi, table);
  const scope = tableKey(textField(body, "scope"), "scope");
  const keyType = optionalText(body, "key_type") ?? "";
  const [lower, upper] = tableBounds(body, keyType);
  const limit = Math.max(numberField(body, "limit", 10), 0);
  const primary = ["", "1", "first", "primary"].includes(optionalText(body, "index_position") ?? "");
  // no contract here has other indexes: they hold nothing
  const rows = primary ? scanRows(node.controller.tables, code, scope, table) : [];
  const found = rows.filter(({ key }) => key >= lower && key <= upper);
  if (body?.reverse === true) found.reverse();
  const next = found[limit];
  const data = (row: TableRow) => (body?.json === true ? abi.decode(type, row.data) : row.data.toString("hex"));
  const shown = found.slice(0, limit);
  return {
    rows: shown.map((row) => (body?.show_payer === true ? { data: data(row), payer: row.payer } : data(row))),
    more: next !== undefined,
    next_key: next === undefined ? "" : keyType === "name" ? u64ToName(next.key) : String(next.key),
  };
}

function tablesByScope(node: TestNode, body: Body) {
  const code = nameField(body, "code");
  const table = nameField(body, "table");
  const [lower, upper] = tableBounds(body, "");
  const limit = Math.max(numberField(body, "limit", 10), 0);
  const tables = listTables(node.controller.tables, code).filter(({ scope }) => {
    const key = nameToU64(scope);
    return key >= lower && key <= upper;
  });
  if (body?.reverse === true) tables.reverse();
  const rows: object[] = [];
  let at = 0;
  for (; at < tables.length && rows.length < limit; at++) {
    const { scope, table: name, payer, count } = tables[at] as (typeof tables)[number];
    if (table === "" || name === table) rows.push({ code, scope, table: name, payer, count });
  }
  return { rows, more: tables[at]?.scope ?? "" };
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

/** By key, and by permissions of other accounts: a name stands for all its permissions, or one is named. */
function accountsByAuthorizers(node: TestNode, body: Body) {
  const { tables } = node.controller;
  const keys = publicKeys(body?.keys);
  const wanted = (Array.isArray(body?.accounts) ? body.accounts : []).map((each) =>
    typeof each === "string" ? { actor: each } : (each as { actor: string; permission?: string }),
  );
  const accounts = tables.entries("account").flatMap(([account_name]) =>
    permissionsOf(tables, account_name).flatMap(([permission_name, { auth }]) => {
      const facts = { account_name, permission_name };
      const byKey = auth.keys
        .filter(({ key }) => keys.includes(key))
        .map(({ key, weight }) => ({ ...facts, authorizing_key: key, weight, threshold: auth.threshold }));
      const byAccount = auth.accounts
        .filter(({ permission }) =>
          wanted.some((each) => {
            const named = "permission" in each ? each.permission : undefined;
            return each.actor === permission.actor && (named === undefined || named === permission.permission);
          }),
        )
        .map(({ permission, weight }) => ({
          ...facts,
          authorizing_account: permission,
          weight,
          threshold: auth.threshold,
        }));
      return [...byKey, ...byAccount];
    }),
  );
  return { accounts };
}
