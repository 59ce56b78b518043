/** The life of `atalaya up`: from nothing to a watched chain, asked in every way, stopped, killed, started again. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import type { PastRoundView, ProducerSummary, StateView } from "../../src/api/views.ts";
import type { TestchainView } from "../../src/testchain/control-view.ts";
import { assertNothingRuns, atalaya, processesOf, Run, scratch, startUp, until } from "./atalaya.ts";

const place = scratch();
const data = join(place.dir, "data");
const PRODUCERS = ["costaricaeos", "nortebp", "surbp"];
let up: Awaited<ReturnType<typeof startUp>>;
let headBefore = 0;
let firstRound = 0;

after(async () => {
  if (processesOf(data).length > 0) up.signal("SIGKILL");
  await assertNothingRuns(data);
  place[Symbol.dispose]();
});

async function state(): Promise<StateView> {
  const answer = await fetch(`${up.portal}/api/state`);
  return (await answer.json()) as StateView;
}

async function head(): Promise<number> {
  return (await state()).chains[0]?.head?.num ?? 0;
}

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await atalaya([...args, "--data", data, "--json"]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as T;
}

async function text(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await atalaya([...args, "--data", data]);
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stdout, /undefined|NaN|\[object/);
  assert.ok(!stdout.includes("\x1b"), "no colours in a pipe");
  return stdout;
}

test("from nothing it comes up, says in plain words what it does, and prints the address", async () => {
  up = await startUp(["--data", data]);
  const steps = up.stdout.split("\n").filter((line) => /^[…✓]/.test(line));
  assert.deepEqual(
    steps.map((line) => line.replace(data, "DATA")),
    [
      "… opening the record",
      "✓ the record is in PostgreSQL at DATA/postgres/data",
      "… starting the test chain",
      "✓ the test chain runs; DATA/testchain/fleet.yaml declares its nodes",
    ],
  );
  assert.match(up.stdout, /Ctrl-C stops everything/);
  assert.equal(up.stderr, "");
});

test("the commands that it suggests work as they are printed", async () => {
  const [, suggestion = ""] = /^ {2}(\S+ status.*?) {2,}/m.exec(up.stdout) ?? [];
  assert.ok(suggestion.endsWith(`status --data ${data}`), suggestion);
  const { code, stdout } = await atalaya(suggestion.split(" ").slice(1));
  assert.equal(code, 0);
  assert.doesNotMatch(stdout, /not being written/, "a record that was opened is not lost a moment later");
});

test("the portal answers with its page, and shows a produced block of each of the three producers", async () => {
  const page = await fetch(up.portal);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<title>.*Atalaya/);
  await until("a produced block of every producer", async () => {
    const { rounds } = await state();
    return PRODUCERS.every((name) =>
      rounds.some(({ producer, slots }) => producer === name && slots.some((slot) => slot.state === "produced")),
    );
  });
});

test("`status` shows chain, pair and nodes", async () => {
  const words = await text("status");
  assert.match(words, /head \d+ by \w+, LIB \d+/);
  assert.match(words, /6 of 6 nodes seen/);
  assert.match(words, /costa-rica {2}primary produces, secondary stands by in sync/);
  assert.match(words, /^primary +producer +http p2p .* producing$/m);
  assert.match(words, /^secondary +producer +http p2p .* paused$/m);
  const view = await json<StateView>("status");
  assert.deepEqual(view.nodes.map(({ name }) => name).sort(), ["api", "norte", "primary", "relay", "secondary", "sur"]);
  assert.equal(view.mode, "demo");
  assert.equal(view.recording, true);
});

test("`status --url` asks the portal at an address, with a slash or without", async () => {
  for (const url of [up.portal, `${up.portal}/`]) assert.equal((await atalaya(["status", "--url", url])).code, 0);
});

test("`rounds` shows the record, newest last, and filters by producer", async () => {
  await until("a recorded round of each", async () => {
    const rounds = await json<PastRoundView[]>("rounds");
    return PRODUCERS.every((name) => rounds.some(({ producer }) => producer === name));
  });
  assert.match(await text("rounds"), /^\d\d:\d\d:\d\d {2}\w+ +[█lmo?·]{12}/m);
  const ours = await json<PastRoundView[]>("rounds", "--producer", "nortebp", "--limit", "5");
  assert.ok(ours.length > 0 && ours.every(({ producer, slots }) => producer === "nortebp" && slots.length === 12));
  firstRound = Math.min(...(await json<PastRoundView[]>("rounds")).map(({ startSlot }) => startSlot));
  assert.match(await text("rounds", "--producer", "nobody"), /no such round yet/);
});

test("`producers` counts their slots", async () => {
  const summaries = await json<ProducerSummary[]>("producers", "--hours", "1");
  assert.deepEqual(summaries.map(({ producer }) => producer).sort(), PRODUCERS);
  assert.match(await text("producers"), /^producer +rounds +produced +late +missed/);
});

test("what the API refuses is said in its words", async () => {
  const { code, stderr } = await atalaya(["rounds", "--chain", "mainnet", "--data", data]);
  assert.equal(code, 1);
  assert.match(stderr, /API_UNKNOWN_CHAIN\]: that chain is not watched\n --> http.*\n {2}expected: one of test/);
});

test("`probe` looks at a node of the chain, by HTTP and by p2p", async () => {
  const { nodes } = await json<TestchainView>("testchain", "status");
  const relay = nodes.find(({ name }) => name === "relay");
  assert.ok(relay);
  const http = await atalaya(["probe", "http", relay.http, "--json"]);
  const { chain, head: num } = JSON.parse(http.stdout) as { chain: string; head: number };
  assert.ok(num > 1);
  const p2p = await atalaya(["probe", "p2p", relay.p2p, "--chain-id", chain, "--json"]);
  assert.equal((JSON.parse(p2p.stdout) as { chain: string }).chain, chain);
  assert.match((await atalaya(["probe", "http", relay.http])).stdout, /^version +\S+/);
  const stranger = await atalaya(["probe", "http", up.portal]);
  assert.equal(stranger.code, 69, stranger.stderr);
  const refused = await atalaya(["probe", "p2p", relay.p2p, "--chain-id", "0".repeat(64)]);
  assert.equal(refused.code, 69, refused.stderr);
  assert.match(refused.stderr, /^error\[P2P_/);
});

test("`watch` prints rounds as they come, and ends with 0 at Ctrl-C", async () => {
  const watch = new Run(["watch", "--data", data]);
  const raw = new Run(["watch", "--data", data, "--json"]);
  await watch.says(/^\d\d:\d\d:\d\d {2}\S{12} {2}\w+$/m);
  for (const run of [watch, raw]) {
    run.signalGroup("SIGINT");
    const { code, stderr } = await run.end();
    assert.equal(code, 0);
    assert.equal(stderr, "");
  }
  const [first, ...updates] = raw.stdout.trimEnd().split("\n");
  assert.ok(Array.isArray((JSON.parse(first ?? "") as StateView).chains));
  assert.ok(updates.length > 1);
  for (const line of updates) assert.equal(typeof (JSON.parse(line) as StateView).now, "number");
});

test("a second one in the same data directory is refused, and harms nothing", async () => {
  const { code, stderr } = await atalaya(["up", "--data", data, "--port", "0"]);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^error\[UP_ALREADY_RUNNING\]: Atalaya runs here already, as process \d+; its portal is at http/,
  );
  assert.equal((await atalaya(["status", "--data", data])).code, 0);
});

test("a port in use is said, with what to do, before anything is started", async () => {
  const other = join(place.dir, "other");
  const { port } = new URL(up.portal);
  const { code, stdout, stderr } = await atalaya(["up", "--data", other, "--port", port]);
  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.match(stderr, /^error\[API_PORT_IN_USE\]: port \d+ is in use by another program/);
  assert.match(stderr, /--port/);
  await assertNothingRuns(other);
});

test("`testchain` breaks nodes and mends them, and the happenings tell", async () => {
  const { nodes } = await json<TestchainView>("testchain", "kill", "api");
  assert.equal(nodes.find(({ name }) => name === "api")?.state, "ended");
  await up.says("node api ended by SIGKILL; `atalaya testchain start api` brings it back");
  await until(
    "its outage to be told",
    async () => (await text("status")).match(/^api +API +nothing .*nobody answers/m) !== null,
  );
  assert.match(await text("testchain", "start", "api"), /^api +running/m);
  await until("its return to be told", async () => (await state()).happenings.some(({ kind }) => kind === "node-up"));
  const mistaken = await atalaya(["testchain", "kill", "apii", "--data", data]);
  assert.equal(mistaken.code, 1);
  assert.match(mistaken.stderr, /TESTCHAIN_UNKNOWN_NODE.*\n.*expected: one of norte/);
});

test("Ctrl-C stops everything in order: exit code 0, nothing left, readers are told", async () => {
  headBefore = await head();
  const watch = new Run(["watch", "--data", data, "--json"]);
  await watch.says('"now"');
  up.signalGroup("SIGINT");
  const { code, stdout, stderr } = await up.end();
  assert.equal(code, 0, stderr);
  assert.match(stdout, /… stopping\n✓ stopped; the next start goes on from here\n$/);
  assert.equal(stderr, "");
  assert.equal((await watch.end()).code, 69);
  await assertNothingRuns(data);
  assert.ok(!existsSync(join(data, "atalaya.sock")));
});

test("the next start goes on from there: the chain grows on, rounds and happenings are shown again", async () => {
  up = await startUp(["--data", data]);
  await until("the chain to grow on", async () => (await head()) > headBefore);
  const { rounds, happenings } = await state();
  assert.ok(rounds.some(({ startSlot }) => startSlot === firstRound));
  assert.ok(happenings.some(({ kind, facts }) => kind === "node-up" && facts.node === "api"));
});

test("SIGTERM to the process alone stops everything too", async () => {
  headBefore = await head();
  up.signal("SIGTERM");
  assert.equal((await up.end()).code, 0);
  await assertNothingRuns(data);
});

test("killed with -9, it leaves no process, and the next start works at once", async () => {
  up = await startUp(["--data", data]);
  await until("the chain to grow on", async () => (await head()) > headBefore);
  headBefore = await head();
  up.signal("SIGKILL");
  await up.end();
  const killed = up;
  up = await startUp(["--data", data]);
  assert.deepEqual(
    processesOf(data).filter((line) => line.startsWith(`${killed.pid} `)),
    [],
  );
  await until("the chain to grow on", async () => (await head()) > headBefore);
  assert.ok((await state()).rounds.some(({ startSlot }) => startSlot === firstRound));
  const { nodes } = await json<TestchainView>("testchain", "status");
  assert.ok(nodes.every(({ state }) => state === "running"));
});

test("killed with -9 and left alone, nothing goes on producing", async () => {
  up.signal("SIGKILL");
  await up.end();
  await until("the rest to end", () => processesOf(data).length === 0, 30_000);
});
