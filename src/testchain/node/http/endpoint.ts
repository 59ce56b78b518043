/** What an endpoint of the HTTP API is, and how its body is read. */
import type { Json } from "../../../chain/abi/builtin.ts";
import { type ChainFailure, detail, failure } from "../failure.ts";

export const endpointCategories = [
  "chain_ro",
  "chain_rw",
  "db_size",
  "net_ro",
  "net_rw",
  "producer_ro",
  "producer_rw",
  "snapshot",
  "trace_api",
  "prometheus",
  "test_control",
] as const;

/** A parsed body; `undefined` where none was sent. */
export type Body = { [key: string]: Json } | undefined;

export interface Endpoint {
  path: string;
  /** `node` is served on every listener. */
  category: (typeof endpointCategories)[number] | "node";
  /** HTTP status of success. */
  status: 200 | 201 | 202;
  /** `none` refuses a body, `optional` takes it or leaves it, `required` refuses to go without, `string` is a bare JSON string. */
  body: "none" | "optional" | "required" | "string" | "array";
  /** Main-thread priority; absent: answered at once, as on nodeos's HTTP threads. */
  priority?: number;
  /** Content type of an answer that is not JSON. */
  type?: string;
  /** The answer, or a promise of it. Throws a failure. */
  handle(body: Body): unknown;
}

const UNREADABLE = "Unable to parse valid input from POST body";
const PARSE = "http_plugin.hpp:278:parse_params";

/** Reads a body as nodeos's `parse_params` does; `{}` counts as none. Throws `invalid_http_request`. */
export function readBody(kind: Endpoint["body"], text: string): Body {
  const empty = text.trim() === "" || /^\s*\{\s*\}\s*$/.test(text);
  if (empty && (kind === "none" || kind === "optional")) return undefined;
  if (empty) throw invalid("A Request body is required", "http_plugin.hpp:257:parse_params");
  if (kind === "none") throw unreadable("no parameter should be given", PARSE);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw unreadable(`Unexpected content in JSON of ${text.length} characters`, "json.cpp:from_string");
  }
  if (kind === "string") {
    if (typeof parsed === "string") return { value: parsed };
  } else if (kind === "array") {
    if (Array.isArray(parsed)) return { value: parsed as Json[] };
  } else if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) {
    return parsed as { [key: string]: Json };
  }
  throw unreadable("Invalid cast", "variant.cpp:as");
}

export function invalid(message: string, at = PARSE): ChainFailure {
  return failure("invalid_http_request", message, at);
}

/** A body that does not fit: nodeos says so, and only behind it why. */
export function unreadable(why: string, at: string): ChainFailure {
  const thrown = invalid(UNREADABLE);
  thrown.details.push(detail(why, at));
  return thrown;
}

/** A field of a body as text; numbers are taken too, and a missing one is empty, as in nodeos. Throws for other types. */
export function textField(body: Body, field: string): string {
  return optionalText(body, field) ?? "";
}

export function optionalText(body: Body, field: string): string | undefined {
  const value = body?.[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "object") throw unreadable("Invalid cast from object_type to string", "variant.cpp:as_string");
  return String(value);
}

export function numberField(body: Body, field: string, fallback: number): number {
  const value = body?.[field];
  if (value === undefined || value === null) return fallback;
  const number = typeof value === "boolean" || value === "" ? Number.NaN : Number(value);
  if (!Number.isInteger(number)) throw unreadable(`Invalid cast of ${field} to a number`, "variant.cpp:as_int64");
  return number;
}
