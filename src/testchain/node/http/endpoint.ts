/** What an endpoint of the HTTP API is, and how its body is read. */
import type { Json } from "../../../chain/abi/builtin.ts";
import { failure } from "../failure.ts";

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

/** Reads a body as nodeos's `parse_params` does. Throws `invalid_http_request`. */
export function readBody(kind: Endpoint["body"], text: string): Body {
  const empty = text.trim() === "";
  if (kind === "none") {
    if (empty || text.trim() === "{}") return undefined;
    throw invalid("no parameter should be given");
  }
  if (empty) {
    if (kind === "optional") return undefined;
    throw invalid("A Request body is required");
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalid("Unable to parse valid input from POST body");
  }
  if (kind === "string") {
    if (typeof parsed === "string") return { value: parsed };
  } else if (kind === "array") {
    if (Array.isArray(parsed)) return { value: parsed as Json[] };
  } else if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) {
    return parsed as { [key: string]: Json };
  }
  throw invalid("Unable to parse valid input from POST body");
}

export function invalid(message: string): Error {
  return failure("invalid_http_request", message, "http_plugin.hpp:parse_params");
}

/** A field of a body as text; numbers are taken too, as nodeos does. Throws when it is missing. */
export function textField(body: Body, field: string): string {
  const value = body?.[field];
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  throw invalid("Unable to parse valid input from POST body");
}

export function optionalText(body: Body, field: string): string | undefined {
  const value = body?.[field];
  return value === undefined || value === null ? undefined : String(value);
}

export function numberField(body: Body, field: string, fallback: number): number {
  const value = body?.[field];
  if (value === undefined || value === null) return fallback;
  const number = Number(value);
  if (!Number.isFinite(number)) throw invalid("Unable to parse valid input from POST body");
  return number;
}
