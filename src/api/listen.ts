/** Serves the API on a port of the loopback interface. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { messageOf, Problem } from "../kit/problem.ts";
import { type AppFacts, makeApp } from "./app.ts";

/** Reachable from this machine only; a proxy or a tunnel in front opens it to others. */
const LISTEN_HOST = "127.0.0.1";
const HOSTS = [LISTEN_HOST, "localhost"];
const MAX_CONNECTIONS = 400;
const HEADERS_WITHIN_MS = 10_000;

export interface RunningApi {
  url: string;
  close(): Promise<void>;
}

/** `port` 0 takes a free one. Throws `API_PORT_IN_USE` or `API_PORT_REFUSED`. */
export async function serveApi(port: number, facts: Omit<AppFacts, "hosts">): Promise<RunningApi> {
  const { app, streams } = makeApp({ ...facts, hosts: HOSTS });
  const server = createServer({ headersTimeout: HEADERS_WITHIN_MS }, getRequestListener(app.fetch));
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, port);
  return {
    url: `http://${LISTEN_HOST}:${(server.address() as AddressInfo).port}`,
    async close() {
      streams.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

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
