/** Which problem codes the source can raise, and in which files: read from its text. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const CODE = /"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"/g;

/** Files by code, sorted; paths from `src`, as in `fleet/load.ts`. Tests raise codes of their own and are left out. */
export function thrownCodes(src: string): ReadonlyMap<string, readonly string[]> {
  const files = new Map<string, Set<string>>();
  for (const path of globSync("**/*.{ts,tsx}", { cwd: src }).sort()) {
    if (/\.test\.tsx?$/.test(path)) continue;
    for (const code of codesIn(readFileSync(join(src, path), "utf8"))) {
      files.set(code, (files.get(code) ?? new Set()).add(path));
    }
  }
  return new Map([...files].sort(([one], [other]) => (one < other ? -1 : 1)).map(([code, set]) => [code, [...set]]));
}

/** A code stands behind `code:`, in both branches of a choice too. */
export function codesIn(source: string): string[] {
  const lines = source.split("\n").flatMap((line) => /\bcode: (.*)$/.exec(line)?.[1] ?? []);
  return lines.flatMap((line) => [...line.replace(/, \w+: .*/, "").matchAll(CODE)].map(([, code = ""]) => code));
}
