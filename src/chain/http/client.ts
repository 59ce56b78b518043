/**
 * Calls nodeos over HTTP (TCP, TLS or a unix socket): one deadline for the whole exchange, a bound on the
 * answer's size, no redirects, the answer checked against its content type and schema.
 *
 * It throws {@link NodeosError} when nodeos answered an error, else a Problem that says which it was:
 * `NODE_UNREACHABLE`, `NODE_TIMEOUT`, `NODE_HALF_ANSWER`, `NODE_TOO_LARGE` or `NODE_GARBAGE`.
 */
import { Agent, type Dispatcher } from "undici";
import * as v from "valibot";
import { Problem } from "../../kit/problem.ts";
import type { Endpoint } from "./endpoint.ts";
import { errorBodySchema, NodeosError } from "./errors.ts";
import { garbage, lostConnection, MAX_ANSWER_BYTES, transportProblem } from "./transport-problem.ts";

const DEFAULT_TIMEOUT_MS = 3000;

export interface CallOptions {
  /** For the whole exchange; 3000 by default. */
  timeoutMs?: number;
  /** Aborting it ends the call with the signal's own reason. */
  signal?: AbortSignal;
}

interface RawAnswer {
  status: number;
  text: string;
  contentType: string;
}

export class NodeClient {
  /** As given, for messages. */
  readonly url: string;
  private readonly origin: string;
  private readonly agent: Agent;
  /** Connections opened so far. */
  private opened = 0;

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
    this.agent.on("connect", () => {
      this.opened += 1;
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
    const where = `${this.url.replace(/\/$/, "")}${endpoint.path}`;
    return readAnswer(endpoint, await this.exchange(endpoint.path, request, where, options), where);
  }

  private async exchange(path: string, request: unknown, where: string, options: CallOptions): Promise<RawAnswer> {
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      const response = await this.send({
        origin: this.origin,
        path,
        method: "POST",
        headers: { "content-type": "application/json" },
        body: request === undefined ? "" : JSON.stringify(request),
        signal: options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]),
      });
      const text = await response.body.text();
      return { status: response.statusCode, text, contentType: String(response.headers["content-type"] ?? "none") };
    } catch (cause) {
      if (options.signal?.aborted) throw options.signal.reason;
      throw transportProblem(cause, where, deadline.aborted ? timeoutMs : undefined);
    }
  }

  /**
   * Sends a request again when it went out on a kept connection just as the node closed it, which servers do when
   * such a connection was idle too long or they restart: as a rule nobody has read that request, and nothing we ask
   * does harm twice (nodeos knows a transaction again). On a new connection it is the node that failed.
   */
  private async send(request: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData> {
    for (;;) {
      const { opened } = this;
      try {
        return await this.agent.request(request);
      } catch (thrown) {
        if (!lostConnection(thrown) || this.opened > opened) throw thrown;
      }
    }
  }
}

/** `error.code` decides: whatever the status, an error of nodeos's shape is its error. */
function readAnswer<Answer>(endpoint: Endpoint<unknown, Answer>, answer: RawAnswer, where: string): Answer {
  const { status, text, contentType } = answer;
  const body = contentType.startsWith("application/json") ? parseJson(text, where) : text;
  const error = v.safeParse(errorBodySchema, body);
  if (error.success) throw new NodeosError(where, status, error.output);
  if (status >= 300) throw garbage(where, `status ${status} with a body that is not nodeos's error`, text);
  if (!contentType.startsWith(endpoint.answers)) {
    throw garbage(where, `the answer is of content type ${contentType.slice(0, 80)}, not ${endpoint.answers}`, text);
  }
  const good = v.safeParse(endpoint.schema, body);
  if (good.success) return good.output;
  const [issue] = good.issues;
  throw garbage(where, `${v.getDotPath(issue) ?? "the answer"}: ${issue.message}`, text);
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw garbage(where, "the answer is not JSON", text);
  }
}

function originOf(url: string): string {
  const parsed = URL.parse(url);
  const { protocol, pathname, search, hash, username, password, origin } = parsed ?? {};
  if (!/^https?:$/.test(protocol ?? "") || pathname !== "/" || search || hash || username || password || !origin) {
    throw new Problem({
      code: "NODE_BAD_URL",
      message: `\`${url.replace(/\/\/[^/]*@/, "//…@")}\` is not the address of a node's HTTP API`,
      expected: "http://host:port, https://host:port or unix:/path/to.sock, without a path or a password",
    });
  }
  return origin;
}
