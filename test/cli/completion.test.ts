/** Completion in a real bash, with the script that we print, in the way that Readline calls it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { ATALAYA, atalaya, scratch } from "../up/atalaya.ts";

/** What bash offers at Tab for a line that ends in its last word. */
function offered(words: readonly string[], { path = dirname(ATALAYA), cwd = "/" } = {}): string[] {
  const script = `
    source <(${ATALAYA} completion bash)
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    function=$(complete -p atalaya | sed 's/.*-F \\([^ ]*\\).*/\\1/')
    $function "$1" "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync("bash", ["--norc", "--noprofile", "-c", script, "bash", ...words], {
    encoding: "utf8",
    cwd,
    env: { PATH: `${path}:/usr/bin:/bin` },
  });
  assert.equal(stderr, "");
  assert.equal(status, 0);
  return stdout.split("\n").filter((line) => line !== "");
}

test("bash completes commands", () => {
  assert.deepEqual(offered(["atalaya", "st"]), ["status"]);
  assert.deepEqual(offered(["atalaya", "pro"]), ["producers", "probe"]);
  const all = offered(["atalaya", ""]);
  for (const name of ["up", "status", "watch", "rounds", "fleet", "testchain", "completion"]) {
    assert.ok(all.includes(name), name);
  }
  assert.ok(!all.includes("complete"), "what only scripts call is not offered");
});

test("bash completes the commands of a command", () => {
  assert.deepEqual(offered(["atalaya", "testchain", "iso"]), ["isolate"]);
  assert.deepEqual(offered(["atalaya", "fleet", ""]).sort(), ["check", "help", "schema", "show"]);
});

test("bash completes options, and only those of the command", () => {
  assert.deepEqual(offered(["atalaya", "up", "--po"]), ["--port"]);
  assert.deepEqual(offered(["atalaya", "rounds", "--pr"]), ["--producer"]);
  assert.deepEqual(offered(["atalaya", "status", "--pr"]), []);
  assert.deepEqual(offered(["atalaya", "testchain", "kill", "--js"]), ["--json"]);
});

test("bash completes choices", () => {
  assert.deepEqual(offered(["atalaya", "completion", ""]).sort(), ["bash", "fish", "powershell", "zsh"]);
  assert.deepEqual(offered(["atalaya", "completion", "f"]), ["fish"]);
});

test("where a value is due nothing of ours is offered, and bash falls back to files", async () => {
  assert.deepEqual(offered(["atalaya", "up", "--fleet", ""]), []);
  assert.deepEqual(offered(["atalaya", "fleet", "check", "fl"]), []);
  assert.match((await atalaya(["completion", "bash"])).stdout, /^complete -o default /m);
});

test("bash completes for a program that is named by its path and is not in PATH", () => {
  assert.deepEqual(offered([ATALAYA, "st"], { path: "/nowhere" }), ["status"]);
});

test("bash evaluates nothing of what was typed", () => {
  using place = scratch();
  assert.deepEqual(
    offered(["atalaya", "status", "$(touch ran)", "`touch ran`", "; touch ran;", ""], { cwd: place.dir }),
    [],
  );
  assert.ok(!existsSync(`${place.dir}/ran`));
});

test("the script can be sourced twice", () => {
  const script = `source <(${ATALAYA} completion bash); source <(${ATALAYA} completion bash)`;
  const { stderr, status } = spawnSync("bash", ["--norc", "-c", script], { encoding: "utf8" });
  assert.equal(stderr, "");
  assert.equal(status, 0);
});

for (const shell of ["zsh", "fish", "powershell"]) {
  test(`there is a script for ${shell}`, async () => {
    const { code, stdout, stderr } = await atalaya(["completion", shell]);
    assert.equal(code, 0);
    assert.equal(stderr, "");
    assert.match(stdout, /atalaya complete/);
  });
}
