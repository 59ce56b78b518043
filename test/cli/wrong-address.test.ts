/** Commands that are sent to the wrong place say what they found there. */
import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { atalaya, Run, scratch } from "../up/atalaya.ts";

/** A server at which somebody takes our command for a portal. */
async function serverThat(answers: RequestListener) {
  const server = createServer(answers);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const READERS = ["status", "watch", "rounds", "producers"];

test("where no Atalaya runs, every command says so and what to do, with exit code 69", async () => {
  using place = scratch();
  for (const command of [...READERS.map((name) => [name]), ["testchain", "status"], ["testchain", "kill", "api"]]) {
    const { code, stdout, stderr } = await atalaya([...command, "--data", place.dir]);
    assert.equal(code, 69, command.join(" "));
    assert.equal(stdout, "");
    assert.match(stderr, /^error\[UP_NOT_RUNNING\]: no Atalaya is running here\n --> /);
    assert.match(stderr, /help: start it with `atalaya up`/);
  }
});

test("a data directory that does not exist, or is a file, is one where no Atalaya runs", async () => {
  using place = scratch();
  for (const dir of [join(place.dir, "nothing"), "/etc/passwd", "/etc/passwd/below"]) {
    const { code, stderr } = await atalaya(["status", "--data", dir]);
    assert.equal(code, 69);
    assert.match(stderr, /UP_NOT_RUNNING/);
    assert.ok(stderr.includes(dir));
  }
});

for (const url of ["portal", "ftp://127.0.0.1/", "http://", "127.0.0.1:8080"]) {
  test(`\`--url ${url}\` is not an address`, async () => {
    const { code, stderr } = await atalaya(["status", "--url", url]);
    assert.equal(code, 1);
    assert.match(stderr, /^error\[CLI_BAD_URL\].*is not the address of a portal/);
    assert.match(stderr, /expected: an address like http:\/\/127\.0\.0\.1:8080/);
  });
}

test("an address where nobody listens", async () => {
  using gone = await serverThat(() => {});
  const { url } = gone;
  gone[Symbol.dispose]();
  for (const command of READERS) {
    const { code, stderr } = await atalaya([command, "--url", url]);
    assert.equal(code, 69);
    assert.match(stderr, /^error\[CLI_NO_ANSWER\]: no portal answers there: connect ECONNREFUSED/);
  }
});

const STRANGERS: readonly [what: string, answers: RequestListener][] = [
  [
    "a web page",
    (_, response) => response.setHeader("content-type", "text/html").end("<html>Welcome to nginx!</html>"),
  ],
  ["JSON of another kind", (_, response) => response.setHeader("content-type", "application/json").end("7")],
  ["an error of another kind", (_, response) => response.writeHead(404).end("not found")],
  ["half an answer", (_, response) => response.writeHead(200, { "content-length": "999" }).write('{"now":1,')],
];
for (const [what, answers] of STRANGERS) {
  test(`an address that answers ${what}`, async () => {
    using server = await serverThat((request, response) => {
      answers(request, response);
      // half an answer is cut off, whole ones are through
      setTimeout(() => response.destroy(), 200);
    });
    for (const command of READERS.filter((name) => name !== "watch")) {
      const { code, stdout, stderr } = await atalaya([command, "--json", "--url", server.url]);
      assert.equal(code, 69, `${command}: ${stderr}`);
      assert.match(stderr, /^error\[CLI_NO_ANSWER\]: no portal answers there: /);
      assert.equal((JSON.parse(stdout) as { error: { code: string } }).error.code, "CLI_NO_ANSWER");
    }
  });
}

test("an address that takes the question and never answers", async () => {
  using server = await serverThat(() => {});
  for (const { code, stderr } of await Promise.all(READERS.map((name) => atalaya([name, "--url", server.url])))) {
    assert.equal(code, 69);
    assert.match(stderr, /nothing within 10 s/);
  }
});

test("a portal that is still starting asks for patience", async () => {
  using server = await serverThat((_, response) => {
    response.writeHead(503, { "content-type": "text/plain; charset=utf-8" }).end("Atalaya is starting…\n");
  });
  const { code, stderr } = await atalaya(["status", "--url", server.url]);
  assert.equal(code, 69);
  assert.match(stderr, /^error\[UP_BUSY\]: Atalaya is starting…/);
  assert.match(stderr, /help: try again in a moment/);
});

test("a stream that breaks off ends `watch` with words and exit code 69", async () => {
  using server = await serverThat((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write('event: state\ndata: {"now":1}\n\n');
    setTimeout(() => response.destroy(), 200);
  });
  const run = new Run(["watch", "--json", "--url", server.url]);
  const { code, stdout, stderr } = await run.end();
  assert.equal(code, 69);
  assert.match(stderr, /^error\[CLI_STREAM_ENDED\]: the portal has ended the stream/);
  const lines = stdout.trimEnd().split("\n");
  assert.deepEqual(JSON.parse(lines[0] ?? ""), { now: 1 });
  assert.equal(JSON.parse(lines[1] ?? "").error.code, "CLI_STREAM_ENDED");
});
