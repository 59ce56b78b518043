/** Where read commands get their answers: the portal's API of the Atalaya that runs here, or the one at an address. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { findInstance } from "../api/instance.ts";
import type { ErrorView } from "../api/views.ts";
import { messageOf, Problem } from "../kit/problem.ts";

/** The data directory of a checkout, wherever the command is run. */
export const DEFAULT_DATA_DIR = new URL("../../data", import.meta.url).pathname;

const ANSWER_WITHIN_MS = 10_000;

export interface SourceOptions {
  data: string;
  url?: string;
}

/** `--data`, for a command that uses the directory in the way that `meaning` says. */
export const dataOption = (meaning = "data directory of the Atalaya that is meant"): Option =>
  new Option("--data <dir>", meaning)
    .default(DEFAULT_DATA_DIR, "data, in the checkout")
    .env("ATALAYA_DATA")
    .argParser(directoryName);

/** Nothing would mean the current directory, which nobody means by it. */
function directoryName(text: string): string {
  if (text !== "") return text;
  throw new InvalidArgumentError("It must name a directory.");
}

/** Adds the options that say whom to ask. */
export function withSource(command: Command): Command {
  return command
    .addOption(dataOption())
    .addOption(new Option("--url <url>", "address of a portal, instead of the one here"));
}

/** Address of the portal to ask, without a slash at the end. Throws `UP_NOT_RUNNING`, `CLI_BAD_URL`, `UP_BUSY`. */
async function portalOf(options: SourceOptions): Promise<string> {
  if (options.url !== undefined) return checkedUrl(options.url);
  const instance = await findInstance(options.data);
  if (instance === undefined) {
    throw new Problem({
      code: "UP_NOT_RUNNING",
      message: "no Atalaya is running here",
      where: options.data,
      help: "start it with `atalaya up`, or name another with --url or --data",
    });
  }
  if (instance.portal === "") throw busy("Atalaya is starting…", options.data);
  return instance.portal;
}

function checkedUrl(url: string): string {
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? "")) return url.replace(/\/+$/, "");
  throw new Problem({
    code: "CLI_BAD_URL",
    message: `\`${url}\` is not the address of a portal`,
    expected: "an address like http://127.0.0.1:8080",
  });
}

type Query = Readonly<Record<string, string | undefined>>;

/** Reads one of the API's answers, which `isView` knows by sight. Throws what the API says, or `CLI_NO_ANSWER`. */
export async function read<View>(
  options: SourceOptions,
  path: string,
  isView: (answer: unknown) => boolean,
  query: Query = {},
): Promise<View> {
  const answer = await open(options, path, query);
  const view = await answer.json().catch((cause: unknown) => {
    throw noAnswer(answer.url, cause);
  });
  if (!isView(view)) throw noAnswer(answer.url, new Error("it is something else"));
  return view as View;
}

/** Opens an answer that may not end by itself, but has to begin. */
export async function open(options: SourceOptions, path: string, query: Query = {}): Promise<Response> {
  const portal = await portalOf(options);
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const parameters = given.length > 0 ? `?${new URLSearchParams(given)}` : "";
  const patience = new AbortController();
  const late = setTimeout(
    () => patience.abort(new Error(`nothing within ${ANSWER_WITHIN_MS / 1000} s`)),
    ANSWER_WITHIN_MS,
  );
  try {
    const answer = await fetch(`${portal}${path}${parameters}`, { signal: patience.signal });
    if (answer.ok) return answer;
    const text = await answer.text();
    if (answer.status === 503 && !isJson(answer)) throw busy(text.trim(), portal);
    const { error } = JSON.parse(text) as ErrorView;
    throw new Problem({ ...error, where: portal });
  } catch (cause) {
    throw cause instanceof Problem ? cause : noAnswer(portal, cause);
  } finally {
    clearTimeout(late);
  }
}

function isJson(answer: Response): boolean {
  return answer.headers.get("content-type")?.startsWith("application/json") === true;
}

/** It is there, and asks for patience. */
function busy(words: string, where: string): Problem {
  return new Problem({ code: "UP_BUSY", message: words.slice(0, 200), where, help: "try again in a moment" });
}

function noAnswer(where: string, cause: unknown): Problem {
  return new Problem({
    code: "CLI_NO_ANSWER",
    message: `no portal answers there: ${reasonOf(cause)}`,
    where,
    help: "check the address, and that Atalaya runs there",
    cause,
  });
}

/** `fetch` says "fetch failed" and keeps the reason in its cause. */
function reasonOf(thrown: unknown): string {
  return messageOf(thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown);
}
