/** The socket of a running Atalaya in its data directory, as whoever may open it sees it: commands, and a second Atalaya. */
import { request } from "node:http";
import { join } from "node:path";
import { text as readText } from "node:stream/consumers";
import { Problem } from "../kit/problem.ts";
import { socketDirFor } from "../kit/socket-dir.ts";
import type { ErrorView } from "./views.ts";

/** What a running Atalaya says of itself. */
export interface InstanceView {
  pid: number;
  version: string;
  mode: "demo" | "fleet";
  /** Address of the portal. */
  portal: string;
  /** ms since 1970. */
  startedAt: number;
}

const TIMEOUT_MS = 5_000;
/** Starting a node may have to replay its chain. */
const ACTION_TIMEOUT_MS = 120_000;

/** Path of the socket for a data directory. */
export function instanceSocket(dataDir: string): string {
  return join(socketDirFor(dataDir), "atalaya.sock");
}

/** Asks whoever runs in `dataDir`; `undefined` when nobody does. */
export async function findInstance(dataDir: string): Promise<InstanceView | undefined> {
  try {
    return (await ask(dataDir, "GET", "/", TIMEOUT_MS)) as InstanceView;
  } catch (thrown) {
    if (thrown instanceof Problem && thrown.code === "UP_NOT_RUNNING") return undefined;
    throw thrown;
  }
}

/** Reads (`GET`) or does (`POST`) something. Throws `UP_NOT_RUNNING`, or the Problem that was answered. */
export function askInstance(dataDir: string, method: "GET" | "POST", path: string): Promise<unknown> {
  return ask(dataDir, method, path, ACTION_TIMEOUT_MS);
}

async function ask(dataDir: string, method: "GET" | "POST", path: string, timeoutMs: number): Promise<unknown> {
  try {
    const { status, text } = await exchange(instanceSocket(dataDir), method, path, timeoutMs);
    if (status === 200) return JSON.parse(text);
    throw new Problem((JSON.parse(text) as ErrorView).error);
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw cannotAsk(dataDir, cause);
  }
}

function exchange(
  socketPath: string,
  method: string,
  path: string,
  timeoutMs: number,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    // no connection is kept for the next question: whoever answers then may be another, or nobody
    const sent = request({ socketPath, method, path, signal, agent: false }, (answer) => {
      readText(answer).then((text) => resolve({ status: answer.statusCode ?? 0, text }), reject);
    });
    sent.once("error", (cause) => reject(signal.aborted ? signal.reason : cause));
    sent.end();
  });
}

function cannotAsk(dataDir: string, cause: unknown): Problem {
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  if (code === "EACCES" || code === "EPERM") {
    return new Problem({
      code: "UP_NOT_OURS",
      message: "Atalaya runs here as another user",
      where: dataDir,
      help: "run this command as that user",
      cause,
    });
  }
  if (NOBODY.includes(code)) {
    return new Problem({
      code: "UP_NOT_RUNNING",
      message: "no Atalaya is running here",
      where: dataDir,
      help: "start it with `atalaya up`, or name its data directory with --data",
      cause,
    });
  }
  return new Problem({
    code: "UP_SILENT",
    message: "Atalaya does not answer",
    where: dataDir,
    help: "look at its output; if it hangs, end it and start it again",
    cause,
  });
}

/** No socket, a socket that a killed run left, a directory that is none. */
const NOBODY = ["ENOENT", "ECONNREFUSED", "ENOTDIR"];
