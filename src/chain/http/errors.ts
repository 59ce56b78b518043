/**
 * nodeos's error model. The HTTP status says little (500 covers an ordinary contract assertion);
 * `error.code` decides, so callers match {@link NodeosError.nodeosCode} or use {@link isNodeosError}.
 */
import * as v from "valibot";
import { Problem } from "../../kit/problem.ts";

/** Codes this project acts on; names as in nodeos's `exceptions.hpp`. */
export const NODEOS = {
  unknownEndpoint: 0,
  eof: 11,
  busy: 503,
  badBlockId: 3010008,
  expiredTransaction: 3040005,
  transactionTooFar: 3040006,
  invalidRefBlock: 3040007,
  duplicateTransaction: 3040008,
  assertMessage: 3050003,
  accountQuery: 3060002,
  tableQuery: 3060003,
  unknownBlock: 3100002,
  unsupportedFeature: 3100008,
  unsatisfiedAuthorization: 3090003,
  missingAuth: 3090004,
  invalidRequest: 3200006,
  pauseAtBlock: 3170017,
} as const;

export const errorBodySchema = v.object({
  code: v.number(),
  message: v.string(),
  error: v.object({
    code: v.number(),
    name: v.string(),
    what: v.string(),
    details: v.optional(v.array(v.object({ message: v.string() })), []),
  }),
});
export type ErrorBody = v.InferOutput<typeof errorBodySchema>;

/** nodeos understood the request and refused or failed it. */
export class NodeosError extends Problem {
  readonly httpStatus: number;
  /** `error.code`, e.g. 3100002. */
  readonly nodeosCode: number;
  /** `error.name`, e.g. `unknown_block_exception`. */
  readonly nodeosName: string;
  readonly what: string;
  readonly details: readonly string[];

  constructor(where: string, httpStatus: number, body: ErrorBody) {
    const details = body.error.details.map(({ message }) => message).filter((message) => message !== "");
    super({
      code: "NODEOS_ERROR",
      message: `${body.error.name || body.message} (${body.error.code}): ${details[0] ?? (body.error.what || body.message)}`,
      where,
    });
    this.httpStatus = httpStatus;
    this.nodeosCode = body.error.code;
    this.nodeosName = body.error.name;
    this.what = body.error.what;
    this.details = details;
  }
}

/** True for an error that nodeos answered, optionally one of the given codes. */
export function isNodeosError(thrown: unknown, ...codes: number[]): thrown is NodeosError {
  return thrown instanceof NodeosError && (codes.length === 0 || codes.includes(thrown.nodeosCode));
}
