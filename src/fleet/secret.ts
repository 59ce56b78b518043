/**
 * Secrets by reference. A fleet file is published, copied and sent around, so a secret never stands in it:
 * it says where the secret is, `env:NAME` or `file:/absolute/path`, and the machine that needs it looks there.
 *
 * Problems name the reference, never the secret.
 */
import { open } from "node:fs/promises";
import { Problem } from "../kit/problem.ts";

/** Where a secret is kept. */
export type SecretReference = `env:${string}` | `file:/${string}`;

/** What a reference looks like, for errors and the reference. */
export const SECRET_FORM = "a reference to a secret: env:NAME or file:/absolute/path";
/** For editors: what {@link isSecretReference} takes. */
export const SECRET_PATTERN = "^(env:[A-Za-z_][A-Za-z0-9_]*|file:/[^\\x00-\\x1f]+)$";

const MAX_SECRET_BYTES = 64 * 1024;

/** A secret's file as it was read. */
export interface SecretFile {
  text: string;
  /** Permission bits, e.g. `0o600`. */
  mode: number;
}

/** Where references are looked up: `{ env: process.env, readFile: readSecretFile }` on a real machine. */
export interface SecretSources {
  env: Readonly<Record<string, string | undefined>>;
  readFile(path: string): Promise<SecretFile>;
}

/** True for `env:NAME` and `file:/absolute/path`. */
export function isSecretReference(text: string): text is SecretReference {
  return new RegExp(SECRET_PATTERN).test(text);
}

/**
 * The secret itself, without the line break at its end. Throws `FLEET_SECRET_MISSING` (no such variable, or
 * empty), `FLEET_SECRET_UNREADABLE` or `FLEET_SECRET_OPEN` (a file that others may read).
 */
export async function resolveSecret(reference: SecretReference, sources: SecretSources): Promise<string> {
  const secret = reference.startsWith("env:")
    ? fromVariable(reference.slice("env:".length), sources.env)
    : await fromFile(reference.slice("file:".length), sources);
  if (secret !== "") return secret;
  throw new Problem({
    code: "FLEET_SECRET_MISSING",
    message: `the secret at \`${reference}\` is empty`,
    help: "put the secret there, then start again",
  });
}

/** Reads a secret's file, at most 64 KiB of it, with the permissions of the very file that was read. */
export async function readSecretFile(path: string): Promise<SecretFile> {
  await using file = await open(path, "r");
  const status = await file.stat();
  if (!status.isFile()) throw new Error("not a regular file");
  if (status.size > MAX_SECRET_BYTES) throw new Error(`larger than ${MAX_SECRET_BYTES} bytes`);
  return { text: await file.readFile("utf8"), mode: status.mode & 0o777 };
}

function fromVariable(name: string, env: SecretSources["env"]): string {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value !== undefined) return withoutLineEnd(value);
  throw new Problem({
    code: "FLEET_SECRET_MISSING",
    message: `the environment has no variable \`${name}\``,
    help: `set \`${name}\` for this process, for example with \`EnvironmentFile=\` in its systemd unit`,
  });
}

async function fromFile(path: string, { readFile }: SecretSources): Promise<string> {
  let file: SecretFile;
  try {
    file = await readFile(path);
  } catch (cause) {
    throw new Problem({
      code: "FLEET_SECRET_UNREADABLE",
      message: `the secret's file \`${path}\` could not be read: ${reasonOf(cause)}`,
      help: "check the path, and that the file belongs to the user this process runs as",
      cause,
    });
  }
  if ((file.mode & 0o027) !== 0) {
    throw new Problem({
      code: "FLEET_SECRET_OPEN",
      message: `the secret's file \`${path}\` is open to others: its mode is ${file.mode.toString(8).padStart(4, "0")}`,
      expected: "mode 0600, or 0640 where a group has to read it",
      help: `chmod 600 ${path}`,
    });
  }
  return withoutLineEnd(file.text);
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, "");
}

/** Only what is known to hold no secret: the system's error code in words, or our own sentence. */
function reasonOf(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "EISDIR") return "it is a directory";
  if (code !== undefined) return code;
  return cause instanceof Error ? cause.message : "unknown error";
}
