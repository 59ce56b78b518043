/**
 * Who the database server runs as. PostgreSQL refuses to run as root, so root hands it to an account that may
 * do nothing else.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { Problem } from "../../kit/problem.ts";

export interface Owner {
  name: string;
  uid: number;
  gid: number;
}

/** In this order: Debian's own for the purpose, then the one that owns nothing. */
const UNPRIVILEGED = ["postgres", "nobody"];

/** The account for the server's files and processes; `undefined` when it is our own. */
export function chooseOwner(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  for (const wanted of UNPRIVILEGED) {
    const [name, , uid, gid] = accounts.find(([account]) => account === wanted) ?? [];
    if (name !== undefined) return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw new Problem({
    code: "RECORD_NO_ACCOUNT",
    message: "PostgreSQL does not run as root, and this machine has no account to run it as",
    where: "/etc/passwd",
    expected: `an account named ${UNPRIVILEGED.join(" or ")}`,
    help: "run `useradd --system --no-create-home postgres`, or run Atalaya as another user than root",
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
