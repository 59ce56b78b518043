import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { socketDirFor } from "./socket-dir.ts";

/** A path that is too long for a socket in it. */
function deepDir(): string {
  return join(mkdtempSync(join(tmpdir(), "atalaya-deep-")), "d".repeat(100));
}

test("a short path is taken as it is, whether it is there or not", () => {
  assert.equal(socketDirFor("/var/lib/atalaya"), "/var/lib/atalaya");
  assert.equal(socketDirFor("data"), join(process.cwd(), "data"));
});

test("for a path that is too long there is always the same short one, and another for another path", async () => {
  const [one, other] = [deepDir(), deepDir()];
  const short = socketDirFor(one);
  assert.equal(socketDirFor(`${one}/../${"d".repeat(100)}`), short);
  assert.notEqual(socketDirFor(other), short);
  assert.equal(statSync(short).mode & 0o777, 0o700);
  const server = createServer().listen(join(short, ".s.PGSQL.5432"));
  await once(server, "listening");
  server.close();
  for (const dir of [short, socketDirFor(other)]) rmSync(dir, { recursive: true });
  for (const dir of [one, other]) rmSync(join(dir, ".."), { recursive: true });
});

test("a path is measured in bytes, as the system does", () => {
  // 60 letters of two bytes each
  const dir = join("/tmp", "é".repeat(60));
  const short = socketDirFor(dir);
  assert.notEqual(short, dir);
  rmSync(short, { recursive: true });
});

test("a short directory that is a stranger's, a link or open to others is not used", () => {
  const deep = deepDir();
  const short = socketDirFor(deep);
  const refused = (what: string): void => {
    assert.throws(() => socketDirFor(deep), { code: "SOCKET_DIR_TAKEN", where: short }, what);
  };
  chmodSync(short, 0o755);
  refused("open to others");
  rmSync(short, { recursive: true });
  const elsewhere = mkdtempSync(join(tmpdir(), "atalaya-elsewhere-"));
  symlinkSync(elsewhere, short);
  refused("a link");
  rmSync(short);
  mkdirSync(short, { mode: 0o700 });
  assert.equal(socketDirFor(deep), short);
  rmSync(short, { recursive: true });
  rmSync(elsewhere, { recursive: true });
  rmSync(join(deep, ".."), { recursive: true });
});

test("a file in the way is a Problem too", () => {
  const deep = deepDir();
  const short = socketDirFor(deep);
  rmSync(short, { recursive: true });
  writeFileSync(short, "");
  assert.throws(() => socketDirFor(deep), { code: "SOCKET_DIR_TAKEN" });
  rmSync(short);
  rmSync(join(deep, ".."), { recursive: true });
});
