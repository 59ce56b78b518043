/** The built-in `eosio.token`: tables `accounts` and `stat`, actions as in the reference contract. */
import { makeAbi } from "../../../chain/abi/definition.ts";
import { AbiSerializer } from "../../../chain/abi/serializer.ts";
import { type Asset, formatAsset, parseAsset, parseSymbol } from "../../../chain/asset.ts";
import { getRow, removeRow, setRow } from "../chain/rows.ts";
import { contractAssert } from "./assert.ts";
import type { ActionContext, ActionData, NativeContract } from "./contract.ts";

const abi = makeAbi({
  structs: {
    account: "balance:asset",
    close: "owner:name symbol:symbol",
    create: "issuer:name maximum_supply:asset",
    currency_stats: "supply:asset max_supply:asset issuer:name",
    issue: "to:name quantity:asset memo:string",
    open: "owner:name symbol:symbol ram_payer:name",
    retire: "quantity:asset memo:string",
    transfer: "from:name to:name quantity:asset memo:string",
  },
  actions: ["close", "create", "issue", "open", "retire", "transfer"],
  tables: { accounts: "account", stat: "currency_stats" },
});
const serializer = new AbiSerializer(abi);

interface Stats {
  supply: string;
  max_supply: string;
  issuer: string;
}

const codeOf = (asset: Asset) => asset.symbol >> 8n;

function statsOf(context: ActionContext, asset: Asset): { stats: Stats; maximum: Asset } {
  const code = codeOf(asset);
  const found = getRow(context.tables, context.action.account, code, "stat", code);
  contractAssert(found !== undefined, "token with symbol does not exist");
  const stats = serializer.decode("currency_stats", found.data) as unknown as Stats;
  const maximum = parseAsset(stats.max_supply);
  contractAssert(maximum.symbol === asset.symbol, "symbol precision mismatch");
  return { stats, maximum };
}

function saveStats(context: ActionContext, payer: string, stats: Stats): void {
  const code = codeOf(parseAsset(stats.max_supply));
  const data = serializer.encode("currency_stats", { ...stats });
  setRow(context.tables, context.action.account, code, "stat", code, { payer, data });
}

function balanceOf(context: ActionContext, owner: string, asset: Asset): Asset | undefined {
  const row = getRow(context.tables, context.action.account, owner, "accounts", codeOf(asset));
  if (row === undefined) return undefined;
  return parseAsset((serializer.decode("account", row.data) as { balance: string }).balance);
}

function changeBalance(context: ActionContext, owner: string, payer: string, asset: Asset, by: bigint): void {
  const before = balanceOf(context, owner, asset);
  if (by < 0n) {
    contractAssert(before !== undefined, "no balance object found");
    contractAssert(before.amount >= -by, "overdrawn balance");
  }
  const balance = formatAsset({ amount: (before?.amount ?? 0n) + by, symbol: asset.symbol });
  const data = serializer.encode("account", { balance });
  setRow(context.tables, context.action.account, owner, "accounts", codeOf(asset), { payer, data });
}

function positive(quantity: unknown, what: string): Asset {
  const asset = parseAsset(String(quantity));
  contractAssert(asset.amount > 0n, `must ${what} positive quantity`);
  return asset;
}

function create(context: ActionContext, data: ActionData): void {
  context.requireAuth(context.action.account);
  const maximum = parseAsset(String(data.maximum_supply));
  contractAssert(maximum.amount > 0n, "max-supply must be positive");
  const code = codeOf(maximum);
  const exists = getRow(context.tables, context.action.account, code, "stat", code) !== undefined;
  contractAssert(!exists, "token with symbol already exists");
  const supply = formatAsset({ amount: 0n, symbol: maximum.symbol });
  const stats = { supply, max_supply: formatAsset(maximum), issuer: String(data.issuer) };
  saveStats(context, context.action.account, stats);
}

function issue(context: ActionContext, data: ActionData): void {
  const quantity = positive(data.quantity, "issue");
  const { stats, maximum } = statsOf(context, quantity);
  contractAssert(data.to === stats.issuer, "tokens can only be issued to issuer account");
  context.requireAuth(stats.issuer);
  const supply = parseAsset(stats.supply);
  contractAssert(quantity.amount <= maximum.amount - supply.amount, "quantity exceeds available supply");
  saveStats(context, context.action.account, {
    ...stats,
    supply: formatAsset({ ...supply, amount: supply.amount + quantity.amount }),
  });
  changeBalance(context, stats.issuer, stats.issuer, quantity, quantity.amount);
}

function retire(context: ActionContext, data: ActionData): void {
  const quantity = positive(data.quantity, "retire");
  const { stats } = statsOf(context, quantity);
  context.requireAuth(stats.issuer);
  const supply = parseAsset(stats.supply);
  changeBalance(context, stats.issuer, stats.issuer, quantity, -quantity.amount);
  saveStats(context, context.action.account, {
    ...stats,
    supply: formatAsset({ ...supply, amount: supply.amount - quantity.amount }),
  });
}

function transfer(context: ActionContext, data: ActionData): void {
  const from = String(data.from);
  const to = String(data.to);
  contractAssert(from !== to, "cannot transfer to self");
  context.requireAuth(from);
  contractAssert(context.tables.get("account", to) !== undefined, "to account does not exist");
  const quantity = parseAsset(String(data.quantity));
  statsOf(context, quantity);
  context.notify(from);
  context.notify(to);
  contractAssert(quantity.amount > 0n, "must transfer positive quantity");
  contractAssert(Buffer.byteLength(String(data.memo)) <= 256, "memo has more than 256 bytes");
  changeBalance(context, from, from, quantity, -quantity.amount);
  changeBalance(context, to, context.hasAuth(to) ? to : from, quantity, quantity.amount);
}

function open(context: ActionContext, data: ActionData): void {
  context.requireAuth(String(data.ram_payer));
  const empty = { amount: 0n, symbol: parseSymbol(String(data.symbol)) };
  statsOf(context, empty);
  if (balanceOf(context, String(data.owner), empty) === undefined) {
    changeBalance(context, String(data.owner), String(data.ram_payer), empty, 0n);
  }
}

function close(context: ActionContext, data: ActionData): void {
  const owner = String(data.owner);
  context.requireAuth(owner);
  const symbol = { amount: 0n, symbol: parseSymbol(String(data.symbol)) };
  const balance = balanceOf(context, owner, symbol);
  contractAssert(balance !== undefined, "Balance row already deleted or never existed. Action won't have any effect.");
  contractAssert(balance.amount === 0n, "Cannot close because the balance is not zero.");
  removeRow(context.tables, context.action.account, owner, "accounts", codeOf(symbol));
}

export const tokenContract: NativeContract = {
  name: "eosio.token",
  abi,
  actions: { create, issue, retire, transfer, open, close },
};
