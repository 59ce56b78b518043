/**
 * Data directories that cannot be used, as root and as anybody: what is wrong is said before anything starts. A disk
 * that fills up later costs no more than what could not be written. Disks are made in memory, in a mount namespace.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import type { StateView } from "../../src/api/views.ts";
import { assertNothingRuns, atalaya, Run, type RunOptions, scratch, startUp, until } from "./atalaya.ts";

const place = scratch();
after(() => place[Symbol.dispose]());

const isRoot = process.getuid?.() === 0;
const canMount = isRoot && spawnSync("unshare", ["-m", "true"]).status === 0;
const NOT_ROOT = isRoot ? false : "only root can become somebody else";
const NO_MOUNT = canMount ? false : "only root can make a disk";
const NOBODY = 65534;
const asNobody: RunOptions = {
  by: ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "env", "-u", "HOME"],
};

/** Runs it where `dir` is a disk of its own. */
function onDisk(dir: string, options: string): RunOptions {
  mkdirSync(dir, { recursive: true });
  return {
    by: ["unshare", "-m", "sh", "-ec", `mount -t tmpfs -o mode=755,${options} none ${dir}; exec "$@"`, "sh"],
  };
}

async function refused(args: readonly string[], options: RunOptions, code: string, words: RegExp): Promise<void> {
  const ending = await atalaya(["up", "--port", "0", ...args], options);
  assert.equal(ending.code, 1, ending.stderr);
  assert.equal(ending.stdout, "");
  assert.match(ending.stderr, new RegExp(`^error\\[${code}\\]: `));
  assert.match(ending.stderr, words);
  assert.match(ending.stderr, / {2}help: .*--data/);
}

test("a data directory that is a file, or lies below one", async () => {
  const file = join(place.dir, "file");
  writeFileSync(file, "");
  await refused(["--data", file], {}, "DATA_UNUSABLE", /it is a file\n --> .*file\n/);
  await refused(["--data", join(file, "below")], {}, "DATA_UNUSABLE", /part of the path is a file/);
});

test("a data directory of somebody else's", { skip: NOT_ROOT }, async () => {
  const dir = join(place.dir, "theirs");
  mkdirSync(dir);
  for (const data of [dir, join(dir, "below")]) {
    await refused(["--data", data], asNobody, "DATA_UNUSABLE", /we have no permission[\s\S]*help: give it to our user/);
  }
});

test("a read-only disk", { skip: NO_MOUNT }, async () => {
  const dir = join(place.dir, "read-only");
  for (const data of [dir, join(dir, "below")]) {
    await refused(["--data", data], onDisk(dir, "size=400m,ro"), "DATA_UNUSABLE", /the disk is read-only/);
  }
});

test("a disk without room", { skip: NO_MOUNT }, async () => {
  const dir = join(place.dir, "small");
  await refused(["--data", dir], onDisk(dir, "size=30m"), "DATA_NO_ROOM", /has only 30 MB left[\s\S]*at least 100 MB/);
  await refused(["--data", dir], onDisk(dir, "size=400m,nr_inodes=1"), "DATA_UNUSABLE", /the disk is full/);
});

test("nobody in particular can run it all, and stops it with Ctrl-C", { skip: NOT_ROOT }, async () => {
  const dir = join(place.dir, "nobody");
  mkdirSync(dir);
  chownSync(dir, NOBODY, NOBODY);
  chmodSync(dir, 0o700);
  const up = await startUp(["--data", dir], asNobody);
  assert.equal((await atalaya(["status", "--data", dir], asNobody)).code, 0);
  // root may look at everything
  assert.equal((await atalaya(["status", "--data", dir])).code, 0);
  up.signalGroup("SIGINT");
  const { code, stderr } = await up.end();
  assert.equal(code, 0);
  assert.equal(stderr, "");
  await assertNothingRuns(dir);
});

test("another user is told whose it is", { skip: NOT_ROOT }, async () => {
  const dir = join(place.dir, "roots");
  mkdirSync(dir);
  const up = new Run(["up", "--data", dir, "--port", "0", "--fleet", exampleFleet(dir)]);
  await up.says("Atalaya is up");
  const { code, stderr } = await atalaya(["status", "--data", dir], asNobody);
  assert.equal(code, 69);
  assert.match(stderr, /^error\[UP_NOT_OURS\]: Atalaya runs here as another user/);
  up.signal("SIGTERM");
  await up.end();
  await assertNothingRuns(dir);
});

test("a disk that fills up while it runs: the watch goes on, says so, and writes again when there is room", {
  skip: NO_MOUNT,
  timeout: 120_000,
}, async () => {
  const dir = join(place.dir, "filling");
  const up = await startUp(["--data", dir], onDisk(dir, "size=130m"));
  const inside = (script: string) =>
    spawnSync("nsenter", ["-t", String(up.pid), "-m", "sh", "-c", script], { encoding: "utf8" });
  const state = async () => (await (await fetch(`${up.portal}/api/state`)).json()) as StateView;
  await until("the record to be written", async () => (await state()).recording);
  inside(`dd if=/dev/zero of=${dir}/ballast bs=1M; dd if=/dev/zero of=${dir}/crumbs bs=1`);
  // what is there and has room in its files may be written for a while: we ask for more than that
  await until("something to be refused", async () => /No space|full|ENOSPC|ended/.test(`${up.stdout}${up.stderr}`));
  assert.equal((await fetch(up.portal)).status, 200);
  inside(`rm ${dir}/ballast ${dir}/crumbs`);
  await until("the record to be written again", async () => (await state()).recording);
  up.signalGroup("SIGINT");
  assert.equal((await up.end()).code, 0);
  await assertNothingRuns(dir);
});

/** Of nodes that are not there. */
function exampleFleet(dir: string): string {
  const file = join(dir, "fleet.yaml");
  writeFileSync(file, FLEET);
  return file;
}

const FLEET = `organisation: { name: Nobody, domain: nobody.example }
chains: [{ name: test, id: "${"ab".repeat(32)}", kind: testnet, account: nobody }]
sites: [{ name: here, country: CR, rollout: 1, status: live }]
hosts: [{ name: host, site: here, address: 127.0.0.1 }]
nodes: [{ name: relay, role: relay, host: host, chain: test, http: "http://127.0.0.1:9" }]
`;
