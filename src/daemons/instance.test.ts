import assert from "node:assert/strict";
import { existsSync, linkSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Hono } from "hono";
import { askInstance, findInstance, type InstanceView } from "../api/instance.ts";
import { Problem } from "../kit/problem.ts";
import { takeDataDir } from "./instance.ts";

const VIEW: InstanceView = { pid: 7, version: "1.2.3", mode: "demo", portal: "", startedAt: 1 };

function scratch() {
  const dir = mkdtempSync(join(tmpdir(), "atalaya-instance-"));
  return { dir, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Problem ? thrown.code : String(thrown);
}

test("whoever takes a data directory says who it is, on a socket that only its user may open", async () => {
  using place = scratch();
  const instance = await takeDataDir(place.dir, VIEW);
  assert.deepEqual(await findInstance(place.dir), VIEW);
  assert.equal(statSync(join(place.dir, "atalaya.sock")).mode & 0o777, 0o600);
  instance.tell({ ...VIEW, portal: "http://127.0.0.1:1" }, {});
  assert.equal((await findInstance(place.dir))?.portal, "http://127.0.0.1:1");
  await instance.release();
  assert.equal(await findInstance(place.dir), undefined);
  assert.ok(!existsSync(join(place.dir, "atalaya.sock")));
});

test("of many that start at once one gets the directory, and the others leave it its socket", async () => {
  using place = scratch();
  const taken = await Promise.allSettled(Array.from({ length: 8 }, () => takeDataDir(place.dir, VIEW)));
  const winners = taken.filter((outcome) => outcome.status === "fulfilled");
  assert.equal(winners.length, 1);
  for (const outcome of taken) {
    if (outcome.status === "rejected") assert.equal(codeOf(outcome.reason), "UP_ALREADY_RUNNING");
  }
  assert.deepEqual(await findInstance(place.dir), VIEW);
  await winners[0]?.value.release();
});

test("one that is starting is told from one whose portal is there", async () => {
  using place = scratch();
  const instance = await takeDataDir(place.dir, VIEW);
  await assert.rejects(takeDataDir(place.dir, VIEW), /as process 7; it is starting$/);
  instance.tell({ ...VIEW, portal: "http://127.0.0.1:1" }, {});
  await assert.rejects(takeDataDir(place.dir, VIEW), /its portal is at http:\/\/127\.0\.0\.1:1$/);
  await instance.release();
});

test("what a killed run left behind is no obstacle", async () => {
  using place = scratch();
  const path = join(place.dir, "atalaya.sock");
  // a socket whose listener went without removing it
  const listener = createServer().listen(join(place.dir, "old.sock"));
  await new Promise((resolve) => listener.once("listening", resolve));
  linkSync(join(place.dir, "old.sock"), path);
  await new Promise((resolve) => listener.close(resolve));
  assert.ok(existsSync(path));
  await (await takeDataDir(place.dir, VIEW)).release();
  writeFileSync(path, "not even a socket");
  await (await takeDataDir(place.dir, VIEW)).release();
});

test("what it cannot do is said by what it is", async () => {
  using place = scratch();
  const instance = await takeDataDir(place.dir, VIEW);
  const ask = () => askInstance(place.dir, "POST", "/testchain/heal");
  await assert.rejects(ask(), /the test chain of this Atalaya is not up yet/);
  instance.tell({ ...VIEW, mode: "fleet" }, {});
  await assert.rejects(ask(), /watches a fleet and runs no test chain/);
  const control = new Hono().post("/heal", (context) => context.json({ healed: true }));
  instance.tell(VIEW, { "/testchain": control });
  assert.deepEqual(await ask(), { healed: true });
  await instance.release();
});
