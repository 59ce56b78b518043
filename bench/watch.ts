/**
 * What the main job costs and how sharp its eyes are: memory, CPU and missed blocks of a quiet chain; then each
 * process of the chain is killed, which the page has to show, and our producer, whose missed slots the loop has to
 * notice.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { askInstance } from "../src/api/instance.ts";
import type { PastRoundView, ProducerSummary, StateView } from "../src/api/views.ts";
import { timeOf } from "../src/chain/time.ts";
import { loadFleet } from "../src/fleet/load.ts";
import type { TestchainView } from "../src/testchain/control-view.ts";
import { runWatch } from "../src/watch/run.ts";
import { watchTargets } from "../src/watch/target.ts";
import { openBrowser } from "./browser.ts";
import { atMost, comparison, type Figure, quantile } from "./figures.ts";
import { processTree, type Usage } from "./process-tree.ts";
import { makeDataDir, runStart } from "./running.ts";
import { shownAt } from "./seen-on-page.ts";

const GOALS = { memoryGiB: 1.2, coreShare: 60, missed: 0, noticedMs: 150, shownMs: 1000 };
const SETTLE_MS = 15_000;
const QUIET_MS = { full: 600_000, quick: 60_000 };
const SAMPLE_MS = 5_000;
/** Times that each process of the chain is killed. */
const KILLS = { full: 5, quick: 1 };
/** Rounds of ours that go missing while we look. */
const FAILED_ROUNDS = { full: 5, quick: 2 };
const ROUND_MS = 6_000;
const BLOCKS_GONE_ON = 3;
const POLL_MS = 100;

export async function watch(quick: boolean, say: (text: string) => void): Promise<Figure[]> {
  const dataDir = makeDataDir();
  const running = await runStart(dataDir);
  try {
    const pid = running.process.pid ?? 0;
    // starting is measured elsewhere
    await setTimeout(SETTLE_MS);
    const quiet = await watchQuietly(pid, quick ? QUIET_MS.quick : QUIET_MS.full, say);
    const producers = (await (await fetch(`${running.portal}/api/producers`)).json()) as ProducerSummary[];
    for (const round of await badRounds(running.portal)) say(`quiet: ${round}`);
    const shown = await showKills(dataDir, running.portal, quick ? KILLS.quick : KILLS.full, say);
    const noticed = await noticeMissed(dataDir, quick ? FAILED_ROUNDS.quick : FAILED_ROUNDS.full, say);
    return [...resourceFigures(quiet), ...chainFigures(producers), ...killFigures(shown), ...noticeFigures(noticed)];
  } finally {
    await running.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Rounds in which something went missing, as a line each. */
async function badRounds(portal: string): Promise<string[]> {
  const rounds = (await (await fetch(`${portal}/api/rounds?limit=1000`)).json()) as PastRoundView[];
  return rounds
    .filter(({ slots }) => slots.some((state) => state === "missed" || state === "orphaned"))
    .map(({ producer, startsAt, slots }) => `${producer} at ${new Date(startsAt).toISOString()}: ${slots.join(" ")}`);
}

interface Quiet {
  seconds: number;
  before: Usage[];
  after: Usage[];
  /** Sum over all processes, at each sample. */
  rssBytes: number[];
  pssBytes: number[];
}

async function watchQuietly(pid: number, forMs: number, say: (text: string) => void): Promise<Quiet> {
  const before = processTree(pid);
  const began = performance.now();
  const rssBytes: number[] = [];
  const pssBytes: number[] = [];
  let after = before;
  while (performance.now() - began < forMs) {
    await setTimeout(SAMPLE_MS);
    after = processTree(pid);
    rssBytes.push(sum(after.map((usage) => usage.rssBytes)));
    pssBytes.push(sum(after.map((usage) => usage.pssBytes)));
    const left = Math.round((forMs - (performance.now() - began)) / 1000);
    if (rssBytes.length % 12 === 0) say(`quiet: ${left} s left, ${((rssBytes.at(-1) ?? 0) / 2 ** 30).toFixed(2)} GiB`);
  }
  return { seconds: (performance.now() - began) / 1000, before, after, rssBytes, pssBytes };
}

function resourceFigures({ seconds, before, after, rssBytes, pssBytes }: Quiet): Figure[] {
  const spent = after.map((usage) => {
    const earlier = before.find(({ pid }) => pid === usage.pid);
    return { ...usage, share: ((usage.cpuSeconds - (earlier?.cpuSeconds ?? 0)) / seconds) * 100 };
  });
  const gib = (bytes: number): number => bytes / 2 ** 30;
  return [
    atMost("memory of all processes, highest sum of RSS", gib(quantile(rssBytes, 1)), GOALS.memoryGiB, "GiB"),
    comparison("memory of all processes, shared pages counted once", gib(quantile(pssBytes, 1)), "GiB"),
    atMost("CPU of all processes, share of one core", sum(spent.map(({ share }) => share)), GOALS.coreShare, "%"),
    ...spent.flatMap(({ name, share, rssBytes }) => [
      comparison(`CPU of ${name}`, share, "%"),
      comparison(`RSS of ${name}`, rssBytes / 2 ** 20, "MiB"),
    ]),
  ];
}

function chainFigures(producers: readonly ProducerSummary[]): Figure[] {
  const gone = sum(producers.map(({ missed, orphaned }) => missed + orphaned));
  return [
    atMost("missed and orphaned blocks of the quiet chain", gone, GOALS.missed, "blocks"),
    comparison("blocks produced meanwhile", sum(producers.map(({ produced, late }) => produced + late)), "blocks"),
    comparison("of them late", sum(producers.map(({ late }) => late)), "blocks"),
  ];
}

/** Kills each process of the chain in turn and brings it back. Answers after how many ms the page showed each kill. */
async function showKills(
  dataDir: string,
  portal: string,
  times: number,
  say: (text: string) => void,
): Promise<number[]> {
  const tell = (verb: string, node: string) => askInstance(dataDir, "POST", `/testchain/nodes/${node}/${verb}`);
  const { nodes } = (await askInstance(dataDir, "GET", "/testchain")) as TestchainView;
  const browser = await openBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(portal);
    const shownMs: number[] = [];
    for (const { name } of Array.from({ length: times }, () => nodes).flat()) {
      await shownAt(page, name, "up");
      const shown = shownAt(page, name, "down");
      const began = Date.now();
      await tell("kill", name);
      shownMs.push((await shown) - began);
      say(`${name} is killed; the page shows it after ${shownMs.at(-1)} ms`);
      await tell("start", name);
      // a node of a pair comes back paused
      if (name === "primary") await tell("resume", name);
      await shownAt(page, name, "up");
      await goneOn(portal, name);
    }
    return shownMs;
  } finally {
    await browser.close();
  }
}

/**
 * Waits until a node that came back has new blocks of others. A producer makes none before it has seen that the chain
 * goes on without it: kill all of them in a row, and it does not.
 */
async function goneOn(portal: string, node: string): Promise<void> {
  const head = async () => {
    const { nodes } = (await (await fetch(`${portal}/api/state`)).json()) as StateView;
    return nodes.find(({ name }) => name === node)?.headNum ?? 0;
  };
  const from = await head();
  while ((await head()) < from + BLOCKS_GONE_ON) await setTimeout(POLL_MS);
}

function killFigures(shownMs: readonly number[]): Figure[] {
  return [
    atMost("a killed process shows on the page, median", quantile(shownMs, 0.5), GOALS.shownMs, "ms"),
    atMost("a killed process shows on the page, slowest", quantile(shownMs, 1), GOALS.shownMs, "ms"),
    comparison("processes killed", shownMs.length, "kills"),
  ];
}

/** Kills our producer and looks with a loop of our own, so that nothing but the loop is measured. */
async function noticeMissed(dataDir: string, rounds: number, say: (text: string) => void): Promise<number[]> {
  const [target] = watchTargets(await loadFleet(join(dataDir, "testchain", "fleet.yaml")));
  if (target === undefined) throw new Error("the test chain's fleet has nothing to watch");
  const noticedMs: number[] = [];
  const { stop } = runWatch(target, (_, event) => {
    if (event.kind === "slot" && event.verdict.state === "missed")
      noticedMs.push(Date.now() - timeOf(event.verdict.slot));
  });
  await setTimeout(ROUND_MS);
  await askInstance(dataDir, "POST", "/testchain/nodes/primary/kill");
  say(`our producer is killed; ${rounds} of its rounds go missing`);
  // three producers take turns
  await setTimeout(ROUND_MS * 3 * rounds);
  stop();
  return noticedMs;
}

function noticeFigures(noticedMs: readonly number[]): Figure[] {
  return [
    atMost("a missed slot is noticed after its timestamp, median", quantile(noticedMs, 0.5), GOALS.noticedMs, "ms"),
    atMost("a missed slot is noticed after its timestamp, p99", quantile(noticedMs, 0.99), GOALS.noticedMs, "ms"),
    comparison("missed slots looked at", noticedMs.length, "slots"),
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
