import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { commandLine, endingWithUs, isChildOfOurKind, runsWith } from "./process.ts";

/** Without `/proc` nobody can tell. */
const LINUX = { skip: !existsSync("/proc/self/cmdline") && "there is no /proc here" };

test("a process is known by its number and an argument together", LINUX, async () => {
  const child = spawn("sleep", ["1001"]);
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  assert.deepEqual(commandLine(pid)?.slice(0, 2), ["sleep", "1001"]);
  assert.equal(runsWith(pid, "1001"), true);
  // a part of an argument is another argument
  assert.equal(runsWith(pid, "100"), false);
  const ended = once(child, "exit");
  child.kill();
  await ended;
  assert.equal(runsWith(pid, "1001"), false);
  assert.equal(commandLine(pid), undefined);
});

test("what is no process is none", () => {
  for (const pid of [0, -1, Number.NaN, 2 ** 40]) {
    assert.equal(runsWith(pid, "x"), false);
    assert.equal(isChildOfOurKind(pid), false);
  }
});

test("a child is told from an orphan", LINUX, async () => {
  // a shell starts another that goes on alone, and says its number
  const shell = spawn("sh", ["-c", "sleep 1002 & echo $!"], { stdio: ["ignore", "pipe", "ignore"] });
  const closed = once(shell, "exit");
  const [line] = (await once(createInterface(shell.stdout), "line")) as [string];
  await closed;
  const orphan = Number(line);
  assert.equal(isChildOfOurKind(orphan), false);
  process.kill(orphan);
  const child = spawn("sleep", ["1003"]);
  await once(child, "spawn");
  assert.equal(isChildOfOurKind(child.pid ?? 0), true);
  const ended = once(child, "exit");
  child.kill();
  await ended;
});

test("a child ends with whoever started it, even if that one is killed", LINUX, async () => {
  const [command, ...args] = endingWithUs(["sleep", "1004"], "TERM");
  if (command === "sleep") return;
  const script = `const { spawn } = require("node:child_process");
    const child = spawn(${JSON.stringify(command)}, ${JSON.stringify(args)}, { stdio: "ignore" });
    child.once("spawn", () => console.log(child.pid));
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface(parent.stdout), "line")) as [string];
  const pid = Number(line);
  // it becomes `sleep` a moment after it is there
  while (commandLine(pid)?.[0] !== "sleep") await new Promise((resolve) => setImmediate(resolve));
  parent.kill("SIGKILL");
  await once(parent, "exit");
  while (runsWith(pid, "1004")) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(runsWith(pid, "1004"), false);
});
