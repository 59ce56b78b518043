/**
 * Token symbols and assets: `4,EOS` and `1.0000 EOS`. A symbol packs precision and code into 64 bits.
 * Both ways refuse with `CHAIN_BAD_ASSET` what nodeos refuses: 64 bits from a stranger need not be a symbol.
 */
import { Problem } from "../kit/problem.ts";

/** An amount is smaller than this either way, so that it fits 64 bits and leaves room to add. */
const AMOUNT_LIMIT = 2n ** 62n;
const MAX_PRECISION = 18;

export interface Asset {
  amount: bigint;
  /** Packed symbol. */
  symbol: bigint;
}

/** `EOS` → its code, letters from the low byte up. Throws `CHAIN_BAD_ASSET`. */
export function symbolCodeToU64(code: string): bigint {
  if (!/^[A-Z]{1,7}$/.test(code)) throw badAsset(code, "a symbol code of 1 to 7 letters A-Z");
  return [...code].reduce((packed, letter, i) => packed | (BigInt(letter.charCodeAt(0)) << BigInt(8 * i)), 0n);
}

export function u64ToSymbolCode(packed: bigint): string {
  let code = "";
  for (let rest = packed; rest > 0n; rest >>= 8n) code += String.fromCharCode(Number(rest & 0xffn));
  if (!/^[A-Z]{0,7}$/.test(code)) throw badAsset(`0x${packed.toString(16)}`, "a symbol code of letters A-Z");
  return code;
}

/** `4,EOS`, packed. Throws `CHAIN_BAD_ASSET`. */
export function parseSymbol(text: string): bigint {
  const parts = /^(\d{1,2}),([A-Z]{1,7})$/.exec(text);
  if (parts?.[1] === undefined || parts[2] === undefined || Number(parts[1]) > MAX_PRECISION) {
    throw badAsset(text, `a symbol like 4,EOS with at most ${MAX_PRECISION} decimals`);
  }
  return BigInt(parts[1]) | (symbolCodeToU64(parts[2]) << 8n);
}

export function formatSymbol(symbol: bigint): string {
  return `${precisionOf(symbol)},${u64ToSymbolCode(symbol >> 8n)}`;
}

function precisionOf(symbol: bigint): number {
  const precision = Number(symbol & 0xffn);
  if (precision > MAX_PRECISION) throw badAsset(`${precision} decimals`, `at most ${MAX_PRECISION} decimals`);
  return precision;
}

/** `1.0000 EOS`: the decimals written are the symbol's precision. Throws `CHAIN_BAD_ASSET`. */
export function parseAsset(text: string): Asset {
  const parts = /^(-?)(\d{1,19})(?:\.(\d{1,18}))? ([A-Z]{1,7})$/.exec(text);
  if (parts === null) throw badAsset(text, "an amount like 1.0000 EOS");
  const [, sign = "", whole = "", decimals = "", code = ""] = parts;
  const size = BigInt(whole + decimals);
  if (size >= AMOUNT_LIMIT) throw badAsset(text, "an amount below 2^62 of the smallest unit");
  const amount = sign === "-" ? -size : size;
  return { amount, symbol: parseSymbol(`${decimals.length},${code}`) };
}

export function formatAsset(asset: Asset): string {
  const precision = precisionOf(asset.symbol);
  const sign = asset.amount < 0n ? "-" : "";
  const size = asset.amount < 0n ? -asset.amount : asset.amount;
  if (size >= AMOUNT_LIMIT) throw badAsset(`an amount of ${asset.amount}`, "an amount below 2^62");
  const digits = size.toString().padStart(precision + 1, "0");
  const whole = digits.slice(0, digits.length - precision);
  const decimals = precision === 0 ? "" : `.${digits.slice(digits.length - precision)}`;
  return `${sign}${whole}${decimals} ${u64ToSymbolCode(asset.symbol >> 8n)}`;
}

function badAsset(found: string, expected: string): Problem {
  return new Problem({ code: "CHAIN_BAD_ASSET", message: `found \`${found.slice(0, 40)}\``, expected });
}
