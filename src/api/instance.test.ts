import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { askInstance, findInstance, type InstanceView, instanceSocket } from "./instance.ts";

const VIEW: InstanceView = { pid: 1, version: "0.1.0", mode: "demo", portal: "http://127.0.0.1:8080", startedAt: 0 };

/** A data directory where whatever is asked is answered by `answer`. */
async function running(answer: RequestListener) {
  const dir = mkdtempSync(join(tmpdir(), "atalaya-instance-"));
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(instanceSocket(dir), resolve));
  return {
    dir,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(dir, { recursive: true });
    },
  };
}

test("whoever runs in a directory says so, and is asked over its socket", async () => {
  const seen: string[] = [];
  await using there = await running((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.end(JSON.stringify(VIEW));
  });
  assert.deepEqual(await findInstance(there.dir), VIEW);
  assert.deepEqual(await askInstance(there.dir, "POST", "/testchain/heal"), VIEW);
  assert.deepEqual(seen, ["GET /", "POST /testchain/heal"]);
});

test("nobody runs where there is no directory, no socket, or one that a killed run left", async () => {
  const dir = mkdtempSync(join(tmpdir(), "atalaya-instance-"));
  const file = join(dir, "file");
  writeFileSync(file, "");
  for (const place of [join(dir, "nowhere"), dir, file]) {
    assert.equal(await findInstance(place), undefined);
    await assert.rejects(askInstance(place, "GET", "/"), { code: "UP_NOT_RUNNING", where: place });
  }
  const killed = `require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`;
  spawnSync(process.execPath, ["-e", killed, instanceSocket(dir)]);
  assert.equal(await findInstance(dir), undefined);
  rmSync(dir, { recursive: true });
});

test("what is refused there is refused here, in the same words", async () => {
  const error = { code: "UP_CANNOT", message: "not up yet", help: "try again" };
  await using there = await running((_, response) => {
    response.writeHead(404).end(JSON.stringify({ error }));
  });
  await assert.rejects(askInstance(there.dir, "POST", "/testchain/x"), { name: "Problem", ...error });
});

const STRANGE: [what: string, answer: RequestListener][] = [
  ["what is not JSON", (_, response) => response.end("<html>")],
  ["an error that is none", (_, response) => response.writeHead(500).end('"oops"')],
  ["nothing", (_, response) => response.end()],
  [
    "half an answer",
    (_, response) => response.writeHead(200, { "content-length": 99 }).write("{", () => response.destroy()),
  ],
  ["a closed connection", (request) => request.socket.destroy()],
];
for (const [what, answer] of STRANGE) {
  test(`one that answers ${what} is there all the same`, async () => {
    await using there = await running(answer);
    await assert.rejects(findInstance(there.dir), { name: "Problem", code: "UP_SILENT" });
  });
}
