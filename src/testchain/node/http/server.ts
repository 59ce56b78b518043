/**
 * nodeos's HTTP plugin: one listener per address, each with its categories of endpoints; answers with three
 * headers and no date; the method is not looked at; paths must match exactly.
 *
 * An endpoint runs either at once (nodeos's HTTP threads) or as a task of the main thread.
 */

import { rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { asFailure, failure, failureAnswer } from "../failure.ts";
import type { NodeLog } from "../log.ts";
import type { MainThread } from "../main-thread.ts";
import { type Body, type Endpoint, endpointCategories, readBody } from "./endpoint.ts";

export const SERVER_VERSION = "v1.3.0-testchain";

export interface HttpSettings {
  /** `host:port`, or `http-category-address` to use only the category listeners. */
  address: string;
  /** `<category>,<host:port or /path>` */
  categories: readonly string[];
  validateHost: boolean;
  aliases: readonly string[];
  maxBodyBytes: number;
  verboseErrors: boolean;
}

interface Listener {
  address: string;
  categories: Set<string>;
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

  constructor(settings: HttpSettings, endpoints: readonly Endpoint[], main: MainThread, log: NodeLog) {
    this.settings = settings;
    this.endpoints = new Map(endpoints.map((endpoint) => [endpoint.path, endpoint]));
    this.main = main;
    this.log = log;
    this.listeners = this.plan().map(([address, categories]) => {
      const listener: Listener = { address, categories, server: createServer() };
      listener.server.on("request", (request, response) => void this.serve(listener, request, response));
      listener.server.on("clientError", (_, socket) => socket.destroy());
      // beast keeps idle connections; a client that counts on it must not be surprised here
      listener.server.keepAliveTimeout = 0;
      return listener;
    });
  }

  async start(): Promise<void> {
    for (const { address, server, categories } of this.listeners) {
      await listen(server, address);
      for (const endpoint of this.endpoints.values()) {
        if (categories.has(endpoint.category) || endpoint.category === "node") {
          this.log.write(
            "info",
            "nodeos",
            "http_plugin.cpp:523:log_add_handler",
            `add ${endpoint.category} api url: ${endpoint.path} on ${address} `,
          );
        }
      }
      const names = categories.size === endpointCategories.length ? "all" : [...categories].join(", ");
      this.log.write(
        "info",
        "nodeos",
        "listener.hpp:150:log_listening",
        `start listening on ${address} resolved from ${address} for API categories: ${names}`,
      );
    }
  }

  stop(): void {
    for (const { server } of this.listeners) {
      server.close();
      server.closeAllConnections();
    }
  }

  private plan(): [string, Set<string>][] {
    if (this.settings.address !== "http-category-address") {
      return this.settings.address === "" ? [] : [[this.settings.address, new Set(endpointCategories)]];
    }
    const byAddress = new Map<string, Set<string>>();
    for (const spec of this.settings.categories) {
      const comma = spec.indexOf(",");
      const address = spec.slice(comma + 1);
      byAddress.set(address, (byAddress.get(address) ?? new Set()).add(spec.slice(0, comma)));
    }
    return [...byAddress];
  }

  /** Paths that a listener answers, sorted; `get_supported_apis`. */
  private supported(listener: Listener): string[] {
    return [...this.endpoints.values()]
      .filter(({ category, path }) =>
        category === "node" ? path !== SUPPORTED_APIS : listener.categories.has(category),
      )
      .map(({ path }) => path)
      .sort();
  }

  private async serve(listener: Listener, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    if (this.settings.validateHost && !this.hostIsOurs(listener, request.headers.host ?? "")) {
      const error = { code: 0, name: "", what: "", details: [] };
      send(response, 400, JSON.stringify({ code: 400, message: "Disallowed HTTP HOST header in the request", error }));
      return;
    }
    // a request that is given up forgets its socket
    const { socket } = request;
    const body = await collect(request, this.settings.maxBodyBytes);
    if (body === undefined) {
      // nodeos closes without a word when the body is larger than it takes
      socket.destroy();
      return;
    }
    const endpoint = path === SUPPORTED_APIS ? this.supportedApis(listener) : this.endpoints.get(path);
    if (endpoint === undefined || !(endpoint.category === "node" || listener.categories.has(endpoint.category))) {
      const unknown = failureAnswer(
        failure("exception", "Unknown Endpoint", "beast_http_session.hpp:186:handle_request"),
        true,
      );
      send(response, 404, JSON.stringify({ ...unknown.body, code: 404, message: "Not Found" }));
      return;
    }
    this.requests.set(path, (this.requests.get(path) ?? 0) + 1);
    try {
      const answer = await this.run(endpoint, body);
      const text = typeof answer === "string" && endpoint.type !== undefined ? answer : JSON.stringify(answer);
      send(response, endpoint.status, text, endpoint.type);
    } catch (thrown) {
      const { status, body: error } = failureAnswer(asFailure(thrown), this.settings.verboseErrors);
      send(response, status, JSON.stringify(error));
    }
  }

  private run(endpoint: Endpoint, text: string): unknown {
    const body: Body = readBody(endpoint.body, text);
    if (endpoint.priority === undefined) return endpoint.handle(body);
    return this.main.call(endpoint.priority, () => endpoint.handle(body));
  }

  private supportedApis(listener: Listener): Endpoint {
    return {
      path: SUPPORTED_APIS,
      category: "node",
      status: 200,
      body: "none",
      handle: () => ({ apis: this.supported(listener) }),
    };
  }

  private hostIsOurs(listener: Listener, host: string): boolean {
    const allowed = [listener.address, ...this.settings.aliases];
    const port = listener.address.split(":").at(-1);
    return (
      allowed.includes(host) || allowed.some((alias) => `${alias}:${port}` === host) || listener.address.startsWith("/")
    );
  }
}

const SUPPORTED_APIS = "/v1/node/get_supported_apis";

function send(response: ServerResponse, status: number, body: string, type = "application/json"): void {
  if (response.destroyed) return;
  response.sendDate = false;
  response.removeHeader("Connection");
  response.writeHead(status, {
    server: `nodeos/${SERVER_VERSION}`,
    "content-type": type,
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}

async function collect(request: IncomingMessage, limit: number): Promise<string | undefined> {
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
  return Buffer.concat(chunks).toString("utf8");
}

function listen(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    if (address.startsWith("/") || address.startsWith("./") || address.startsWith("../")) {
      rmSync(address, { force: true });
      server.listen(address, resolve);
    } else {
      const colon = address.lastIndexOf(":");
      server.listen(Number(address.slice(colon + 1)), address.slice(0, colon), resolve);
    }
  });
}
