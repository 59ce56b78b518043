/**
 * One running Atalaya a data directory: it listens on a socket there that only its user can open. The socket keeps
 * a second one out, tells commands where the portal is, and takes what is to be done to the test chain.
 */
import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { findInstance, type InstanceView, instanceSocket } from "../api/instance.ts";
import { messageOf, Problem } from "../kit/problem.ts";

export interface Instance {
  /** Says more of itself from now on, and serves more under paths. */
  tell(view: InstanceView, more: Readonly<Record<string, Hono>>): void;
  release(): Promise<void>;
}

/** Takes the data directory. Throws `UP_ALREADY_RUNNING` when another Atalaya has it. */
export async function takeDataDir(dir: string, view: InstanceView): Promise<Instance> {
  const path = instanceSocket(dir);
  let app = appOf(view, {});
  const server = createServer(getRequestListener((request) => app.fetch(request)));
  try {
    // of two that start at once, one gets it
    await listen(server, path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "EADDRINUSE") throw noSocket(path, thrown);
    const other = await findInstance(dir);
    if (other !== undefined) throw alreadyRunning(dir, other);
    // left behind by a run that was killed
    rmSync(path, { force: true });
    await listen(server, path);
  }
  chmodSync(path, 0o600);
  return {
    tell(view, more) {
      app = appOf(view, more);
    },
    async release() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

const WITHOUT_FLEET = "`atalaya up` without --fleet runs one; give it another directory with --data";

function appOf(view: InstanceView, more: Readonly<Record<string, Hono>>): Hono {
  const app = new Hono();
  app.get("/", (context) => context.json(view));
  for (const [path, part] of Object.entries(more)) app.route(path, part);
  const error =
    view.mode === "fleet"
      ? { code: "UP_CANNOT", message: "this Atalaya watches a fleet and runs no test chain", help: WITHOUT_FLEET }
      : { code: "UP_CANNOT", message: "the test chain of this Atalaya is not up yet", help: "try again in a moment" };
  app.notFound((context) => context.json({ error }, 404));
  return app;
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function noSocket(path: string, cause: unknown): Problem {
  return new Problem({
    code: "UP_NO_SOCKET",
    message: `the socket for commands cannot be made: ${messageOf(cause)}`,
    where: path,
    help: "choose another directory with --data",
    cause,
  });
}

function alreadyRunning(dir: string, { pid, portal }: InstanceView): Problem {
  const state = portal === "" ? "it is starting" : `its portal is at ${portal}`;
  return new Problem({
    code: "UP_ALREADY_RUNNING",
    message: `Atalaya runs here already, as process ${pid}; ${state}`,
    where: dir,
    help: "use that one, stop it with Ctrl-C, or give this one another directory with --data and another --port",
  });
}
