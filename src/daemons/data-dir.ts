/**
 * The directory in which Atalaya keeps everything: made if need be, and proven to have room and to be writable before
 * anything starts.
 */
import { accessSync, constants, existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { messageOf, Problem } from "../kit/problem.ts";

/** A new record and a new chain take some 50 MB; the rest is for the first days. */
const ROOM_BYTES = 100 * 1024 * 1024;

/** Returns the absolute path. Throws `DATA_UNUSABLE` or `DATA_NO_ROOM`. */
export function openDataDir(dir: string): string {
  const path = resolve(dir);
  const probe = join(path, ".probe");
  try {
    // Node's own word for a read-only disk is that something on the way does not exist
    accessSync(firstThatExists(path), constants.W_OK);
    mkdirSync(path, { recursive: true });
    writeFileSync(probe, "");
    rmSync(probe);
  } catch (cause) {
    throw dataProblem(path, cause);
  }
  const { bavail, bsize } = statfsSync(path);
  if (bavail * bsize < ROOM_BYTES) throw noRoom(path, bavail * bsize);
  return path;
}

/** What the system refused us in the data directory, for people. */
export function dataProblem(path: string, cause: unknown): Problem {
  const { code } = cause as NodeJS.ErrnoException;
  const reason = REASONS[code ?? ""] ?? { what: messageOf(cause), help: CHOOSE };
  return new Problem({
    code: "DATA_UNUSABLE",
    message: `the data directory cannot be written to: ${reason.what}`,
    where: path,
    expected: "a directory of our own, on a disk with some room",
    help: reason.help,
    cause,
  });
}

/** Whether it is the system that refused to write, and not a defect of ours. */
export function isDiskTrouble(thrown: unknown): boolean {
  return thrown instanceof Error && "syscall" in thrown && "code" in thrown && String(thrown.code) in REASONS;
}

function firstThatExists(path: string): string {
  return existsSync(path) ? path : firstThatExists(dirname(path));
}

function noRoom(path: string, bytes: number): Problem {
  const megabytes = (count: number) => Math.floor(count / 1024 / 1024);
  return new Problem({
    code: "DATA_NO_ROOM",
    message: `the disk of the data directory has only ${megabytes(bytes)} MB left`,
    where: path,
    expected: `at least ${megabytes(ROOM_BYTES)} MB`,
    help: "make room, or choose another directory with --data",
  });
}

const CHOOSE = "choose another directory with --data";

const REASONS: Readonly<Record<string, { what: string; help: string }>> = {
  EROFS: { what: "the disk is read-only", help: `mount it for writing, or ${CHOOSE}` },
  EACCES: { what: "we have no permission", help: `give it to our user (\`chown\`), or ${CHOOSE}` },
  EPERM: { what: "we have no permission", help: `give it to our user (\`chown\`), or ${CHOOSE}` },
  ENOSPC: { what: "the disk is full", help: `make room, or ${CHOOSE}` },
  EDQUOT: { what: "our quota is used up", help: `make room, or ${CHOOSE}` },
  EIO: { what: "the disk fails", help: `look at \`dmesg\`, and ${CHOOSE}` },
  ENOTDIR: { what: "part of the path is a file", help: CHOOSE },
  EEXIST: { what: "it is a file", help: CHOOSE },
};
