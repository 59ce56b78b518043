/**
 * Calls nodeos over HTTP (TCP, TLS or a unix socket): one deadline for the whole exchange, a bound on the
 * answer's size, the answer checked against its schema.
 *
 * It throws {@link NodeosError} when nodeos answered an error, else a Problem that says which it was:
 * `NODE_UNREACHABLE`, `NODE_TIMEOUT`, `NODE_HALF_ANSWER`, `NODE_TOO_LARGE` or `NODE_GARBAGE`.
 */
import { Agent, type Dispatcher, errors } from "undici";
import * as v from "valibot";
import { messageOf, Problem } from "../../kit/problem.ts";
import type { Endpoint } from "./endpoints.ts";
import { errorBodySchema, NodeosError } from "./errors.ts";

/** Larger than any answer we ask for; a block of nodeos's largest default size is about 3 MB of JSON. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 3000;

export interface CallOptions {
  /** For the whole exchange; 3000 by default. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

export class NodeClient {
  /** As given, for messages. */
  readonly url: string;
  private readonly origin: string;
  private readonly agent: Agent;

  /** `url`: `http://127.0.0.1:8888`, `https://…`, or `unix:/run/nodeos.sock`. Throws `NODE_BAD_URL`. */
  constructor(url: string) {
    this.url = url;
    const socketPath = /^unix:(\/.+)$/.exec(url)?.[1];
    this.origin = socketPath === undefined ? originOf(url) : "http://localhost";
    this.agent = new Agent({
      connections: 8,
      maxResponseSize: MAX_ANSWER_BYTES,
      ...(socketPath === undefined ? {} : { connect: { socketPath } }),
    });
  }

  /** Closes idle connections; calls under way are cut off. */
  async close(): Promise<void> {
    await this.agent.destroy();
  }

  async call<Answer>(
    endpoint: Endpoint<undefined, Answer>,
    request?: undefined,
    options?: CallOptions,
  ): Promise<Answer>;
  async call<Request, Answer>(
    endpoint: Endpoint<Request, Answer>,
    request: Request,
    options?: CallOptions,
  ): Promise<Answer>;
  async call<Answer>(
    endpoint: Endpoint<unknown, Answer>,
    request?: unknown,
    options: CallOptions = {},
  ): Promise<Answer> {
    const where = `${this.url}${endpoint.path}`;
    const { status, text, contentType } = await this.exchange(endpoint.path, request, where, options);
    const body = contentType.includes("json") ? parseJson(text, where) : text;
    if (status >= 400) {
      const error = v.safeParse(errorBodySchema, body);
      if (error.success) throw new NodeosError(where, status, error.output);
      throw garbage(where, `status ${status} with a body that is not nodeos's error: ${text.slice(0, 80)}`);
    }
    const answer = v.safeParse(endpoint.schema, body);
    if (answer.success) return answer.output;
    const issue = answer.issues[0];
    throw garbage(where, `${v.getDotPath(issue) ?? "the answer"}: ${issue.message}`);
  }

  private async exchange(path: string, request: unknown, where: string, options: CallOptions) {
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      const response: Dispatcher.ResponseData = await this.agent.request({
        origin: this.origin,
        path,
        method: "POST",
        headers: { "content-type": "application/json" },
        body: request === undefined ? "" : JSON.stringify(request),
        signal: options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]),
      });
      const text = await response.body.text();
      return { status: response.statusCode, text, contentType: String(response.headers["content-type"] ?? "") };
    } catch (cause) {
      if (options.signal?.aborted) throw options.signal.reason;
      throw transportProblem(cause, where, deadline.aborted ? timeoutMs : undefined);
    }
  }
}

function originOf(url: string): string {
  let parsed: URL | undefined;
  try {
    parsed = new URL(url);
  } catch {}
  if (
    parsed === undefined ||
    !/^https?:$/.test(parsed.protocol) ||
    (parsed.pathname !== "/" && parsed.pathname !== "")
  ) {
    throw new Problem({
      code: "NODE_BAD_URL",
      message: `\`${url}\` is not the address of a node's HTTP API`,
      expected: "http://host:port, https://host:port or unix:/path/to.sock",
    });
  }
  return parsed.origin;
}

function transportProblem(cause: unknown, where: string, expiredAfterMs: number | undefined): Problem {
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
      cause,
    });
  }
  if (cause instanceof errors.HTTPParserError) {
    return garbage(where, `what came is not HTTP: ${cause.message}`);
  }
  if (cause instanceof errors.SocketError || messageOf(cause) === "terminated") {
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

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw garbage(where, `the answer is not JSON: ${text.slice(0, 80)}`);
  }
}

function garbage(where: string, what: string): Problem {
  return new Problem({
    code: "NODE_GARBAGE",
    message: what,
    where,
    help: "check that the address is nodeos's HTTP API and not another service",
  });
}
