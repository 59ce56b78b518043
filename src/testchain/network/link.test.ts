/** Links over real sockets: whatever their state and delay do, a connection's bytes arrive whole and in order. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { Link } from "./link.ts";

/** A link to a server of ours, and everybody who came through it. */
async function linked(listener: (socket: Socket) => void) {
  const visitors = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    visitors.add(socket);
    socket.on("error", () => {});
    listener(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const link = new Link({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });
  const port = await link.start();
  const dialled = new Set<Socket>();
  return {
    link,
    visitors,
    server,
    dial(): Socket {
      const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
      socket.on("error", () => {});
      dialled.add(socket);
      return socket;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of [...visitors, ...dialled]) socket.destroy();
      link.stop();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** All that a socket receives until its other end has ended. */
async function received(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  await once(socket, "end");
  return Buffer.concat(chunks);
}

/** Resolves with how a connection ended: the code of its error, or `closed`. */
function fate(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.once("close", () => resolve("closed"));
  });
}

const echo = (socket: Socket) => socket.pipe(socket);

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("send" as const), bytes: fc.integer({ min: 1, max: 20_000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("delay" as const), ms: fc.integer({ min: 0, max: 30 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("freeze" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("up" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("pause" as const), ms: fc.integer({ min: 0, max: 8 }) }) },
);

test("nothing is lost or reordered, however it is frozen and delayed in mid-stream", async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
    await using there = await linked(echo);
    const socket = there.dial();
    const back = received(socket);
    const sent: Buffer[] = [];
    for (const each of steps) {
      if (each.kind === "send") {
        const bytes = randomBytes(each.bytes);
        sent.push(bytes);
        socket.write(bytes);
      } else if (each.kind === "delay") there.link.setDelay(each.ms);
      else if (each.kind === "pause") await delay(each.ms);
      else there.link.set(each.kind === "freeze" ? "frozen" : "up");
    }
    socket.end();
    there.link.set("up");
    assert.ok((await back).equals(Buffer.concat(sent)));
  });
  await fc.assert(property, { numRuns: 40 });
});

test("bytes sent after the delay has shrunk do not overtake those before", async () => {
  await using there = await linked(() => {});
  const socket = there.dial();
  const [visitor] = (await once(there.server, "connection")) as [Socket];
  const text = received(visitor);
  there.link.setDelay(80);
  socket.write("first ");
  await delay(20);
  there.link.setDelay(0);
  socket.write("second");
  await delay(0);
  socket.end();
  assert.equal((await text).toString(), "first second");
});

test("a delay holds bytes for that long in each direction", async () => {
  await using there = await linked(echo);
  there.link.setDelay(60);
  const socket = there.dial();
  const started = performance.now();
  socket.write("x");
  await once(socket, "data");
  const took = performance.now() - started;
  assert.ok(took >= 120, `there and back in ${took} ms`);
});

test("a frozen link carries nothing, not even what was under way, and everything once it is up", async () => {
  await using there = await linked(() => {});
  const socket = there.dial();
  const [visitor] = (await once(there.server, "connection")) as [Socket];
  let heard = "";
  visitor.on("data", (chunk) => {
    heard += chunk;
  });
  there.link.setDelay(30);
  socket.write("under way, ");
  await delay(10);
  there.link.set("frozen");
  socket.write("behind it");
  await delay(80);
  assert.equal(heard, "");
  there.link.set("up");
  await once(visitor, "data");
  while (heard.length < "under way, behind it".length) await once(visitor, "data");
  assert.equal(heard, "under way, behind it");
});

test("a connection opened through a frozen link is silent, and works once the link is up", async () => {
  await using there = await linked(echo);
  there.link.set("frozen");
  const socket = there.dial();
  await once(socket, "connect");
  socket.write("hello");
  assert.equal(await Promise.race([once(socket, "data"), delay(60, "silence")]), "silence");
  there.link.set("up");
  const [answer] = (await once(socket, "data")) as [Buffer];
  assert.equal(answer.toString(), "hello");
});

test("a cut resets both ends of every connection, and refuses new ones until it is healed", async () => {
  await using there = await linked(() => {});
  const socket = there.dial();
  const [visitor] = (await once(there.server, "connection")) as [Socket];
  // all of the way is open once something has come through
  socket.write("x");
  await once(visitor, "data");
  visitor.resume();
  socket.resume();
  const ends = Promise.all([fate(socket), fate(visitor)]);
  there.link.set("cut");
  assert.deepEqual(await ends, ["ECONNRESET", "ECONNRESET"]);
  const refused = there.dial().resume();
  assert.match(await fate(refused), /ECONNRESET|closed/);
  assert.equal(there.visitors.size, 1, "the target hears nothing of it");
  there.link.set("up");
  there.dial();
  await once(there.server, "connection");
});

test("what is delayed when the link is cut never arrives", async () => {
  await using there = await linked(() => {});
  const socket = there.dial();
  const [visitor] = (await once(there.server, "connection")) as [Socket];
  let heard = 0;
  visitor.on("data", (chunk: Buffer) => {
    heard += chunk.length;
  });
  there.link.setDelay(40);
  socket.write("lost");
  await delay(10);
  const gone = fate(visitor);
  there.link.set("cut");
  await gone;
  await delay(60);
  assert.equal(heard, 0);
});

test("one side may end its half and still hear the answer", async () => {
  await using there = await linked((socket) => {
    void received(socket).then((question) => socket.end(`answer to ${question}`));
  });
  there.link.setDelay(10);
  const socket = there.dial();
  const answer = received(socket);
  socket.end("a question");
  assert.equal((await answer).toString(), "answer to a question");
});

test("when one end goes without a word the other sees a reset", async () => {
  await using there = await linked(() => {});
  const socket = there.dial();
  const [visitor] = (await once(there.server, "connection")) as [Socket];
  socket.write("x");
  await once(visitor, "data");
  visitor.resume();
  const end = fate(visitor);
  socket.resetAndDestroy();
  assert.equal(await end, "ECONNRESET");
});

test("with the target away a connection is reset, and works again when the target is back", async () => {
  const there = await linked(echo);
  const { port } = there.server.address() as AddressInfo;
  await new Promise((closed) => there.server.close(closed));
  assert.match(await fate(there.dial().resume()), /ECONNRESET|closed/);
  const again = createServer((socket) => echo(socket.on("error", () => {}))).listen(port, "127.0.0.1");
  await once(again, "listening");
  const socket = there.dial();
  socket.write("back");
  const [answer] = (await once(socket, "data")) as [Buffer];
  assert.equal(answer.toString(), "back");
  socket.destroy();
  there.link.stop();
  await new Promise((closed) => again.close(closed));
});

test("a hundred connections at once each get their own bytes back", async () => {
  await using there = await linked(echo);
  there.link.setDelay(5);
  const results = await Promise.all(
    Array.from({ length: 100 }, async () => {
      const socket = there.dial();
      const sent = randomBytes(10_000);
      const back = received(socket);
      socket.end(sent);
      return (await back).equals(sent);
    }),
  );
  assert.ok(results.every(Boolean));
});

test("a receiver that does not read holds up its sender instead of filling memory", async () => {
  await using there = await linked((socket) => socket.pause());
  const socket = there.dial();
  await once(socket, "connect");
  const block = Buffer.alloc(1024 * 1024);
  let taken = 0;
  // until the sender has been stuck for a while; without backpressure it would never be
  while (taken < 200) {
    if (!socket.write(block) && (await Promise.race([once(socket, "drain"), delay(150, "stuck")])) === "stuck") break;
    taken += 1;
  }
  assert.ok(taken < 100, `${taken} MiB went into the link`);
});
