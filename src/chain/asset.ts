/** Token symbols and assets: `4,EOS` and `1.0000 EOS`. A symbol packs precision and code into 64 bits. */
import { Problem } from "../kit/problem.ts";

export interface Asset {
  amount: bigint;
  /** Packed symbol. */
  symbol: bigint;
}

/** `EOS` → its code, letters from the low byte up. */
export function symbolCodeToU64(code: string): bigint {
  if (!/^[A-Z]{1,7}$/.test(code)) throw badAsset(code, "a symbol code of 1 to 7 letters A-Z");
  return [...code].reduce((packed, letter, i) => packed | (BigInt(letter.charCodeAt(0)) << BigInt(8 * i)), 0n);
}

export function u64ToSymbolCode(packed: bigint): string {
  let code = "";
  for (let rest = packed; rest > 0n; rest >>= 8n) code += String.fromCharCode(Number(rest & 0xffn));
  return code;
}

/** `4,EOS` */
export function parseSymbol(text: string): bigint {
  const parts = /^(\d{1,2}),([A-Z]{1,7})$/.exec(text);
  if (parts?.[1] === undefined || parts[2] === undefined || Number(parts[1]) > 18) {
    throw badAsset(text, "a symbol like 4,EOS");
  }
  return BigInt(parts[1]) | (symbolCodeToU64(parts[2]) << 8n);
}

export function formatSymbol(symbol: bigint): string {
  return `${symbol & 0xffn},${u64ToSymbolCode(symbol >> 8n)}`;
}

/** `1.0000 EOS`: the decimals written are the symbol's precision. */
export function parseAsset(text: string): Asset {
  const parts = /^(-?)(\d+)(?:\.(\d+))? ([A-Z]{1,7})$/.exec(text);
  if (parts === null) throw badAsset(text, "an amount like 1.0000 EOS");
  const [, sign = "", whole = "", decimals = "", code = ""] = parts;
  const amount = BigInt(whole + decimals) * (sign === "-" ? -1n : 1n);
  return { amount, symbol: parseSymbol(`${decimals.length},${code}`) };
}

export function formatAsset(asset: Asset): string {
  const precision = Number(asset.symbol & 0xffn);
  const sign = asset.amount < 0n ? "-" : "";
  const digits = (asset.amount < 0n ? -asset.amount : asset.amount).toString().padStart(precision + 1, "0");
  const whole = digits.slice(0, digits.length - precision);
  const decimals = precision === 0 ? "" : `.${digits.slice(digits.length - precision)}`;
  return `${sign}${whole}${decimals} ${u64ToSymbolCode(asset.symbol >> 8n)}`;
}

function badAsset(found: string, expected: string): Problem {
  return new Problem({ code: "CHAIN_BAD_ASSET", message: `found \`${found.slice(0, 40)}\``, expected });
}
