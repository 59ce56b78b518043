/**
 * What an endpoint of nodeos is to us: a path, what to send, the shape of a good answer; and the values that
 * answers are made of.
 *
 * JSON conventions of nodeos: 64-bit numbers above 2^32−1 are strings (bigint here), times are UTC without
 * a zone (milliseconds here), absent optionals are left out or null (null here).
 */
import * as v from "valibot";
import type { Json } from "../abi/builtin.ts";
import { parseTimePoint } from "../time.ts";

export interface Endpoint<Request, Answer> {
  path: string;
  schema: v.GenericSchema<unknown, Answer>;
  /** Content type of a good answer. */
  answers: "application/json" | "text/plain";
  /** Carries the type of the request; never set. */
  request?: Request;
}

/** nodeos accepts no body on such an endpoint. */
export type NoBody = undefined;

/** Declares an endpoint: `endpoint<Request>()(path, schema)`. */
export function endpoint<Request>() {
  return <Answer>(
    path: string,
    schema: v.GenericSchema<unknown, Answer>,
    answers: Endpoint<Request, Answer>["answers"] = "application/json",
  ): Endpoint<Request, Answer> => ({ path, schema, answers });
}

export const u32 = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff));
/** Also for signed ones: nodeos writes -1 where there is no limit. */
export const u64 = v.pipe(
  v.union([v.pipe(v.number(), v.safeInteger()), v.pipe(v.string(), v.regex(/^-?\d{1,20}$/))]),
  v.transform((value): bigint => BigInt(value)),
);
export const name = v.pipe(v.string(), v.maxLength(13));
/** 32 bytes in lower-case hex. */
export const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
export const time = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    try {
      return parseTimePoint(dataset.value);
    } catch {
      addIssue({ message: `\`${dataset.value.slice(0, 40)}\` is not a time` });
      return NEVER;
    }
  }),
);
export const json = v.custom<Json>(() => true);
export const object = v.custom<{ [key: string]: Json }>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  "is not an object",
);
export const maybe = <Answer>(schema: v.GenericSchema<unknown, Answer>) => v.optional(v.nullable(schema), null);
export const signingKey = v.object({ key: v.string(), weight: u32 });
/** `[0, {…}]`: 0 stands for `block_signing_authority_v0`, the only kind there is. */
export const signingAuthority = v.pipe(
  v.tuple([v.literal(0), v.object({ threshold: u32, keys: v.array(signingKey) })]),
  v.transform(([, body]) => body),
);
