/**
 * Reads the text of a fleet file. Whatever is wrong with the file itself, that it is missing, a directory, too
 * large or not text, is a problem like any other.
 */
import { open, readdir } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { Problem, type ProblemFacts } from "../kit/problem.ts";
import { FleetProblem, FleetProblems } from "./fleet-problem.ts";
import { nearest } from "./nearest.ts";
import { Source } from "./source.ts";

/** Fifty machines take some 30 KiB. */
const MAX_FILE_BYTES = 1024 * 1024;

/** The bytes of a fleet file. Throws {@link FleetProblems}. */
export async function readFleetFile(path: string): Promise<Buffer> {
  try {
    await using file = await open(path, "r");
    const status = await file.stat();
    if (!status.isFile()) throw notAFile(path, status.isDirectory());
    if (status.size > MAX_FILE_BYTES) throw tooLarge(path, status.size);
    return await file.readFile();
  } catch (error) {
    if (error instanceof Problem) throw new FleetProblems(path, [new FleetProblem(error)]);
    throw new FleetProblems(path, [new FleetProblem(await systemProblem(path, error))]);
  }
}

/** The text of a fleet file's bytes. Throws {@link FleetProblems} for anything but UTF-8 text. */
export function decodeFleetFile(bytes: Uint8Array, file: string): string {
  if (bytes.length > MAX_FILE_BYTES) throw new FleetProblems(file, [new FleetProblem(tooLarge(file, bytes.length))]);
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const text = new TextDecoder("utf-8").decode(bytes);
  const bad = isUtf16 ? 0 : firstBadCharacter(bytes, text);
  if (bad === undefined) return text;
  const source = new Source(file, text, []);
  throw new FleetProblems(file, [
    source.problem(
      {
        code: "FLEET_NOT_TEXT",
        message: isUtf16 ? "the file is in UTF-16" : `the file holds a byte that is not text: ${describe(text, bad)}`,
        expected: "text in UTF-8",
        help: isUtf16 ? "save it as UTF-8" : "save it as UTF-8, or restore it if it was damaged",
      },
      { start: bad, end: bad + 1 },
    ),
  ]);
}

/** Where the text has a control character, or a replacement character that stands for broken bytes. */
function firstBadCharacter(bytes: Uint8Array, text: string): number | undefined {
  const control = text.search(/[^\P{Cc}\t\n\r\u0085]/u);
  const replaced = isIntact(bytes) ? -1 : text.indexOf("\ufffd");
  const places = [control, replaced].filter((place) => place >= 0);
  return places.length === 0 ? undefined : Math.min(...places);
}

function isIntact(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function describe(text: string, place: number): string {
  const code = text.charCodeAt(place);
  return code === 0xfffd ? "broken UTF-8" : `control character ${code}`;
}

function notAFile(path: string, isDirectory: boolean): Problem {
  return new Problem({
    code: "FLEET_UNREADABLE",
    message: isDirectory ? `\`${path}\` is a directory` : `\`${path}\` is a device or a pipe`,
    expected: "a fleet file",
    help: isDirectory ? `name the file in it, like \`${path.replace(/\/+$/, "")}/fleet.yaml\`` : undefined,
  });
}

function tooLarge(path: string, bytes: number): Problem {
  return new Problem({
    code: "FLEET_TOO_LARGE",
    message: `\`${path}\` has ${bytes} bytes`,
    expected: `at most ${MAX_FILE_BYTES} bytes: fifty machines take some 30000`,
    help: "check that this is the fleet file and not another one",
  });
}

async function systemProblem(path: string, error: unknown): Promise<ProblemFacts> {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === "ENOENT" || code === "ENOTDIR") {
    const near = await nearestFile(path);
    return {
      code: "FLEET_NOT_FOUND",
      message: `there is no file \`${path}\``,
      help: near === undefined ? "write one, or copy `examples/pair/fleet.yaml`" : `did you mean \`${near}\`?`,
      cause: error,
    };
  }
  const isDenied = code === "EACCES" || code === "EPERM";
  return {
    code: "FLEET_UNREADABLE",
    message: `\`${path}\` could not be read: ${isDenied ? "permission denied" : (code ?? "unknown error")}`,
    help: isDenied ? "let the user this runs as read the file, and enter the directories above it" : undefined,
    cause: error,
  };
}

/** A YAML file of the same directory with nearly that name, or the only one. */
async function nearestFile(path: string): Promise<string | undefined> {
  const directory = dirname(path);
  const names = (await readdir(directory).catch(() => [])).filter((name) => /\.ya?ml$/.test(name));
  const near = nearest(basename(path), names) ?? (names.length === 1 ? names[0] : undefined);
  return near === undefined ? undefined : path.slice(0, path.length - basename(path).length) + near;
}
