import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { isOutdated, scriptOf } from "./newer-page.ts";

const PAGE = '<script type="module" crossorigin src="/assets/index-aB3.js"></script><link href="/assets/index-x.css">';

test("a built page names its script", () => assert.equal(scriptOf(PAGE), "/assets/index-aB3.js"));

for (const [what, html] of [
  ["nothing", ""],
  ["what is said while the server starts", "Atalaya is starting…\nAtalaya está arrancando…\n"],
  ["a script from elsewhere", '<script src="https://elsewhere.example/assets/a.js"></script>'],
  ["a script that lies beside", '<script src="/other/a.js"></script>'],
] as const) {
  test(`${what} names no script of ours`, () => assert.equal(scriptOf(html), undefined));
}

/** A server that answers this; `fetch` of a page's own address leads to it. */
async function serving(t: TestContext, status: number, body: string): Promise<{ asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(status).end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const { fetch } = globalThis;
  t.mock.method(globalThis, "fetch", (path: string, options: RequestInit) =>
    fetch(new URL(path, `http://127.0.0.1:${port}`), options),
  );
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { asked };
}

test("a page is outdated when the server's names another script", async (t) => {
  const { asked } = await serving(t, 200, PAGE);
  assert.equal(await isOutdated("/assets/index-old.js"), true);
  assert.deepEqual(asked, ["/"]);
});

test("a page with the server's own script is not outdated", async (t) => {
  await serving(t, 200, PAGE);
  assert.equal(await isOutdated("/assets/index-aB3.js"), false);
});

test("while the server starts, nobody can say", async (t) => {
  await serving(t, 503, PAGE);
  assert.equal(await isOutdated("/assets/index-old.js"), false);
});

test("what answers with another page altogether says nothing about ours", async (t) => {
  await serving(t, 200, "<h1>Sign in to this network</h1>");
  assert.equal(await isOutdated("/assets/index-old.js"), false);
});

test("a server that is gone says nothing", async (t) => {
  t.mock.method(globalThis, "fetch", () => Promise.reject(new TypeError("fetch failed")));
  assert.equal(await isOutdated("/assets/index-old.js"), false);
});
