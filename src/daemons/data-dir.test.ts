import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test } from "node:test";
import { dataProblem, isDiskTrouble, openDataDir } from "./data-dir.ts";

test("a data directory is made with all above it, and nothing is left in it by the trial", () => {
  const place = mkdtempSync(join(tmpdir(), "atalaya-data-"));
  const dir = join(place, "a", "b");
  assert.equal(openDataDir(relative(process.cwd(), dir)), dir);
  assert.ok(existsSync(dir));
  assert.ok(!existsSync(join(dir, ".probe")));
  writeFileSync(join(place, "file"), "");
  assert.throws(() => openDataDir(join(place, "file")), /it is a file/);
  assert.throws(() => openDataDir(join(place, "file", "below")), /part of the path is a file/);
  rmSync(place, { recursive: true });
});

test("what the system refuses is put into words, and what it does not is no trouble of the disk", () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", syscall: "write" });
  assert.ok(isDiskTrouble(full));
  assert.match(dataProblem("/srv", full).message, /the disk is full$/);
  assert.ok(!isDiskTrouble(new TypeError("x is not a function")));
  assert.ok(!isDiskTrouble(Object.assign(new Error("connect"), { code: "ECONNREFUSED", syscall: "connect" })));
  assert.match(dataProblem("/srv", Object.assign(new Error("strange"), { code: "EXYZ" })).message, /strange$/);
});
