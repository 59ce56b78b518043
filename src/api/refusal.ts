/** Requests that are not answered, and why: JSON with the same facts as any Problem, less where it happened. */
import type { Context } from "hono";
import { Problem, type ProblemFacts } from "../kit/problem.ts";
import type { ErrorView } from "./views.ts";

export type RefusalStatus = 400 | 404 | 405 | 421 | 500 | 503;

/** Thrown by a handler; the app answers it. */
export class Refusal extends Problem {
  readonly status: RefusalStatus;

  constructor(status: RefusalStatus, facts: ProblemFacts) {
    super(facts);
    this.status = status;
  }
}

/** The answer to a request that failed. `where` stays here: it may be an address. */
export function refuse(context: Context, status: RefusalStatus, problem: Problem): Response {
  const { where: _, ...error } = problem.toJSON();
  return context.json({ error } satisfies ErrorView, status);
}

export const strangeHost = (): Refusal =>
  new Refusal(421, {
    code: "API_STRANGE_HOST",
    message: "this address is not served under that name",
    help: "open it as http://127.0.0.1, or let the proxy in front set that Host",
  });

export const readOnly = (): Refusal =>
  new Refusal(405, { code: "API_READ_ONLY", message: "nothing can be changed here", expected: "GET or HEAD" });

export const noSuchEndpoint = (): Refusal =>
  new Refusal(404, {
    code: "API_NO_SUCH_ENDPOINT",
    message: "there is no such endpoint",
    expected: "/api/state, /api/events, /api/rounds or /api/producers",
  });

export const unknownChain = (chains: readonly string[]): Refusal =>
  new Refusal(404, {
    code: "API_UNKNOWN_CHAIN",
    message: "that chain is not watched",
    expected: `one of ${chains.join(", ")}`,
  });

export const broken = (): Refusal =>
  new Refusal(500, {
    code: "API_BROKEN",
    message: "this answer failed, which is a defect",
    help: "the server's own output says more",
  });
