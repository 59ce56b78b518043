/** Where read commands get their answers: the portal's API of the Atalaya that runs here, or the one at an address. */
import { type Command, Option } from "commander";
import { findInstance } from "../api/instance.ts";
import type { ErrorView } from "../api/views.ts";
import { messageOf, Problem } from "../kit/problem.ts";

/** The data directory of a checkout, wherever the command is run. */
export const DEFAULT_DATA_DIR = new URL("../../data", import.meta.url).pathname;

const ANSWER_WITHIN_MS = 15_000;

export interface SourceOptions {
  data: string;
  url?: string;
}

/** `--data`, for a command that uses the directory in the way that `meaning` says. */
export const dataOption = (meaning = "data directory of the Atalaya that is meant"): Option =>
  new Option("--data <dir>", meaning).default(DEFAULT_DATA_DIR, "data, in the checkout").env("ATALAYA_DATA");

/** Adds the options that say whom to ask. */
export function withSource(command: Command): Command {
  return command
    .addOption(dataOption())
    .addOption(new Option("--url <url>", "address of a portal, instead of the one here"));
}

/** Address of the portal to ask, without a slash at the end. Throws `UP_NOT_RUNNING`. */
export async function portalOf(options: SourceOptions): Promise<string> {
  if (options.url !== undefined) return options.url.replace(/\/+$/, "");
  const instance = await findInstance(options.data);
  if (instance !== undefined) return instance.portal;
  throw new Problem({
    code: "UP_NOT_RUNNING",
    message: "no Atalaya is running here",
    where: options.data,
    help: "start it with `atalaya up`, or name another with --url or --data",
  });
}

type Query = Readonly<Record<string, string | undefined>>;

/** Reads one of the API's answers. Throws what the API says, or `CLI_NO_ANSWER`. */
export async function read<View>(options: SourceOptions, path: string, query: Query = {}): Promise<View> {
  const answer = await open(options, path, query, AbortSignal.timeout(ANSWER_WITHIN_MS));
  return (await answer.json()) as View;
}

/** Opens an answer that may not end by itself. */
export async function open(
  options: SourceOptions,
  path: string,
  query: Query = {},
  signal?: AbortSignal,
): Promise<Response> {
  const portal = await portalOf(options);
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  try {
    const answer = await fetch(`${portal}${path}?${new URLSearchParams(given)}`, { signal: signal ?? null });
    if (answer.ok) return answer;
    const { error } = (await answer.json()) as ErrorView;
    throw new Problem({ ...error, where: portal });
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw new Problem({
      code: "CLI_NO_ANSWER",
      message: `the portal does not answer as one: ${reasonOf(cause)}`,
      where: portal,
      help: "check the address, and that Atalaya runs there",
      cause,
    });
  }
}

/** `fetch` says "fetch failed" and keeps the reason in its cause. */
function reasonOf(thrown: unknown): string {
  return messageOf(thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown);
}
