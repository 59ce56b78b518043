/** A directory for Unix sockets. The system takes paths of 107 bytes at most, and data directories may lie deep. */
import { createHash } from "node:crypto";
import { chownSync, lstatSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Problem } from "./problem.ts";

/** Linux: `sun_path` less its final zero. macOS has 103, which leaves enough for the names below. */
const PATH_MAX = 103;
/** Room for the longest name of a socket of ours, `/.s.PGSQL.5432`. */
const NAME_MAX = 14;

/**
 * `dir` itself if sockets can be made there, else one below the system's directory for temporary files, always the same
 * for the same `dir`, which only its owner may enter. Throws `SOCKET_DIR_TAKEN`.
 */
export function socketDirFor(dir: string, owner?: { uid: number; gid: number }): string {
  const absolute = resolve(dir);
  if (Buffer.byteLength(absolute) + NAME_MAX <= PATH_MAX) return absolute;
  const uid = owner?.uid ?? process.getuid?.() ?? 0;
  const hash = createHash("sha256").update(absolute).digest("hex").slice(0, 12);
  const short = join(tmpdir(), `atalaya-${uid}-${hash}`);
  makeDirectory(short);
  // everyone may write there: it must not be a stranger's
  const found = lstatSync(short);
  const isOurs = found.isDirectory() && [uid, process.getuid?.()].includes(found.uid) && (found.mode & 0o077) === 0;
  if (!isOurs) {
    throw new Problem({
      code: "SOCKET_DIR_TAKEN",
      message: "the directory for sockets belongs to somebody else",
      where: short,
      expected: "a directory of ours that nobody else may enter",
      help: `remove it, or choose a data directory with a shorter path than ${PATH_MAX - NAME_MAX} bytes`,
    });
  }
  if (owner !== undefined) chownSync(short, owner.uid, owner.gid);
  return short;
}

/** Leaves whatever is there already, which may be something else. */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
  }
}
