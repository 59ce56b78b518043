/** What the portal's first page shows when something fails: each process of the test chain, then the main job itself. */
import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { openBrowser } from "../../bench/browser.ts";
import { type Seen, shownAt } from "../../bench/seen-on-page.ts";
import { DESKTOP, inaccessible, openPage, PHONE, sidewaysPx, whenWell } from "./open-page.ts";
import { RunningUp } from "./running-up.ts";

/** Far above the goal, which `npm run bench -- watch` holds it to: a machine may be busy. */
const SHOWN_WITHIN_MS = 5_000;
const BACK_WITHIN_MS = 60_000;

const up = new RunningUp();
let browser: Browser;
let page: Page;
let complaints: string[];

before(async () => {
  [browser] = await Promise.all([openBrowser(), up.start()]);
  ({ page, complaints } = await openPage(browser, up.portal));
  await whenWell(page);
});
after(async () => {
  await browser?.close();
  await up.remove();
});

/** Does something to a node, and says after how long its row showed it. */
async function timed(t: TestContext, what: string, node: string, seen: Seen, act: () => void): Promise<number> {
  const shown = shownAt(page, node, seen);
  const began = Date.now();
  act();
  const ms = (await within(SHOWN_WITHIN_MS, shown)) - began;
  t.diagnostic(`${what}: on the page after ${ms} ms`);
  return ms;
}

function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    AbortSignal.timeout(ms).addEventListener("abort", () => reject(new Error(`not within ${ms} ms`)));
  });
  return Promise.race([promise, late]);
}

const rowText = (node: string): Promise<string> => page.locator(`[data-node="${node}"]`).innerText();
const headline = (): Promise<string> => page.locator(".headline").innerText();

/** In both themes, on a phone and on a desktop: axe finds nothing, and nothing reaches beyond the edge. */
async function assertReadable(): Promise<void> {
  for (const viewport of [PHONE, DESKTOP]) {
    await page.setViewportSize(viewport);
    assert.equal(await sidewaysPx(page), 0);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await inaccessible(page), [], `${viewport.width} px wide, ${colorScheme}`);
    }
  }
}

function comesBack(node: string): void {
  test(`${node} is killed: the page says so, and that it is back when it is`, async (t) => {
    const pid = await up.pidOf(node);
    await timed(t, `${node} killed`, node, "down", () => process.kill(pid, "SIGKILL"));
    assert.match(await headline(), new RegExp(`Node ${node} cannot be seen, neither over HTTP nor over p2p`));
    assert.match(await rowText(node), /nobody answers there/);
    assert.match(await page.locator(".happenings").innerText(), new RegExp(`${node} cannot be seen`));
    if (node === "secondary") {
      assert.match(await page.locator(".pair").innerText(), /the standby secondary cannot be reached/);
      assert.match(await page.title(), /^\(\d\) Atalaya/);
      await assertReadable();
    }
    const back = shownAt(page, node, "up");
    await up.testchain("start", node);
    await within(BACK_WITHIN_MS, back);
    assert.doesNotMatch(await headline(), new RegExp(`Node ${node} `));
    assert.match(await page.locator(".happenings").innerText(), new RegExp(`${node} can be seen again`));
  });
}

for (const node of ["api", "secondary", "norte", "sur"]) comesBack(node);

test("a node that is frozen answers nothing: HTTP tells it first, then p2p", async (t) => {
  const pid = await up.pidOf("api");
  await timed(t, "api frozen, seen over p2p still", "api", "partly", () => process.kill(pid, "SIGSTOP"));
  assert.match(await headline(), /Node api cannot be seen over HTTP/);
  assert.match(await rowText("api"), /it does not answer in time/);
  const frozenAt = Date.now();
  t.diagnostic(`given up over p2p too ${(await within(30_000, shownAt(page, "api", "down"))) - frozenAt} ms later`);
  process.kill(pid, "SIGCONT");
  await within(BACK_WITHIN_MS, shownAt(page, "api", "up"));
});

test("our producer is killed: its slots turn red as they pass, and it is told what was missed", async (t) => {
  const pid = await up.pidOf("primary");
  await timed(t, "primary killed", "primary", "down", () => process.kill(pid, "SIGKILL"));
  const killedAt = Date.now();
  assert.match(await page.locator(".pair").innerText(), /nobody can tell which of primary and secondary produces/);
  const red = page.locator('tr[data-ours="true"] td[data-state="missed"]');
  await red.first().waitFor({ timeout: 40_000 });
  t.diagnostic(`the first missed slot is red ${Date.now() - killedAt} ms after the kill`);
  assert.match(await headline(), /Something is wrong[\s\S]*Blocks of costaricaeos are missing from the rounds below/);
  await red.first().hover();
  assert.match(await page.getByRole("tooltip").innerText(), /^missed · slot \d+ of 12/);
  await page.locator("h1").hover();
  await page.getByText(/costaricaeos: 12 missed of 12 blocks/).waitFor({ timeout: 30_000 });
  await assertReadable();
});

test("it is started again and resumed: it produces, and the pair is in order", async () => {
  await up.testchain("start", "primary");
  await page
    .getByText(/primary and secondary are both paused: nobody produces/)
    .first()
    .waitFor({ timeout: 30_000 });
  await up.testchain("resume", "primary");
  await page.getByText("primary produces, secondary stands by in sync").waitFor({ timeout: 30_000 });
  await within(BACK_WITHIN_MS, shownAt(page, "primary", "up"));
});

// after all others: every link leads through it, and while it is away the chain forks
comesBack("relay");

test("the main job is stuck: its silence tells", async (t) => {
  const stuckAt = Date.now();
  up.signal("SIGSTOP");
  await page.locator('main[data-link="lost"]').waitFor({ timeout: 30_000 });
  t.diagnostic(`the page says that it is not live ${Date.now() - stuckAt} ms after the last word`);
  assert.match(await headline(), /This page is not live[\s\S]*Below is how things were at \d\d:\d\d:\d\d/);
  assert.match(await page.title(), /^⚠ Atalaya/);
  up.signal("SIGCONT");
  await page.locator('main[data-link="live"]').waitFor({ timeout: 30_000 });
});

test("until then the browser had nothing to complain of", () => assert.deepEqual(complaints, []));

test("the main job is killed: the page says so, and goes on by itself when it is back", async (t) => {
  const document = await page.evaluateHandle(() => globalThis.document);
  const known = await page.locator("td.begins time").allInnerTexts();
  const killedAt = Date.now();
  up.signal("SIGKILL");
  await page.locator('main[data-link="lost"]').waitFor({ timeout: 10_000 });
  t.diagnostic(`the page says that it is not live ${Date.now() - killedAt} ms after the kill`);
  assert.match(await headline(), /This page is not live/);
  await assertReadable();
  await up.ended();
  const started = up.start();
  const { page: early, complaints: ofEarly } = await openPage(browser, await answering(up.portal));
  assert.match(await early.locator("body").innerText(), /Atalaya is starting|EOS Costa Rica/);
  await started;
  await page.locator('main[data-link="live"]').waitFor({ timeout: 30_000 });
  assert.equal(await document.evaluate((before) => before === globalThis.document), true, "it was loaded again");
  // what was watched before is remembered
  const shown = await page.locator("td.begins time").allInnerTexts();
  assert.ok(known.some((round) => shown.includes(round)));
  await early.locator('main[data-link="live"]').waitFor({ timeout: 30_000 });
  assert.deepEqual([...complaints, ...ofEarly].filter(isOurs), []);
});

/** That nobody listened there for a while is no fault of the page. */
const isOurs = (complaint: string): boolean => !complaint.startsWith("Failed to load resource: ");

/** The address, once something answers there. */
async function answering(url: string): Promise<string> {
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer !== undefined) return url;
  }
}
