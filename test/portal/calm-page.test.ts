/** The portal's first page in a real browser, while the test chain goes as it should. One run serves all cases. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, CDPSession, Page } from "playwright-core";
import { openBrowser } from "../../bench/browser.ts";
import type { UpdateView } from "../../src/api/views.ts";
import { happening, NOW, nodeView, roundView, slots, stateView } from "./example-state.ts";
import { DESKTOP, inaccessible, openPage, PHONE, sidewaysPx, whenWell } from "./open-page.ts";
import { RunningUp } from "./running-up.ts";

const up = new RunningUp();
let browser: Browser;
let page: Page;
let complaints: string[];

before(async () => {
  [browser] = await Promise.all([openBrowser(), up.start()]);
  ({ page, complaints } = await openPage(browser, up.portal));
});
after(async () => {
  await browser?.close();
  await up.remove();
});

const headNum = async (of: Page): Promise<number> =>
  Number((await of.locator(".fact .value").first().innerText()).replace(/\D/g, ""));

test("the page shows a produced block, the fleet by site, and the pair", async () => {
  await page.locator('td[data-state="produced"]').first().waitFor({ timeout: 30_000 });
  await whenWell(page);
  await page.locator('[data-node][data-seen="up"]').nth(5).waitFor();
  assert.equal(await page.locator("h1").innerText(), "EOS Costa Rica, test chain");
  assert.deepEqual(await page.locator("[data-node]").evaluateAll(rows), [
    "primary up",
    "secondary up",
    "relay up",
    "api up",
    "norte up",
    "sur up",
  ]);
  assert.match(await page.locator(".pair").innerText(), /primary produces, secondary stands by in sync/);
});

const rows = (elements: Element[]): string[] =>
  elements.map((row) => `${row.getAttribute("data-node")} ${row.getAttribute("data-seen")}`);

test("it goes on by itself: blocks come, a round becomes final, nothing is loaded again", async () => {
  const first = await headNum(page);
  const isFirstLoad = await page.evaluateHandle(() => document);
  await page.waitForFunction((first) => {
    const shown = document.querySelector(".fact .value")?.textContent ?? "";
    return Number(shown.replace(/\D/g, "")) > first + 4;
  }, first);
  await page.locator(FINAL_ROUND).first().waitFor();
  assert.equal(await isFirstLoad.evaluate((before) => before === document), true);
});

/** A row all of whose slots will not change any more. */
const FINAL_ROUND = '.rounds tbody tr:not(.gap):not(:has(td.slot:not([data-certainty="final"])))';

test("rounds that are final are not touched again while the page goes on", async () => {
  const touched = await page.evaluate(async (finalRound) => {
    const finals = [...document.querySelectorAll(finalRound)];
    const records: MutationRecord[] = [];
    const observer = new MutationObserver((more) => records.push(...more));
    for (const row of finals) {
      observer.observe(row, { subtree: true, childList: true, attributes: true, characterData: true });
    }
    const head = document.querySelector(".fact .value");
    const blocks = new Promise<void>((resolve) => {
      let left = 4;
      new MutationObserver(() => --left === 0 && resolve()).observe(head as Element, {
        subtree: true,
        characterData: true,
        childList: true,
      });
    });
    await blocks;
    return { rows: finals.length, changes: records.length };
  }, FINAL_ROUND);
  assert.ok(touched.rows > 0, "no round is final");
  assert.equal(touched.changes, 0);
});

test("a slot says more under the pointer, and stops when the pointer leaves", async () => {
  const slot = page.locator('td[data-state="produced"][data-certainty="final"]').first();
  await slot.hover();
  const details = page.getByRole("tooltip");
  assert.match(
    await details.innerText(),
    /produced · slot \d+ of 12 · \d\d:\d\d:\d\d\.[05]\s+block \d+, \d+ ms (before|after) its time\s+Final:/,
  );
  await page.locator("h1").hover();
  assert.equal(await details.count(), 0);
});

test("the rounds are one stop of the tab key, and arrows move inside them", async () => {
  const summary = page.locator(".legend summary");
  await summary.focus();
  await page.keyboard.press("Shift+Tab");
  const place = (): Promise<string | undefined> =>
    page.evaluate(() => (document.activeElement as HTMLElement).dataset.slot?.split("+")[1]);
  assert.equal(await place(), "0");
  for (const [key, index] of [
    ["ArrowRight", "1"],
    ["ArrowDown", "1"],
    ["End", "11"],
    ["ArrowRight", "11"],
    ["ArrowUp", "11"],
    ["Home", "0"],
  ] as const) {
    await page.keyboard.press(key);
    assert.equal(await place(), index, key);
  }
  const details = page.getByRole("tooltip");
  assert.match(await details.innerText(), /slot 1 of 12/);
  // what is shown is also what a screen reader calls the cell
  assert.equal(await page.getByRole("gridcell", { name: /slot 1 of 12/ }).count(), 1);
  await page.keyboard.press("Escape");
  assert.equal(await details.count(), 0);
  await page.keyboard.press("Tab");
  assert.equal(await summary.evaluate((element) => element === document.activeElement), true);
});

test("the first stop of the tab key skips to the state of things", async () => {
  await page.reload();
  await whenWell(page);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("href")), "#state");
  assert.equal(await page.locator(".skip").isVisible(), true);
});

test("the language is the browser's until another is chosen, and then stays the chosen one", async () => {
  const { page: spanish, complaints } = await openPage(browser, up.portal, { locale: "es-CR" });
  await whenWell(spanish);
  assert.equal(await spanish.locator(".headline h2").innerText(), "Todo está bien");
  await spanish.getByRole("button", { name: "English" }).click();
  assert.equal(await spanish.locator(".headline h2").innerText(), "All is well");
  await spanish.reload();
  await whenWell(spanish);
  assert.equal(await spanish.locator(".headline h2").innerText(), "All is well");
  assert.equal(await spanish.locator("html").getAttribute("lang"), "en");
  assert.deepEqual(complaints, []);
  await spanish.context().close();
});

test("the colours are the system's until others are chosen, and then stay the chosen ones", async () => {
  const { page: dark } = await openPage(browser, up.portal, { colorScheme: "dark" });
  const ground = (): Promise<string> => dark.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const night = await ground();
  await dark.emulateMedia({ colorScheme: "light" });
  const day = await ground();
  assert.notEqual(day, night);
  await dark.getByRole("combobox").selectOption("dark");
  assert.equal(await ground(), night);
  await dark.reload();
  assert.equal(await ground(), night);
  await dark.context().close();
});

test("where nothing may be stored, a choice lasts as long as the page", async () => {
  const { page: plain, complaints } = await openPage(browser, up.portal);
  await whenWell(plain);
  await plain.addInitScript(() =>
    Object.defineProperty(window, "localStorage", {
      get: () => {
        throw new Error("off");
      },
    }),
  );
  await plain.reload();
  await whenWell(plain);
  await plain.getByRole("button", { name: "Español" }).click();
  assert.equal(await plain.locator(".headline h2").innerText(), "Todo está bien");
  assert.deepEqual(complaints, []);
  await plain.context().close();
});

for (const [what, viewport] of [
  ["a phone", PHONE],
  ["the narrowest phone", { width: 320, height: 640 }],
  ["a tablet", { width: 768, height: 1024 }],
  ["a desktop", DESKTOP],
  ["a wall", { width: 2560, height: 1440 }],
] as const) {
  test(`on ${what} nothing reaches beyond the edge, in either language`, async () => {
    const { page: sized } = await openPage(browser, up.portal, { viewport });
    await whenWell(sized);
    for (const language of ["Español", "English"]) {
      assert.equal(await sidewaysPx(sized), 0);
      await sized.getByRole("button", { name: language }).click();
    }
    await sized.context().close();
  });
}

test("on a phone a slot says more at a tap, inside the edges", async () => {
  const { page: phone } = await openPage(browser, up.portal, { viewport: PHONE, hasTouch: true, isMobile: true });
  await whenWell(phone);
  for (const index of [0, 5, 11]) {
    await phone.locator(`tbody tr:nth-child(2) [data-slot$="+${index}"]`).tap();
    const box = await phone.getByRole("tooltip").boundingBox();
    assert.ok(box !== null && box.x >= 0 && box.x + box.width <= PHONE.width, JSON.stringify(box));
  }
  assert.equal(await sidewaysPx(phone), 0);
  await phone.context().close();
});

for (const locale of ["en-GB", "es-CR"]) {
  for (const colorScheme of ["dark", "light"] as const) {
    for (const viewport of [PHONE, DESKTOP]) {
      test(`axe finds nothing wrong: ${locale}, ${colorScheme}, ${viewport.width} px wide`, async () => {
        const { page: judged } = await openPage(browser, up.portal, { locale, colorScheme, viewport });
        await whenWell(judged);
        await judged.locator('td[data-state="produced"][data-certainty="final"]').first().click();
        await judged.locator(".legend").evaluate((legend) => legend.setAttribute("open", ""));
        assert.deepEqual(await inaccessible(judged), []);
        await judged.context().close();
      });
    }
  }
}

test("a page that is told of more and more rounds, over several connections, does not grow", async (t) => {
  const { page: left, complaints } = await openPage(browser, "about:blank");
  let connections = 0;
  let heldAfter = 1;
  const goOn = Promise.withResolvers<void>();
  await left.route("**/api/events", async (route) => {
    if (connections === heldAfter) await goOn.promise;
    connections++;
    await route.fulfill({ contentType: "text/event-stream", body: manyRounds(connections) });
  });
  await left.goto(up.portal);
  const devtools = await left.context().newCDPSession(left);
  const sizeWhenHeld = async (): Promise<Size> => {
    await left.locator(`[data-slot="${lastSlot(heldAfter)}+0"]`).waitFor();
    return sizeOf(devtools);
  };
  const before = await sizeWhenHeld();
  heldAfter = 4;
  goOn.resolve();
  const after = await sizeWhenHeld();
  t.diagnostic(`after 100 rounds ${JSON.stringify(before)}, after 1000 ${JSON.stringify(after)}`);
  assert.ok(after.nodes <= before.nodes * 1.1, "elements");
  // a stream that is open has three
  assert.ok(after.listeners <= before.listeners + 6, "listeners");
  assert.ok(after.heapBytes <= before.heapBytes * 1.25, "memory");
  assert.deepEqual(complaints, []);
  await left.context().close();
});

/** Each connection tells of more than the one before. */
const roundsOf = (connection: number): number => 100 * connection;
const firstSlot = (connection: number): number => connection * 120_000;
const lastSlot = (connection: number): number => firstSlot(connection) + (roundsOf(connection) - 1) * 12;

/** What a server would say for a while, and then be gone. */
function manyRounds(connection: number): string {
  const state = stateView({ rounds: [] });
  const updates = Array.from({ length: roundsOf(connection) }, (_, i): UpdateView => {
    const startSlot = firstSlot(connection) + i * 12;
    return {
      now: NOW + i * 6_000,
      rounds: [roundView(startSlot, { slots: slots("missed") })],
      nodes: [nodeView("api", { headNum: startSlot })],
      happenings: [happening(`schedule/${startSlot}`, { at: NOW + i * 6_000, facts: { version: startSlot } })],
    };
  });
  const messages = [`event: state\ndata: ${JSON.stringify(state)}\n\n`];
  for (const update of updates) messages.push(`event: update\ndata: ${JSON.stringify(update)}\n\n`);
  return messages.join("");
}

interface Size {
  nodes: number;
  listeners: number;
  heapBytes: number;
}

/** What the page holds, without what is only waiting to be thrown away. */
async function sizeOf(devtools: CDPSession): Promise<Size> {
  await devtools.send("HeapProfiler.enable");
  await devtools.send("HeapProfiler.collectGarbage");
  const { nodes, jsEventListeners: listeners } = await devtools.send("Memory.getDOMCounters");
  const { usedSize: heapBytes } = await devtools.send("Runtime.getHeapUsage");
  return { nodes, listeners, heapBytes };
}

test("the browser had nothing to complain of", () => assert.deepEqual(complaints, []));
