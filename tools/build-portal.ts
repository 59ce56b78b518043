/**
 * Builds the portal into dist/portal, unless what is there was built from the same sources. `npm start` comes through
 * here each time, so looking must be quick: the bundler is loaded only when it has something to do.
 *
 * `dist/portal` is a link to `dist/portal-STAMP`, where STAMP is made from everything that goes into a build. A build is
 * made beside it and the link is moved when it is whole: who kills one, or runs two, never leaves half a portal.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join, relative } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const SOURCES = ["src/portal", "src/words", "src/api/views.ts", "tools/build-portal.ts", "package-lock.json"];
const DIST = join(ROOT, "dist");
const LINK = join(DIST, "portal");
/** What an earlier build left is cleared away when no build that is under way can still need it. */
const LEFT_BEHIND_MS = 3_600_000;

/** A name for the content of everything that a build is made from. */
function stampOf(sources: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of sources.flatMap(filesOf).sort()) {
    const content = readFileSync(join(ROOT, path));
    hash.update(`${path} ${content.length}\n`).update(content);
  }
  return hash.digest("hex").slice(0, 16);
}

/** The files of a folder, or the file itself; paths from the checkout's root. Tests are not part of a build. */
function filesOf(path: string): string[] {
  if (!statSync(join(ROOT, path)).isDirectory()) return [path];
  return readdirSync(join(ROOT, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

function isThere(built: string): boolean {
  try {
    return readlinkSync(LINK) === built && statSync(join(LINK, "index.html")).isFile();
  } catch {
    return false;
  }
}

async function build(built: string): Promise<void> {
  const unfinished = join(DIST, `.${built}-${process.pid}`);
  mkdirSync(DIST, { recursive: true });
  const { build } = await import("vite");
  await build({
    configFile: join(ROOT, "src/portal/vite.config.ts"),
    logLevel: "silent",
    build: { outDir: unfinished, emptyOutDir: true },
  });
  const place = join(DIST, built);
  try {
    renameSync(unfinished, place);
  } catch (thrown) {
    // another build of the same sources was quicker; ours is as good as that one
    if (!["ENOTEMPTY", "EEXIST"].includes((thrown as NodeJS.ErrnoException).code ?? "")) throw thrown;
    rmSync(unfinished, { recursive: true, force: true });
  }
  moveLink(built);
}

function moveLink(built: string): void {
  const link = `${LINK}.${process.pid}`;
  rmSync(link, { force: true });
  symlinkSync(built, link);
  try {
    renameSync(link, LINK);
  } catch (thrown) {
    // a folder that someone put there by hand
    if ((thrown as NodeJS.ErrnoException).code !== "EISDIR") throw thrown;
    rmSync(LINK, { recursive: true });
    renameSync(link, LINK);
  }
}

function clearAway(built: string): void {
  for (const name of readdirSync(DIST)) {
    const path = join(DIST, name);
    if (!/^\.?portal[-.]/.test(name) || name === built) continue;
    if (Date.now() - statSync(path).mtimeMs > LEFT_BEHIND_MS) rmSync(path, { recursive: true, force: true });
  }
}

function say(text: string): void {
  process.stderr.write(`atalaya: ${text}\n`);
}

try {
  const built = `portal-${stampOf(SOURCES)}`;
  if (!isThere(built)) {
    say("building the portal …");
    await build(built);
    clearAway(built);
  }
} catch (thrown) {
  say(`the portal could not be built: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  process.exitCode = 1;
}
