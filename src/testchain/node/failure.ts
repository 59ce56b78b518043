/**
 * A failure as nodeos reports it: code, name, what, and a detail with the place in nodeos that throws it.
 * The same object answers over HTTP, is written to the log, and decides the HTTP status.
 */
import type { ErrorBody } from "../../chain/http/errors.ts";
import { FAILURE_KINDS, type FailureKind } from "./failure-kinds.ts";
import { parsePlace } from "./place.ts";

export interface FailureDetail {
  message: string;
  file: string;
  line_number: number;
  method: string;
}

export class ChainFailure extends Error {
  readonly code: number;
  override readonly name: string;
  readonly what: string;
  readonly details: FailureDetail[];

  constructor(code: number, name: string, what: string, details: FailureDetail[]) {
    super(details[0]?.message ?? what);
    this.code = code;
    this.name = name;
    this.what = what;
    this.details = details;
  }
}

/** A failure of a known kind; `at` is where nodeos throws it, as {@link parsePlace} reads it. */
export function failure(kind: FailureKind, message: string, at = "controller.cpp:apply"): ChainFailure {
  const [code, name, what] = FAILURE_KINDS[kind];
  return new ChainFailure(code, name, what, [detail(message, at)]);
}

export function detail(message: string, at: string): FailureDetail {
  const { file, line, method } = parsePlace(at);
  return { message, file, line_number: line, method };
}

/** A failure over several lines, as nodeos logs one: kind, then each detail with its data and place. */
export function detailLines({ code, name, what, details }: ChainFailure): string {
  const lines = details.map(
    ({ message, file, line_number: line, method }) => `${message}\n    {}\n    nodeos  ${file}:${line} ${method}\n`,
  );
  return `${code} ${name}: ${what}\n${lines.join("")}`;
}

/** Any thrown value as a failure; what we did not foresee becomes nodeos's unspecified exception. */
export function asFailure(thrown: unknown): ChainFailure {
  if (thrown instanceof ChainFailure) return thrown;
  return failure(
    "exception",
    thrown instanceof Error ? thrown.message : String(thrown),
    "http_plugin.cpp:handle_exception",
  );
}

/**
 * The HTTP answer for a failure: nodeos gives a status of its own to a few kinds and 500 to all others.
 * (Its 401 for 3090003 is for authority failures outside of transactions; a pushed transaction that lacks
 * a signature answers 500, as recorded in `send_transaction.wrong_key.json`.)
 */
export function failureAnswer(thrown: ChainFailure, verbose: boolean): { status: number; body: ErrorBody } {
  const [status, message] = statusOf(thrown);
  const details = verbose ? thrown.details : thrown.details.slice(0, 1);
  return {
    status,
    body: { code: status, message, error: { code: thrown.code, name: thrown.name, what: thrown.what, details } },
  };
}

function statusOf(thrown: ChainFailure): [number, string] {
  switch (thrown.code) {
    case FAILURE_KINDS.unknown_block_exception[0]:
      return [400, "Unknown Block"];
    case FAILURE_KINDS.invalid_http_request[0]:
      return [400, "Invalid Request"];
    case FAILURE_KINDS.account_query_exception[0]:
      return [400, "Account lookup"];
    case FAILURE_KINDS.tx_duplicate[0]:
      return [409, "Conflict"];
    case FAILURE_KINDS.eof_exception[0]:
      return [422, "Unprocessable Entity"];
    default:
      return [500, "Internal Service Error"];
  }
}
