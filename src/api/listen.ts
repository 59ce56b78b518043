/** Serves the API on a port of the loopback interface. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { messageOf, Problem } from "../kit/problem.ts";
import { type AppFacts, makeApp } from "./app.ts";
import type { EventStreams } from "./events.ts";

/** Reachable from this machine only; a proxy or a tunnel in front opens it to others. */
const LISTEN_HOST = "127.0.0.1";
const HOSTS = [LISTEN_HOST, "localhost"];
const MAX_CONNECTIONS = 400;
const HEADERS_WITHIN_MS = 10_000;

export interface Api {
  url: string;
  /** From now on answers requests; before, it says that it is starting. */
  serve(facts: Omit<AppFacts, "hosts">): void;
  close(): Promise<void>;
}

/** `port` 0 takes a free one. Throws `API_PORT_IN_USE` or `API_PORT_REFUSED`. */
export async function openApi(port: number): Promise<Api> {
  let answer = sayStarting;
  let streams: EventStreams | undefined;
  const server = createServer({ headersTimeout: HEADERS_WITHIN_MS }, (request, response) => answer(request, response));
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, port);
  return {
    url: `http://${LISTEN_HOST}:${(server.address() as AddressInfo).port}`,
    serve(facts) {
      const made = makeApp({ ...facts, hosts: HOSTS });
      streams = made.streams;
      answer = getRequestListener(made.app.fetch);
    },
    async close() {
      streams?.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Browsers ask again by themselves. In both languages: the page that knows the reader's is not there yet. */
const sayStarting: RequestListener = (_, response) => {
  response.writeHead(503, { "content-type": "text/plain; charset=utf-8", "retry-after": "1", refresh: "1" });
  response.end("Atalaya is starting…\nAtalaya está arrancando…\n");
};

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => reject(portProblem(port, cause)));
    server.listen(port, LISTEN_HOST, resolve);
  });
}

function portProblem(port: number, cause: NodeJS.ErrnoException): Problem {
  if (cause.code === "EADDRINUSE") {
    return new Problem({
      code: "API_PORT_IN_USE",
      message: `port ${port} is in use by another program`,
      where: `${LISTEN_HOST}:${port}`,
      help: `stop that program (\`ss -ltnp 'sport = :${port}'\` names it), or choose another port with --port`,
      cause,
    });
  }
  return new Problem({
    code: "API_PORT_REFUSED",
    message: `port ${port} cannot be listened on: ${messageOf(cause)}`,
    where: `${LISTEN_HOST}:${port}`,
    help: cause.code === "EACCES" ? "choose a port above 1023 with --port" : "choose another port with --port",
    cause,
  });
}
