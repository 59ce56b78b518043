/**
 * nodeos's HTTP plugin: one listener per address, each with its categories of endpoints; answers with three
 * headers and no date; the method is not looked at; paths must match exactly.
 *
 * An endpoint runs either at once (nodeos's HTTP threads) or as a task of the main thread.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { isAbsolute } from "node:path";
import { asFailure, failure, failureAnswer } from "../failure.ts";
import type { NodeLog } from "../log.ts";
import type { MainThread } from "../main-thread.ts";
import { type Body, type Endpoint, endpointCategories, readBody } from "./endpoint.ts";
import { isHostAllowed } from "./host-check.ts";
import { type ListenPlan, type ListenSettings, listenOn, planListeners } from "./listeners.ts";

export const SERVER_VERSION = "v1.3.0-testchain";
const SUPPORTED_APIS = "/v1/node/get_supported_apis";

export interface HttpSettings extends ListenSettings {
  validateHost: boolean;
  aliases: readonly string[];
  maxBodyBytes: number;
  /** Of all requests and answers under way; negative for no limit. */
  maxBytesInFlight: number;
  /** Open connections, whether a request is under way or not; negative for no limit. */
  maxConnections: number;
  keepAlive: boolean;
  verboseErrors: boolean;
  /** Sent with every answer to an allowed request: CORS. */
  extraHeaders: Readonly<Record<string, string>>;
}

interface Listener extends ListenPlan {
  server: Server;
}

export class HttpServer {
  /** Requests answered, by path; for metrics. */
  readonly requests = new Map<string, number>();
  private readonly settings: HttpSettings;
  private readonly endpoints: ReadonlyMap<string, Endpoint>;
  private readonly main: MainThread;
  private readonly log: NodeLog;
  private readonly listeners: Listener[];
  private connections = 0;
  private readonly refused = new WeakSet<Socket>();
  private bytesInFlight = 0;

  /** Throws `OptionsError` for addresses that nodeos refuses. */
  constructor(settings: HttpSettings, endpoints: readonly Endpoint[], main: MainThread, log: NodeLog) {
    this.settings = settings;
    this.endpoints = new Map(endpoints.map((endpoint) => [endpoint.path, endpoint]));
    this.main = main;
    this.log = log;
    this.listeners = planListeners(settings).map((plan) => this.makeListener(plan));
  }

  private makeListener(plan: ListenPlan): Listener {
    const server = createServer({ requireHostHeader: false });
    const listener: Listener = { ...plan, server };
    server.on("request", (request, response) => {
      if (!this.refused.has(request.socket)) void this.serve(listener, request, response);
    });
    server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
      if (Number(request.headers["content-length"]) > this.settings.maxBodyBytes) {
        response.writeHead(401, { connection: "close" }).end();
      } else {
        response.writeContinue();
        void this.serve(listener, request, response);
      }
    });
    server.on("clientError", (_, socket) => socket.destroy());
    server.on("connection", (socket) => {
      this.connections += 1;
      socket.once("close", () => (this.connections -= 1));
      const { maxConnections } = this.settings;
      if (maxConnections >= 0 && this.connections > maxConnections) this.refuse(socket);
    });
    // beast keeps idle connections; a client that counts on it must not be surprised here
    server.keepAliveTimeout = 0;
    return listener;
  }

  /** nodeos tells a connection too many that it is busy, asked or not, and closes it. */
  private refuse(socket: Socket): void {
    this.refused.add(socket);
    const body = busyBody(`Too many requests in flight: ${this.connections}`);
    const head = `HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`;
    socket.write(head + body);
    socket.destroySoon();
  }

  /** Rejects with the system's error when an address cannot be listened on. */
  async start(): Promise<void> {
    for (const { address, server, categories } of this.listeners) {
      await listenOn(server, address);
      for (const { category, path } of this.endpoints.values()) {
        if (!categories.has(category) && category !== "node") continue;
        const added = `add ${category} api url: ${path} on ${address} `;
        this.log.write("info", "nodeos", "http_plugin.cpp:523:log_add_handler", added);
      }
      const names = categories.size === endpointCategories.length ? "all" : [...categories].join(", ");
      const listening = `start listening on ${address} resolved from ${address} for API categories: ${names}`;
      this.log.write("info", "nodeos", "listener.hpp:150:log_listening", listening);
    }
  }

  stop(): void {
    for (const { server } of this.listeners) {
      server.close();
      server.closeAllConnections();
    }
  }

  private async serve(listener: Listener, request: IncomingMessage, response: ServerResponse): Promise<void> {
    // a request that is given up forgets its socket
    const { socket } = request;
    const body = await collect(request, this.settings.maxBodyBytes);
    if (body === undefined) {
      // nodeos closes without a word when the body is larger than it takes
      socket.destroy();
      return;
    }
    const answer = new Answer(request, response, this.settings.keepAlive);
    const refusal = this.refusal(listener, request);
    if (refusal !== undefined) {
      const error = { code: 0, name: "", what: "", details: [] };
      answer.send(400, JSON.stringify({ code: 400, message: refusal, error }));
      return;
    }
    answer.headers = this.settings.extraHeaders;
    if (request.method === "OPTIONS") {
      answer.send(200, "{}");
      return;
    }
    this.bytesInFlight += body.length;
    const busy = this.busy();
    try {
      if (busy !== undefined) answer.busy(busy);
      else await this.answer(listener, request.url ?? "", body.toString("utf8"), answer);
    } finally {
      this.bytesInFlight -= body.length;
    }
  }

  /** Why a request is not even looked up; `undefined` when it is. */
  private refusal({ address }: Listener, request: IncomingMessage): string | undefined {
    const target = request.url ?? "";
    if (!target.startsWith("/") || target.includes("..")) return "Illegal request-target";
    if (!this.settings.validateHost || isAbsolute(address)) return undefined;
    const { host } = request.headers;
    const local = request.socket.localAddress ?? "";
    const allowed = host !== undefined && isHostAllowed(host, local, this.settings.aliases);
    return allowed ? undefined : "Disallowed HTTP HOST header in the request";
  }

  private busy(): string | undefined {
    const { maxBytesInFlight } = this.settings;
    if (maxBytesInFlight >= 0 && this.bytesInFlight > maxBytesInFlight) {
      return `Too many bytes in flight: ${this.bytesInFlight}`;
    }
    return undefined;
  }

  private async answer(listener: Listener, path: string, body: string, answer: Answer): Promise<void> {
    const endpoint = path === SUPPORTED_APIS ? this.supportedApis(listener) : this.endpoints.get(path);
    if (endpoint === undefined || !(endpoint.category === "node" || listener.categories.has(endpoint.category))) {
      const unknown = failure("exception", "Unknown Endpoint", "beast_http_session.hpp:186:handle_request");
      const { error } = failureAnswer(unknown, this.settings.verboseErrors).body;
      answer.send(404, JSON.stringify({ code: 404, message: "Not Found", error }));
      return;
    }
    this.requests.set(path, (this.requests.get(path) ?? 0) + 1);
    try {
      const result = await this.run(endpoint, body);
      const text = typeof result === "string" && endpoint.type !== undefined ? result : JSON.stringify(result);
      answer.send(endpoint.status, text, endpoint.type);
    } catch (thrown) {
      const { status, body: error } = failureAnswer(asFailure(thrown), this.settings.verboseErrors);
      answer.send(status, JSON.stringify(error));
    }
  }

  private run(endpoint: Endpoint, text: string): unknown {
    const body: Body = readBody(endpoint.body, text);
    if (endpoint.priority === undefined) return endpoint.handle(body);
    return this.main.call(endpoint.priority, () => endpoint.handle(body));
  }

  /** Paths that a listener answers, sorted. */
  private supportedApis(listener: Listener): Endpoint {
    const apis = [...this.endpoints.values()]
      .filter(({ category }) => category === "node" || listener.categories.has(category))
      .map(({ path }) => path)
      .sort();
    return { path: SUPPORTED_APIS, category: "node", status: 200, body: "optional", handle: () => ({ apis }) };
  }
}

/** One answer, in beast's way: no date, a `Connection` header only to say that it closes. */
class Answer {
  headers: Readonly<Record<string, string>> = {};
  private readonly response: ServerResponse;
  private readonly keepAlive: boolean;

  constructor(request: IncomingMessage, response: ServerResponse, keepAlive: boolean) {
    this.response = response;
    this.keepAlive = keepAlive && response.shouldKeepAlive && request.httpVersion !== "1.0";
  }

  send(status: number, body: string, type = "application/json", close = !this.keepAlive): void {
    const { response } = this;
    if (response.destroyed) return;
    response.sendDate = false;
    if (close) response.setHeader("Connection", "close");
    else response.removeHeader("Connection");
    response.writeHead(status, {
      server: `nodeos/${SERVER_VERSION}`,
      "content-type": type,
      "content-length": Buffer.byteLength(body),
      ...this.headers,
    });
    response.end(body);
  }

  busy(why: string): void {
    this.send(503, busyBody(why), undefined, true);
  }
}

function busyBody(why: string): string {
  return JSON.stringify({ code: 503, message: "Busy", error: { code: 503, name: "Busy", what: why, details: [] } });
}

/** The body, `undefined` when it is longer than the limit or does not come to its end. */
async function collect(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > limit) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}
