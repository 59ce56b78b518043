/**
 * The main job: a record, nodes to look at (a test chain of our own, or a fleet), the watch loop, the portal.
 * Starts them in the order in which they need each other and stops them in reverse.
 */
import type { InstanceView } from "../api/instance.ts";
import { openApi } from "../api/listen.ts";
import { loadFleet } from "../fleet/load.ts";
import { messageOf, Problem } from "../kit/problem.ts";
import { openDatabase } from "../record/database.ts";
import { dataProblem, isDiskTrouble, openDataDir } from "./data-dir.ts";
import { demoPrograms, type RealNodes, startDemo } from "./demo.ts";
import { takeDataDir } from "./instance.ts";
import type { Tell } from "./news.ts";
import { watchFleet } from "./watching.ts";

export interface UpOptions {
  dataDir: string;
  /** Of the portal; 0 takes a free one. */
  port: number;
  /** Fleet file to watch; without one a test chain is started and watched. */
  fleetFile?: string | undefined;
  /** Real nodes for the test chain. */
  real?: RealNodes | undefined;
  databaseUrl?: string | undefined;
  version: string;
  /** Directory of the built portal. */
  pages: string;
  tell: Tell;
  /** Ends a start under way. */
  signal: AbortSignal;
}

export interface Running {
  /** Address of the portal. */
  portal: string;
  stop(): Promise<void>;
}

/** Resolves when the portal shows what happens. Throws a Problem when it cannot; nothing is left running then. */
export async function up(options: UpOptions): Promise<Running> {
  const stack = new AsyncDisposableStack();
  try {
    const portal = await start(options, stack);
    return { portal, stop: () => stack.disposeAsync() };
  } catch (thrown) {
    await stack.disposeAsync();
    // where nobody has said it better
    throw isDiskTrouble(thrown) ? dataProblem(options.dataDir, thrown) : thrown;
  }
}

async function start(options: UpOptions, stack: AsyncDisposableStack): Promise<string> {
  const { tell, signal } = options;
  const dataDir = openDataDir(options.dataDir);
  // a mistake in these should not wait for a database
  const programs = demoPrograms(options.real);
  let fleet = options.fleetFile === undefined ? undefined : await loadFleet(options.fleetFile);
  const mode = fleet === undefined ? "demo" : "fleet";
  const view: InstanceView = { pid: process.pid, version: options.version, mode, portal: "", startedAt: Date.now() };
  const instance = await takeDataDir(dataDir, view);
  stack.defer(() => instance.release());
  const api = await openApi(options.port);
  stack.defer(() => api.close());
  instance.tell({ ...view, portal: api.url }, {});

  tell({ kind: "doing", text: "opening the record" });
  const complain = (problem: Problem): void => tell({ kind: "trouble", problem });
  const database = await openDatabase({ dir: dataDir, url: options.databaseUrl, complain });
  stack.defer(() => database.close());
  tell({ kind: "done", text: `the record is in PostgreSQL at ${database.where}` });
  signal.throwIfAborted();

  if (fleet === undefined) {
    tell({ kind: "doing", text: "starting the test chain" });
    const demo = await startDemo(dataDir, programs, tell, signal);
    stack.defer(() => demo.stop());
    instance.tell({ ...view, portal: api.url }, { "/testchain": demo.control });
    fleet = await loadFleet(demo.fleetFile);
    tell({ kind: "done", text: `the test chain runs; ${demo.fleetFile} declares its nodes` });
  }
  const watching = await watchFleet({ fleet, mode, database, tell });
  stack.defer(() => watching.stop());
  api.serve({ ...watching, pages: options.pages, complain: (thrown) => complain(defect(thrown)) });
  return api.url;
}

/** What should not have happened, said so that it can be reported. */
function defect(thrown: unknown): Problem {
  return new Problem({
    code: "UP_DEFECT",
    message: `an answer failed: ${messageOf(thrown)}`,
    help: "please report this line",
    cause: thrown,
  });
}
