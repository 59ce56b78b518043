/** The ABI's built-in types: how each is read into and written from the JSON that nodeos uses. */
import { Problem } from "../../kit/problem.ts";
import { formatAsset, formatSymbol, parseAsset, parseSymbol, symbolCodeToU64, u64ToSymbolCode } from "../asset.ts";
import type { Reader } from "../codec/reader.ts";
import type { Writer } from "../codec/writer.ts";
import { formatBlockTime, formatTimePoint, parseBlockTime, parseTimePoint } from "../time.ts";

/** A JSON value as nodeos prints it: 64-bit numbers above 2^32−1 and all floats are strings. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface Builtin {
  read(reader: Reader): Json;
  write(writer: Writer, value: Json): void;
}

/** A 64-bit integer in nodeos's JSON. */
export function jsonInteger(value: bigint): number | string {
  return value > 0xffff_ffffn || value < -0xffff_ffffn ? value.toString() : Number(value);
}

function integer(value: Json, type: string): bigint {
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  if (typeof value === "string" && /^-?\d{1,40}$/.test(value)) return BigInt(value);
  throw mismatch(value, type);
}

function text(value: Json, type: string): string {
  if (typeof value === "string") return value;
  throw mismatch(value, type);
}

function float(value: Json, type: string): number {
  const number = typeof value === "string" ? Number(value) : value;
  if (typeof number !== "number" || Number.isNaN(number)) throw mismatch(value, type);
  return number;
}

export function mismatch(value: Json, type: string): Problem {
  return new Problem({
    code: "ABI_BAD_VALUE",
    message: `${(JSON.stringify(value) ?? "nothing").slice(0, 80)} is not a ${type}`,
  });
}

function small(
  bits: number,
  signed: boolean,
  read: (r: Reader) => number,
  write: (w: Writer, n: number) => void,
): Builtin {
  const type = `${signed ? "" : "u"}int${bits}`;
  const [low, high] = signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
  return {
    read,
    write(writer, value) {
      const number = Number(integer(value, type));
      if (number < low || number > high) throw mismatch(value, type);
      write(writer, number);
    },
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
      const number = integer(value, type);
      writer.u64(BigInt.asUintN(64, number)).u64(BigInt.asUintN(64, number >> 64n));
    },
  };
}

export const BUILTINS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ["bool", { read: (r) => r.bool(), write: (w, value) => void w.bool(integer(value, "bool") !== 0n) }],
  [
    "int8",
    small(
      8,
      true,
      (r) => (r.u8() << 24) >> 24,
      (w, n) => w.u8(n & 0xff),
    ),
  ],
  [
    "uint8",
    small(
      8,
      false,
      (r) => r.u8(),
      (w, n) => w.u8(n),
    ),
  ],
  [
    "int16",
    small(
      16,
      true,
      (r) => r.i16(),
      (w, n) => w.i16(n),
    ),
  ],
  [
    "uint16",
    small(
      16,
      false,
      (r) => r.u16(),
      (w, n) => w.u16(n),
    ),
  ],
  [
    "int32",
    small(
      32,
      true,
      (r) => r.i32(),
      (w, n) => w.i32(n),
    ),
  ],
  [
    "uint32",
    small(
      32,
      false,
      (r) => r.u32(),
      (w, n) => w.u32(n),
    ),
  ],
  [
    "varint32",
    small(
      32,
      true,
      (r) => r.varint32(),
      (w, n) => w.varint32(n),
    ),
  ],
  [
    "varuint32",
    small(
      32,
      false,
      (r) => r.varuint32(),
      (w, n) => w.varuint32(n),
    ),
  ],
  ["int64", { read: (r) => jsonInteger(r.i64()), write: (w, value) => void w.i64(integer(value, "int64")) }],
  ["uint64", { read: (r) => jsonInteger(r.u64()), write: (w, value) => void w.u64(integer(value, "uint64")) }],
  ["int128", wide(true)],
  ["uint128", wide(false)],
  ["float32", { read: (r) => r.f32().toFixed(17), write: (w, value) => void w.f32(float(value, "float32")) }],
  ["float64", { read: (r) => r.f64().toFixed(17), write: (w, value) => void w.f64(float(value, "float64")) }],
  [
    "float128",
    { read: (r) => `0x${r.hex(16)}`, write: (w, value) => void w.hex(text(value, "float128").slice(2), 16) },
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
      write: (w, value) => void w.u32(Math.floor(parseTimePoint(text(value, "time_point_sec")) / 1000)),
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

function writeAsset(writer: Writer, value: Json): void {
  const asset = parseAsset(text(value, "asset"));
  writer.i64(asset.amount).u64(asset.symbol);
}

function writeBytes(writer: Writer, value: Json): void {
  const hex = text(value, "bytes");
  if (!/^([0-9a-fA-F]{2})*$/.test(hex)) throw mismatch(value, "bytes");
  writer.varBytes(Buffer.from(hex, "hex"));
}
