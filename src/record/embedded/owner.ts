/**
 * Who the database server runs as. PostgreSQL refuses to run as root, so root hands it to an account that may
 * do nothing else; data that is there already is handed to whoever it belongs to.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { Problem } from "../../kit/problem.ts";

export interface Owner {
  name: string;
  uid: number;
  gid: number;
}

/** In this order: Debian's own for the purpose, then the one that owns nothing. */
const UNPRIVILEGED = ["postgres", "nobody"];

/** The account that root hands the server's files and processes to. Throws `RECORD_NO_ACCOUNT`. */
export function chooseOwner(): Owner {
  const known = accounts();
  for (const wanted of UNPRIVILEGED) {
    const found = known.find(({ name }) => name === wanted);
    if (found !== undefined) return found;
  }
  throw new Problem({
    code: "RECORD_NO_ACCOUNT",
    message: "PostgreSQL does not run as root, and this machine has no account to run it as",
    where: "/etc/passwd",
    expected: `an account named ${UNPRIVILEGED.join(" or ")}`,
    help: "run `useradd --system --no-create-home postgres`, or run Atalaya as another user than root",
  });
}

/** The account that a record made earlier belongs to; `undefined` when it is our own. Throws `RECORD_NOT_OURS`. */
export function ownerOf(path: string): Owner | undefined {
  const us = process.getuid?.() ?? 0;
  const { uid, gid } = statSync(path);
  if (uid === us && us !== 0) return undefined;
  const name = accounts().find((account) => account.uid === uid)?.name ?? `user ${uid}`;
  if (us === 0 && uid !== 0) return { name, uid, gid };
  const isRoots = us === 0;
  throw new Problem({
    code: "RECORD_NOT_OURS",
    message: `the record belongs to ${name}, ${isRoots ? "as whom PostgreSQL does not run" : `and we are ${userInfo().username}`}`,
    where: path,
    help: isRoots
      ? `give it to an account that does nothing else: \`chown -R ${chooseOwner().name} ${path}\``
      : "run Atalaya as root or as that user, or choose another directory with --data",
  });
}

function accounts(): Owner[] {
  const lines = readFileSync("/etc/passwd", "utf8").split("\n");
  return lines.map((line) => {
    const [name = "", , uid, gid] = line.split(":");
    return { name, uid: Number(uid), gid: Number(gid) };
  });
}

/** Whether `owner` can get to `path` and use it, through all the directories above it. */
export function canUse(owner: Owner | undefined, path: string, how: "execute" | "write"): boolean {
  const { status } = spawnSync("test", [how === "execute" ? "-x" : "-w", path], { ...identity(owner), cwd: "/" });
  return status === 0;
}

/** What `spawn` needs to run something as the owner. */
export function identity(owner: Owner | undefined): { uid: number; gid: number } | undefined {
  return owner === undefined ? undefined : { uid: owner.uid, gid: owner.gid };
}
