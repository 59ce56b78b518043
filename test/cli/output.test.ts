/** What commands print goes where it should, and nowhere else; whoever reads it may leave. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ATALAYA, assertNoStack, atalaya, scratch } from "../up/atalaya.ts";

const EXAMPLE = new URL("../../examples/pair/fleet.yaml", import.meta.url).pathname;

function shell(script: string) {
  const done = spawnSync("bash", ["-o", "pipefail", "-c", script], { encoding: "utf8" });
  assertNoStack(done.stderr);
  return done;
}

test("a reader that has seen enough does no harm", () => {
  const { status, stdout, stderr } = shell(`${ATALAYA} fleet schema | head -1`);
  assert.equal(stdout, "{\n");
  assert.equal(stderr, "");
  assert.equal(status, 0);
});

test("a reader that was never there does no harm", () => {
  const { status, stderr } = shell(`${ATALAYA} --help | true; ${ATALAYA} fleet schema | true`);
  assert.equal(stderr, "");
  assert.equal(status, 0);
});

test("output that cannot be written is said, with exit code 1", () => {
  const { status, stderr } = shell(`${ATALAYA} fleet schema >/dev/full`);
  assert.match(stderr, /^error\[CLI_OUTPUT_LOST\]: the output was lost: ENOSPC/);
  assert.equal(status, 1);
});

test("complaints that cannot be written do no harm", () => {
  assert.equal(shell(`${ATALAYA} fleet check /nowhere.yaml 2>/dev/full`).status, 1);
});

test("there are no colours in a pipe, and on a terminal not with NO_COLOR", () => {
  using place = scratch();
  const broken = join(place.dir, "fleet.yaml");
  writeFileSync(broken, "organisation: 7\n");
  const onTerminal = (environment: string) =>
    shell(
      `env -u CI ${environment} script -qec "${ATALAYA} fleet check ${broken}; ${ATALAYA} fleet check ${EXAMPLE}" /dev/null`,
    );
  const coloured = onTerminal("TERM=xterm").stdout;
  assert.ok(coloured.includes("\x1b[31merror"));
  assert.ok(coloured.includes("\x1b[32m✓"));
  assert.ok(!onTerminal("TERM=xterm NO_COLOR=1").stdout.includes("\x1b"));
  const { stdout, stderr } = shell(`${ATALAYA} fleet check ${EXAMPLE}; ${ATALAYA} fleet check ${broken}`);
  assert.ok(!(stdout + stderr).includes("\x1b"));
});

test("with --json a failure is JSON on stdout and words on stderr", async () => {
  const { code, stdout, stderr } = await atalaya(["fleet", "show", "/nowhere/fleet.yaml", "--json"]);
  assert.equal(code, 1);
  const { error } = JSON.parse(stdout) as { error: { code: string; message: string; help: string } };
  assert.equal(error.message, "there is no file `/nowhere/fleet.yaml`");
  assert.match(error.help, /examples/);
  assert.match(stderr, /^error\[FLEET_NOT_FOUND\]/);
});

test("`fleet check --json` lists the problems of the file, with their places", async () => {
  using place = scratch();
  const file = join(place.dir, "fleet.yaml");
  writeFileSync(file, "organisation: 7\nnode: []\n");
  const { code, stdout } = await atalaya(["fleet", "check", file, "--json"]);
  assert.equal(code, 1);
  const { problems } = JSON.parse(stdout) as { problems: { code: string; line: number; message: string }[] };
  assert.ok(problems.length > 1);
  for (const problem of problems) assert.ok(problem.code.startsWith("FLEET_") && problem.line >= 1, problem.message);
});

test("`fleet check`, `fleet show` and `fleet schema` print what they found, in words and as JSON", async () => {
  assert.match((await atalaya(["fleet", "check", EXAMPLE])).stdout, /^✓ .*fleet.yaml: \d+ nodes on \d+ hosts/);
  assert.deepEqual(JSON.parse((await atalaya(["fleet", "check", EXAMPLE, "--json"])).stdout).problems, []);
  assert.match((await atalaya(["fleet", "show", EXAMPLE])).stdout, /\S/);
  assert.ok(Array.isArray(JSON.parse((await atalaya(["fleet", "show", EXAMPLE, "--json"])).stdout).nodes));
  assert.equal(typeof JSON.parse((await atalaya(["fleet", "schema"])).stdout).$schema, "string");
});
