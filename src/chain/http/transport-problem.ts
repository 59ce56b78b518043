/** Which of the ways an HTTP exchange can fail it was, told to whoever has to repair it. */
import { errors } from "undici";
import { messageOf, Problem } from "../../kit/problem.ts";

/** Larger than any answer we ask for; a block of nodeos's largest default size is about 3 MB of JSON. */
export const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

const NOT_HTTP = [errors.HTTPParserError, errors.HeadersOverflowError, errors.ResponseContentLengthMismatchError];

/** `expiredAfterMs` is given when our own deadline ended the exchange. */
export function transportProblem(cause: unknown, where: string, expiredAfterMs: number | undefined): Problem {
  if (expiredAfterMs !== undefined) {
    return new Problem({
      code: "NODE_TIMEOUT",
      message: `no whole answer within ${expiredAfterMs} ms`,
      where,
      help: "the process may be stopped or its main thread stuck: look at its log and its CPU",
      cause,
    });
  }
  if (cause instanceof errors.ResponseExceededMaxSizeError) {
    return new Problem({
      code: "NODE_TOO_LARGE",
      message: `the answer is larger than ${MAX_ANSWER_BYTES} bytes`,
      where,
      help: "ask for less at once (`limit`), or check that the address is nodeos's HTTP API",
      cause,
    });
  }
  if (NOT_HTTP.some((kind) => cause instanceof kind)) {
    return garbage(where, `what came is not nodeos's HTTP: ${messageOf(cause)}`, "", cause);
  }
  if (lostConnection(cause)) {
    return new Problem({
      code: "NODE_HALF_ANSWER",
      message: "the connection closed before the answer was complete",
      where,
      help: "the node may have just stopped, or a proxy between cuts connections",
      cause,
    });
  }
  return new Problem({
    code: "NODE_UNREACHABLE",
    message: messageOf(cause) || "the connection failed",
    where,
    help: "check that the node runs, that the address is right, and that a firewall lets us through",
    cause,
  });
}

/** The connection was there and ended before the answer did. */
export function lostConnection(cause: unknown): boolean {
  if (cause instanceof errors.SocketError) return true;
  return cause instanceof Error && "code" in cause && (cause.code === "ECONNRESET" || cause.code === "EPIPE");
}

/** Something answered that is not nodeos, or not as nodeos answers. `text` is the beginning of what it sent. */
export function garbage(where: string, what: string, text: string, cause?: unknown): Problem {
  const shown = text.slice(0, 60).replace(/[^\x20-\x7e]+/g, " ");
  return new Problem({
    code: "NODE_GARBAGE",
    message: shown === "" ? what : `${what}: \`${shown}\``,
    where,
    help: "check that the address is nodeos's HTTP API and not another service",
    cause,
  });
}
