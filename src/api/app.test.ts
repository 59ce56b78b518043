import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { Pool } from "pg";
import { HIDDEN, hiddenProblem, makeRig } from "../../test/api/hidden-fleet.ts";
import { makeApp } from "./app.ts";
import { Past } from "./past.ts";
import type { ErrorView, StateView } from "./views.ts";

const dir = mkdtempSync(join(tmpdir(), "atalaya-pages-"));
const pages = join(dir, "portal");
mkdirSync(join(pages, "assets"), { recursive: true });
writeFileSync(join(dir, "secret.txt"), "secret");
writeFileSync(join(pages, "index.html"), '<!doctype html><script type="module" src="/assets/main-1.js"></script>');
writeFileSync(join(pages, "assets", "main-1.js"), "console.log('portal');\n".repeat(200));
after(() => rmSync(dir, { recursive: true }));

/** An app on a board of nodes that never ran, and a record whose database is away. */
function serve(past?: Past) {
  const { board, targets } = makeRig(Date.now());
  const complaints: unknown[] = [];
  const pool = new Pool({ host: "127.0.0.1", port: 1, user: "hidden", connectionTimeoutMillis: 1000 });
  const { app, streams } = makeApp({
    board,
    targets,
    past: past ?? new Past(pool, targets),
    complain: (thrown) => complaints.push(thrown),
    pages,
    hosts: ["127.0.0.1", "localhost"],
  });
  return {
    board,
    streams,
    complaints,
    ask: (path: string, init?: RequestInit): Response | Promise<Response> =>
      app.request(`http://127.0.0.1:8080${path}`, init),
    at: (url: string): Response | Promise<Response> => app.request(url),
    [Symbol.dispose]() {
      streams.close();
      board.stop();
    },
  };
}

async function errorOf(response: Response, status: number): Promise<ErrorView["error"]> {
  assert.equal(response.status, status);
  const { error } = (await response.json()) as ErrorView;
  assert.match(error.code, /^[A-Z]+(_[A-Z]+)+$/);
  assert.ok(!("where" in error) && !("stack" in error));
  return error;
}

test("the state is whole, the server's clock is in it, and it is kept by nobody", async () => {
  using api = serve();
  const response = await api.ask("/api/state");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("cache-control"), "no-store");
  const state = (await response.json()) as StateView;
  assert.ok(Math.abs(state.now - Date.now()) < 5_000);
  assert.equal(state.organisation, "Atalaya");
  assert.deepEqual(
    state.nodes.map(({ name }) => name),
    ["bp-a", "bp-b", "relay", "api", "later", "friend", "other"],
  );
  assert.deepEqual(
    state.chains.map(({ name, observers }) => [name, observers]),
    [
      ["one", { visible: 0, watched: 4 }],
      ["two", { visible: 0, watched: 2 }],
    ],
  );
});

test("a request for another host is refused: it comes from a stranger's page", async () => {
  using api = serve();
  for (const host of ["evil.example", "127.0.0.1.evil.example", "10.66.0.1", "[::1]", "0.0.0.0"]) {
    for (const path of ["/", "/api/state", "/api/events"]) {
      assert.equal((await errorOf(await api.at(`http://${host}:8080${path}`), 421)).code, "API_STRANGE_HOST");
    }
  }
  for (const host of ["127.0.0.1", "localhost", "LOCALHOST"]) {
    assert.equal((await api.at(`http://${host}:8080/`)).status, 200);
  }
});

test("nothing can be changed: every other method is refused", async () => {
  using api = serve();
  for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
    for (const path of ["/api/state", "/api/rounds", "/", "/nothing"]) {
      const error = await errorOf(await api.ask(path, { method }), 405);
      assert.deepEqual([error.code, error.expected], ["API_READ_ONLY", "GET or HEAD"]);
    }
  }
});

test("HEAD is answered like GET, without a body, and opens no stream", async () => {
  using api = serve();
  for (const path of ["/", "/assets/main-1.js", "/api/state", "/api/events"]) {
    const response = await api.ask(path, { method: "HEAD" });
    assert.equal(response.status, 200, path);
    assert.equal(await response.text(), "");
  }
  assert.equal(
    (await api.ask("/api/events", { method: "HEAD" })).headers.get("content-type"),
    "text/event-stream; charset=utf-8",
  );
  assert.equal(api.streams.size, 0);
});

test("every answer, an error too, tells the browser to run nothing of others and to frame nothing", async () => {
  using api = serve();
  const answers = [
    await api.ask("/"),
    await api.ask("/api/state"),
    await api.ask("/api/nothing"),
    await api.ask("/nothing"),
    await api.ask("/api/state", { method: "POST" }),
    await api.at("http://evil.example/api/state"),
  ];
  for (const { headers, url, status } of answers) {
    const policy = headers.get("content-security-policy") ?? "";
    const name = `${url} ${status}`;
    for (const rule of ["default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]) {
      assert.ok(policy.includes(rule), `${name}: ${policy}`);
    }
    assert.equal(headers.get("x-content-type-options"), "nosniff", name);
    assert.equal(headers.get("referrer-policy"), "no-referrer", name);
    assert.equal(headers.get("access-control-allow-origin"), null, name);
    // whether a name is served over TLS alone is for the proxy that does it to say
    assert.equal(headers.get("strict-transport-security"), null, name);
  }
});

const BAD_QUERIES: [path: string, key: string][] = [
  ["/api/rounds?limit=0", "limit"],
  ["/api/rounds?limit=1001", "limit"],
  ["/api/rounds?limit=-1", "limit"],
  ["/api/rounds?limit=1e3", "limit"],
  ["/api/rounds?limit=", "limit"],
  ["/api/rounds?limit=9999999999999999999", "limit"],
  ["/api/rounds?before=yesterday", "before"],
  ["/api/rounds?before=1.5", "before"],
  ["/api/rounds?producer=Bad!", "producer"],
  ["/api/rounds?producer=abcdefghijklmn", "producer"],
  ["/api/rounds?producer=%27%3B--", "producer"],
  ["/api/rounds?prodcer=ours", "prodcer"],
  ["/api/rounds?__proto__=x", "__proto__"],
  ["/api/producers?hours=0", "hours"],
  ["/api/producers?hours=8785", "hours"],
  ["/api/producers?days=1", "days"],
];
for (const [path, key] of BAD_QUERIES) {
  test(`\`${path}\` is refused, and the answer names \`${key}\``, async () => {
    using api = serve();
    const error = await errorOf(await api.ask(path), 400);
    assert.equal(error.code, "API_BAD_QUERY");
    assert.equal(error.message, `\`${key}\` is not understood`);
    assert.ok(error.expected);
  });
}

test("a chain that is not watched is not found, and those that are are named", async () => {
  using api = serve();
  for (const path of ["/api/rounds?chain=three", "/api/producers?chain="]) {
    const error = await errorOf(await api.ask(path), 404);
    assert.deepEqual([error.code, error.expected], ["API_UNKNOWN_CHAIN", "one of one, two"]);
  }
});

test("while the record cannot be read, it is said so, without where it is", async () => {
  using api = serve();
  for (const path of ["/api/rounds", "/api/producers?chain=two"]) {
    const response = await api.ask(path);
    const text = await response.clone().text();
    const error = await errorOf(response, 503);
    assert.equal(error.code, "RECORD_UNREADABLE");
    assert.doesNotMatch(text, HIDDEN);
  }
  assert.deepEqual(api.complaints, []);
});

test("an endpoint that is not there is told in JSON, a page in words", async () => {
  using api = serve();
  for (const path of ["/api/nothing", "/api/", "/api/state/", "/api/state/more", "/api//state"]) {
    assert.equal((await errorOf(await api.ask(path), 404)).code, "API_NO_SUCH_ENDPOINT");
  }
  const response = await api.ask("/nothing.html");
  assert.equal(response.status, 404);
  assert.equal(await response.text(), "there is no such page; the portal is at /");
});

test("a defect is complained about here and told to nobody there", async () => {
  const defect = new Error("cannot read 10.66.0.1 of undefined");
  // only a defect throws what is no Problem
  const broken = Object.assign(Object.create(Past.prototype) as Past, { rounds: () => Promise.reject(defect) });
  using api = serve(broken);
  const response = await api.ask("/api/rounds");
  const text = await response.clone().text();
  assert.equal((await errorOf(response, 500)).code, "API_BROKEN");
  assert.doesNotMatch(text, HIDDEN);
  assert.doesNotMatch(text, /at .*\.ts/);
  assert.deepEqual(api.complaints, [defect]);
});

test("where a Problem happened is not told", async () => {
  const broken = Object.assign(Object.create(Past.prototype) as Past, {
    rounds: () => Promise.reject(hiddenProblem("RECORD_UNREADABLE")),
  });
  using api = serve(broken);
  assert.ok(!("where" in (await errorOf(await api.ask("/api/rounds"), 503))));
});

test("the portal's pages are served: the page itself always anew, its assets for ever", async () => {
  using api = serve();
  const page = await api.ask("/");
  assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
  assert.equal(page.headers.get("cache-control"), "no-cache");
  assert.match(await page.text(), /main-1\.js/);
  const asset = await api.ask("/assets/main-1.js");
  assert.match(asset.headers.get("content-type") ?? "", /javascript/);
  assert.equal(asset.headers.get("cache-control"), "public, max-age=31536000, immutable");
  const missing = await api.ask("/assets/main-2.js");
  assert.equal(missing.status, 404);
  assert.doesNotMatch(missing.headers.get("cache-control") ?? "", /immutable/);
});

const ESCAPES = [
  "/../secret.txt",
  "/assets/../../secret.txt",
  "/%2e%2e/secret.txt",
  "/%2e%2e%2fsecret.txt",
  "/..%2fsecret.txt",
  "/..%5csecret.txt",
  "/assets/%2e%2e/%2e%2e/secret.txt",
  "/%252e%252e/secret.txt",
  `/${dir}/secret.txt`,
  `//${dir}/secret.txt`,
  "/secret.txt%00.html",
  "/%ff",
  "/%",
];
for (const path of ESCAPES) {
  test(`\`${path.replace(dir, "…")}\` leads to nothing outside of the portal`, async () => {
    using api = serve();
    const response = await api.ask(path);
    assert.equal(response.status, 404);
    assert.doesNotMatch(await response.text(), /secret$/);
    assert.deepEqual(api.complaints, []);
  });
}

test("what is large is compressed for those who can read it, and a part of it is the part that was asked for", async () => {
  using api = serve();
  const headers = { "accept-encoding": "gzip" };
  const asset = await api.ask("/assets/main-1.js", { headers });
  assert.equal(asset.headers.get("content-encoding"), "gzip");
  assert.match(gunzipSync(Buffer.from(await asset.arrayBuffer())).toString(), /^console\.log/);
  assert.equal((await api.ask("/api/state", { headers })).headers.get("content-encoding"), "gzip");
  assert.equal((await api.ask("/api/events", { headers })).headers.get("content-encoding"), null);
  assert.equal((await api.ask("/assets/main-1.js")).headers.get("content-encoding"), null);
  const part = await api.ask("/assets/main-1.js", { headers: { ...headers, range: "bytes=0-6" } });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get("content-encoding"), null);
  assert.equal(await part.text(), "console");
});

test("whatever is asked, in whatever letters, is answered or refused, and breaks nothing", async () => {
  using api = serve();
  const known = fc.constantFrom("/api/state", "/api/rounds", "/api/producers", "/api/", "/assets/", "/");
  const path = fc.oneof(
    known,
    fc.webPath(),
    fc.tuple(known, fc.webSegment()).map(([path, rest]) => `${path}${rest}`),
  );
  const key = fc.oneof(fc.constantFrom("chain", "producer", "before", "limit", "hours"), fc.webSegment());
  const query = fc.array(fc.tuple(key, fc.webQueryParameters()), { maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(path, query, async (path, query) => {
      const response = await api.ask(`${path}?${query.map(([key, value]) => `${key}=${value}`).join("&")}`);
      assert.ok([200, 400, 404, 503].includes(response.status), `${response.status}`);
      // a key that is not understood is repeated, and may look like anything
      assert.doesNotMatch(await response.text(), /10\.66\.|hidden/);
      assert.deepEqual(api.complaints, []);
    }),
    { numRuns: 200 },
  );
});
