/** `bin/atalaya` before anything is installed, and where no Node is pinned: a sentence with what to do, no stack trace. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";

const LAUNCHER = new URL("../../bin/atalaya", import.meta.url).pathname;
/** What a launcher in shell needs beside Node. */
const TOOLS = "/usr/bin:/bin";

/** A checkout with nothing but the launcher and a program that says which Node runs it. */
function checkout(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), "launcher-"));
  t.after(() => rmSync(dir, { recursive: true }));
  mkdirSync(join(dir, "bin"));
  mkdirSync(join(dir, "src/cli"), { recursive: true });
  cpSync(LAUNCHER, join(dir, "bin/atalaya"));
  writeFileSync(
    join(dir, "src/cli/main.ts"),
    "const words: string[] = process.argv.slice(2); console.log(words.join());",
  );
  return dir;
}

/** A directory whose `node` is a script of these lines. */
function nodeThat(dir: string, ...lines: string[]): string {
  const place = join(dir, "other");
  mkdirSync(place);
  writeFileSync(join(place, "node"), ["#!/bin/sh", ...lines].join("\n"), { mode: 0o755 });
  return place;
}

function run(dir: string, path: string) {
  const { status, stdout, stderr } = spawnSync(join(dir, "bin/atalaya"), ["a", "b"], {
    env: { PATH: path },
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test("in a fresh clone it says what installs things", (t) => {
  const dir = checkout(t);
  const { status, stderr } = run(dir, TOOLS);
  assert.equal(status, 69);
  assert.match(stderr, /^atalaya: nothing is installed yet; run `npm start` in \S+, or `sh \S+\/bin\/prepare`\n$/);
});

test("the pinned Node runs it, and an older one of the machine is not asked", (t) => {
  const dir = checkout(t);
  mkdirSync(join(dir, "node_modules/commander"), { recursive: true });
  mkdirSync(join(dir, "node_modules/.bin"));
  symlinkSync(process.execPath, join(dir, "node_modules/.bin/node"));
  const old = nodeThat(dir, "exit 1");
  assert.deepEqual(run(dir, `${old}:${TOOLS}`), { status: 0, stdout: "a,b\n", stderr: "" });
});

test("where none is pinned, a Node of the machine that cannot run TypeScript is named", (t) => {
  const dir = checkout(t);
  mkdirSync(join(dir, "node_modules/commander"), { recursive: true });
  const old = nodeThat(dir, '[ "$1" != --version ] || { echo v20.19.0; exit 0; }', "exit 1");
  const { status, stderr } = run(dir, `${old}:${TOOLS}`);
  assert.equal(status, 69);
  assert.equal(stderr, "atalaya: Node v20.19.0 cannot run TypeScript; install Node 22.18 or newer\n");
});
