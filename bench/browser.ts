/** Debian's chromium, which `bin/prepare --tests` sees to. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const ROOT = new URL("..", import.meta.url).pathname;

export function openBrowser(): Promise<Browser> {
  const debian = execFileSync("sh", [join(ROOT, "bin/debian"), "--path"], { encoding: "utf8" }).trim();
  const executablePath = [...(process.env.PATH ?? "").split(":"), ...debian.split(":")]
    .map((dir) => join(dir, "chromium"))
    .find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error("there is no chromium; run `sh bin/debian chromium`");
  // as root its sandbox cannot be set up; it opens nothing but our own page
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args });
}
