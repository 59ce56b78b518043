/** The ABI's built-in types: how each is read into and written from the JSON that nodeos uses. */
import { Problem } from "../../kit/problem.ts";
import { formatAsset, formatSymbol, parseAsset, parseSymbol, symbolCodeToU64, u64ToSymbolCode } from "../asset.ts";
import type { Reader } from "../codec/reader.ts";
import type { Writer } from "../codec/writer.ts";
import { formatBlockTime, formatTimePoint, parseBlockTime, parseTimePoint } from "../time.ts";

/** A JSON value as nodeos prints it: 64-bit numbers above 2^32−1 and all floats are strings, a bool is 0 or 1. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface Builtin {
  read(reader: Reader): Json;
  write(writer: Writer, value: Json): void;
}

/** A 64-bit integer in nodeos's JSON. */
export function jsonInteger(value: bigint): number | string {
  return value > 0xffff_ffffn || value < -0xffff_ffffn ? value.toString() : Number(value);
}

/** An integer of so many bits, from a number (one that JSON holds exactly), its decimal text or a bool. */
function integer(value: Json, type: string, bits: number, signed: boolean): bigint {
  let number: bigint | undefined;
  if (typeof value === "boolean") number = value ? 1n : 0n;
  else if (typeof value === "number" && Number.isSafeInteger(value)) number = BigInt(value);
  else if (typeof value === "string" && /^-?\d{1,40}$/.test(value)) number = BigInt(value);
  if (number === undefined || number !== (signed ? BigInt.asIntN(bits, number) : BigInt.asUintN(bits, number))) {
    throw mismatch(value, type);
  }
  return number;
}

function text(value: Json, type: string): string {
  if (typeof value === "string") return value;
  throw mismatch(value, type);
}

const FLOATS: ReadonlyMap<string, number> = new Map([
  ["nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
]);

function float(value: Json, type: string): number {
  if (typeof value === "number") return value;
  const special = FLOATS.get(String(value));
  if (special !== undefined) return special;
  if (typeof value !== "string" || !/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value)) throw mismatch(value, type);
  return Number(value);
}

/** Seventeen decimals whatever the size, as nodeos prints every float. */
function formatFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return `-${formatFloat(0)}`;
  // toFixed turns to exponents here; so large a float is a whole number
  return Math.abs(value) < 1e21 ? value.toFixed(17) : `${BigInt(value)}.${"0".repeat(17)}`;
}

export function mismatch(value: Json, type: string): Problem {
  return new Problem({
    code: "ABI_BAD_VALUE",
    message: `${(JSON.stringify(value) ?? "nothing").slice(0, 80)} is not a ${type}`,
  });
}

/** Those that reader and writer have a method for. */
type NumberMethod = "u8" | "u16" | "i16" | "u32" | "i32" | "varint32" | "varuint32";

function small(type: string, method: NumberMethod, bits: number, signed: boolean): Builtin {
  return {
    read: (reader) => reader[method](),
    write: (writer, value) => void writer[method](Number(integer(value, type, bits, signed))),
  };
}

function hexBytes(count: number): Builtin {
  return { read: (r) => r.hex(count), write: (w, value) => void w.hex(text(value, `checksum${count * 8}`), count) };
}

function wide(signed: boolean): Builtin {
  const type = signed ? "int128" : "uint128";
  return {
    read(reader) {
      const value = reader.u64() | (reader.u64() << 64n);
      return (signed ? BigInt.asIntN(128, value) : value).toString();
    },
    write(writer, value) {
      const number = integer(value, type, 128, signed);
      writer.u64(BigInt.asUintN(64, number)).u64(BigInt.asUintN(64, number >> 64n));
    },
  };
}

export const BUILTINS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ["bool", small("bool", "u8", 8, false)],
  [
    "int8",
    {
      read: (r) => (r.u8() << 24) >> 24,
      write: (w, value) => void w.u8(Number(integer(value, "int8", 8, true)) & 0xff),
    },
  ],
  ["uint8", small("uint8", "u8", 8, false)],
  ["int16", small("int16", "i16", 16, true)],
  ["uint16", small("uint16", "u16", 16, false)],
  ["int32", small("int32", "i32", 32, true)],
  ["uint32", small("uint32", "u32", 32, false)],
  ["varint32", small("varint32", "varint32", 32, true)],
  ["varuint32", small("varuint32", "varuint32", 32, false)],
  ["int64", { read: (r) => jsonInteger(r.i64()), write: (w, value) => void w.i64(integer(value, "int64", 64, true)) }],
  [
    "uint64",
    { read: (r) => jsonInteger(r.u64()), write: (w, value) => void w.u64(integer(value, "uint64", 64, false)) },
  ],
  ["int128", wide(true)],
  ["uint128", wide(false)],
  ["float32", { read: (r) => formatFloat(r.f32()), write: (w, value) => void w.f32(float(value, "float32")) }],
  ["float64", { read: (r) => formatFloat(r.f64()), write: (w, value) => void w.f64(float(value, "float64")) }],
  [
    "float128",
    {
      read: (r) => `0x${r.hex(16)}`,
      write: (w, value) => void w.hex(text(value, "float128").replace(/^0x/, ""), 16),
    },
  ],
  ["name", { read: (r) => r.name(), write: (w, value) => void w.name(text(value, "name")) }],
  ["string", { read: (r) => r.string(), write: (w, value) => void w.string(text(value, "string")) }],
  ["bytes", { read: (r) => r.varBytes().toString("hex"), write: writeBytes }],
  ["checksum160", hexBytes(20)],
  ["checksum256", hexBytes(32)],
  ["checksum512", hexBytes(64)],
  ["public_key", { read: (r) => r.publicKey(), write: (w, value) => void w.publicKey(text(value, "public_key")) }],
  ["signature", { read: (r) => r.signature(), write: (w, value) => void w.signature(text(value, "signature")) }],
  [
    "symbol",
    { read: (r) => formatSymbol(r.u64()), write: (w, value) => void w.u64(parseSymbol(text(value, "symbol"))) },
  ],
  [
    "symbol_code",
    {
      read: (r) => u64ToSymbolCode(r.u64()),
      write: (w, value) => void w.u64(symbolCodeToU64(text(value, "symbol_code"))),
    },
  ],
  ["asset", { read: (r) => formatAsset({ amount: r.i64(), symbol: r.u64() }), write: writeAsset }],
  [
    "extended_asset",
    {
      read: (r) => ({ quantity: formatAsset({ amount: r.i64(), symbol: r.u64() }), contract: r.name() }),
      write(writer, value) {
        if (typeof value !== "object" || value === null || Array.isArray(value))
          throw mismatch(value, "extended_asset");
        writeAsset(writer, value.quantity ?? null);
        writer.name(text(value.contract ?? null, "name"));
      },
    },
  ],
  [
    "time_point",
    {
      read: (r) => formatTimePoint(Number(r.i64() / 1000n)),
      write: (w, value) => void w.i64(BigInt(parseTimePoint(text(value, "time_point"))) * 1000n),
    },
  ],
  [
    "time_point_sec",
    {
      read: (r) => formatTimePoint(r.u32() * 1000).slice(0, 19),
      write: writeSeconds,
    },
  ],
  [
    "block_timestamp_type",
    {
      read: (r) => formatBlockTime(r.u32()),
      write: (w, value) => void w.u32(parseBlockTime(text(value, "block_timestamp_type"))),
    },
  ],
]);

function writeSeconds(writer: Writer, value: Json): void {
  const seconds = Math.floor(parseTimePoint(text(value, "time_point_sec")) / 1000);
  if (seconds < 0 || seconds > 0xffff_ffff) throw mismatch(value, "time_point_sec, 1970 to 2106");
  writer.u32(seconds);
}

function writeAsset(writer: Writer, value: Json): void {
  const asset = parseAsset(text(value, "asset"));
  writer.i64(asset.amount).u64(asset.symbol);
}

function writeBytes(writer: Writer, value: Json): void {
  const hex = text(value, "bytes");
  if (!/^([0-9a-fA-F]{2})*$/.test(hex)) throw mismatch(value, "bytes");
  writer.varBytes(Buffer.from(hex, "hex"));
}
