/** How long `npm start` takes until a browser shows a produced block, with packages installed. */
import { rmSync } from "node:fs";
import { openBrowser } from "./browser.ts";
import { atMost, comparison, type Figure, quantile } from "./figures.ts";
import { makeDataDir, runStart } from "./running.ts";

const GOAL_SECONDS = 20;
const BLOCK_WITHIN_MS = 120_000;

export async function start(quick: boolean, say: (text: string) => void): Promise<Figure[]> {
  const runs = quick ? 1 : 5;
  const dataDir = makeDataDir();
  const browser = await openBrowser();
  try {
    const first = await timeOne(dataDir, browser);
    say(`new chain: portal after ${seconds(first.readyMs)} s, block on the page after ${seconds(first.blockMs)} s`);
    const again: Times[] = [];
    for (let i = 0; i < runs; i++) {
      const times = await timeOne(dataDir, browser);
      say(`again: portal after ${seconds(times.readyMs)} s, block on the page after ${seconds(times.blockMs)} s`);
      again.push(times);
    }
    const blockSeconds = again.map(({ blockMs }) => blockMs / 1000);
    return [
      atMost("npm start to a produced block on the page, new chain", first.blockMs / 1000, GOAL_SECONDS, "s"),
      atMost("npm start to a produced block on the page, median", quantile(blockSeconds, 0.5), GOAL_SECONDS, "s"),
      atMost("npm start to a produced block on the page, slowest", quantile(blockSeconds, 1), GOAL_SECONDS, "s"),
      comparison(
        "npm start to the portal's address, median",
        quantile(
          again.map(({ readyMs }) => readyMs / 1000),
          0.5,
        ),
        "s",
      ),
      comparison(
        "Ctrl-C to the end, median",
        quantile(
          again.map(({ stopMs }) => stopMs / 1000),
          0.5,
        ),
        "s",
      ),
    ];
  } finally {
    await browser.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

interface Times {
  readyMs: number;
  blockMs: number;
  stopMs: number;
}

async function timeOne(dataDir: string, browser: Awaited<ReturnType<typeof openBrowser>>): Promise<Times> {
  const began = performance.now();
  const running = await runStart(dataDir);
  const page = await browser.newPage();
  await page.goto(running.portal);
  await page.waitForSelector('td[data-state="produced"]', { timeout: BLOCK_WITHIN_MS });
  const blockMs = performance.now() - began;
  await page.close();
  const stopping = performance.now();
  await running.stop();
  return { readyMs: running.readyMs, blockMs, stopMs: performance.now() - stopping };
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
