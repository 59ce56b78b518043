/** Scopes and keys of tables as requests write them: a number, a name, a symbol or a symbol's code. */
import { parseSymbol, symbolCodeToU64 } from "../../../chain/asset.ts";
import { isName, nameToU64 } from "../../../chain/name.ts";
import { failure } from "../failure.ts";
import { CHAIN_PLUGIN } from "./chain-reader.ts";
import { type Body, optionalText, unreadable } from "./endpoint.ts";

const MAX_U64 = 0xffff_ffff_ffff_ffffn;

/** In nodeos's order of trying. `what` is for the error. Throws `chain_type_exception`. */
export function tableKey(text: string, what: string): bigint {
  if (/^\d{1,20}$/.test(text) && BigInt(text) <= MAX_U64) return BigInt(text);
  const trimmed = text.trim();
  if (isName(trimmed)) return nameToU64(trimmed);
  if (/^\d{1,2},[A-Z]{1,7}$/.test(text)) return parseSymbol(text);
  if (/^[A-Z]{1,7}$/.test(text)) return symbolCodeToU64(text);
  throw failure(
    "chain_type_exception",
    `Could not convert ${what} string '${text.slice(0, 40)}' to any of the following: uint64_t, valid name, or valid symbol (with or without the precision)`,
    `${CHAIN_PLUGIN}:convert_to_type`,
  );
}

/** `lower_bound` and `upper_bound`, both included; without them all keys. Of key type `name` only names are read. */
export function tableBounds(body: Body, keyType: string): [lower: bigint, upper: bigint] {
  const bound = (field: string, fallback: bigint): bigint => {
    const text = optionalText(body, field) ?? "";
    if (text === "") return fallback;
    if (keyType !== "name") return tableKey(text, field);
    if (!isName(text))
      throw unreadable(`Name not properly normalized (name: ${text.slice(0, 40)}) `, "name.cpp:13:set");
    return nameToU64(text);
  };
  return [bound("lower_bound", 0n), bound("upper_bound", MAX_U64)];
}
