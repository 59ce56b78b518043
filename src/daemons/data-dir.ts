/** The directory in which Atalaya keeps everything: made if need be, and proven to be writable before anything starts. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { messageOf, Problem } from "../kit/problem.ts";

/** Returns the absolute path. Throws `DATA_UNUSABLE`. */
export function openDataDir(dir: string): string {
  const path = resolve(dir);
  const probe = join(path, ".probe");
  try {
    mkdirSync(path, { recursive: true });
    writeFileSync(probe, "");
    rmSync(probe);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = REASONS[code ?? ""] ?? { what: messageOf(cause), help: CHOOSE };
    throw new Problem({
      code: "DATA_UNUSABLE",
      message: `the data directory cannot be written to: ${reason.what}`,
      where: path,
      expected: "a directory of our own, on a disk with some room",
      help: reason.help,
      cause,
    });
  }
  return path;
}

const CHOOSE = "choose another directory with --data";

const REASONS: Readonly<Record<string, { what: string; help: string }>> = {
  EROFS: { what: "the disk is read-only", help: `mount it for writing, or ${CHOOSE}` },
  EACCES: { what: "we have no permission", help: `give it to our user (\`chown\`), or ${CHOOSE}` },
  EPERM: { what: "we have no permission", help: `give it to our user (\`chown\`), or ${CHOOSE}` },
  ENOSPC: { what: "the disk is full", help: `make room, or ${CHOOSE}` },
  EDQUOT: { what: "our quota is used up", help: `make room, or ${CHOOSE}` },
  ENOTDIR: { what: "part of the path is a file", help: CHOOSE },
  EEXIST: { what: "it is a file", help: CHOOSE },
};
