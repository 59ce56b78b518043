/** Keeps the embedded server of a cluster running until it is stopped: one that ends by itself is started again. */
import { setTimeout } from "node:timers/promises";
import { Problem } from "../../kit/problem.ts";
import type { Cluster } from "./cluster.ts";
import { type EmbeddedServer, startServer } from "./server.ts";

export interface SupervisedServer {
  /** The one that runs now, or ran last. */
  readonly server: EmbeddedServer;
  stop(): Promise<void>;
}

const RESTART_AFTER_MS = 1_000;

/** `complain` hears when the server ended, and why it cannot be started again: once for each reason. */
export async function superviseServer(
  cluster: Cluster,
  complain: (problem: Problem) => void,
): Promise<SupervisedServer> {
  const stopping = new AbortController();
  const { signal } = stopping;
  let server = await startServer(cluster);
  const watch = async (): Promise<void> => {
    for (;;) {
      const words = await server.ended;
      if (signal.aborted) return;
      complain(serverEnded(words, cluster.logFile));
      server = await startAgain(cluster, complain, signal);
      // it may have come up just as all is stopped
      if (signal.aborted) await server.stop();
    }
  };
  const watching = watch().catch((thrown: unknown) => {
    // the wait before the next attempt ends this way
    if (!signal.aborted) throw thrown;
  });
  return {
    get server() {
      return server;
    },
    async stop() {
      stopping.abort();
      await server.stop();
      await watching;
    },
  };
}

/** Tries until it succeeds, or rejects when `signal` says to stop. */
async function startAgain(
  cluster: Cluster,
  complain: (problem: Problem) => void,
  signal: AbortSignal,
): Promise<EmbeddedServer> {
  let said = "";
  for (;;) {
    await setTimeout(RESTART_AFTER_MS, undefined, { signal });
    try {
      return await startServer(cluster);
    } catch (thrown) {
      if (!(thrown instanceof Problem)) throw thrown;
      if (thrown.message !== said) complain(thrown);
      said = thrown.message;
    }
  }
}

function serverEnded(words: string, logFile: string): Problem {
  return new Problem({
    code: "RECORD_SERVER_ENDED",
    message: `PostgreSQL ended: ${words}`,
    where: logFile,
    help: "it is started again; nothing is lost meanwhile",
  });
}
