/** Peers that are broken, gone, somebody else or hostile: the monitor ends the connection and says why, or goes on. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { mock, test } from "node:test";
import fc from "fast-check";
import { p2pPayloads } from "../../../test/recordings.ts";
import { greeting, scriptedPeer, type Visitor } from "../../../test/scripted-peer.ts";
import type { Problem } from "../../kit/problem.ts";
import { MAX_FRAME_BYTES } from "./frame.ts";
import { decodeMessage, encodeFrame, GO_AWAY_REASONS } from "./messages.ts";
import { PeerMonitor } from "./monitor.ts";

const RECORDED = p2pPayloads("listener");
const [BLOCK] = RECORDED.map(decodeMessage).filter((one) => one.type === "signed_block");

function framed(payload: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(payload.length);
  return Buffer.concat([length, payload]);
}

/** What a monitor told about a peer that did `act`, and how the connection ended. */
async function end(act: (visitor: Visitor) => void | Promise<void>): Promise<{ why: Problem; told: string[] }> {
  await using peer = await scriptedPeer();
  const arriving = peer.visitor();
  const told: string[] = [];
  const closed = Promise.withResolvers<Problem>();
  const monitor = new PeerMonitor(peer.target, {
    handshake: ({ headNum }) => told.push(`handshake ${headNum}`),
    block: ({ num }) => told.push(`block ${num}`),
    clock: () => told.push("clock"),
    closed: closed.resolve,
  });
  const visitor = await arriving;
  await act(visitor);
  const why = await closed.promise;
  assert.equal(why.where, monitor.address);
  assert.ok(why.help !== undefined || why.code === "P2P_GO_AWAY", `${why.code} says what to do`);
  await visitor.left();
  return { why, told };
}

const ENDS: [what: string, code: string, message: RegExp, act: (visitor: Visitor) => void][] = [
  ["another protocol", "P2P_GARBAGE", /a frame of \d+ bytes/, (v) => v.sendRaw(Buffer.from("SSH-2.0-OpenSSH_9.2\r\n"))],
  ["an HTTP server", "P2P_GARBAGE", /a frame of/, (v) => v.sendRaw(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"))],
  ["a frame of no bytes", "P2P_GARBAGE", /a frame of 0 bytes/, (v) => v.sendRaw(Buffer.alloc(4))],
  [
    "a frame too large",
    "P2P_GARBAGE",
    /a frame of 8388609 bytes/,
    (v) => {
      const head = Buffer.alloc(4);
      head.writeUInt32LE(MAX_FRAME_BYTES + 1);
      v.sendRaw(head);
    },
  ],
  [
    "half a handshake in a whole frame",
    "P2P_GARBAGE",
    /needed \d+ bytes/,
    (v) => v.sendRaw(framed(encodeFrame(greeting()).subarray(4, 200))),
  ],
  [
    "a block that is none",
    "P2P_GARBAGE",
    /offset/,
    (v) => {
      v.send(greeting());
      v.sendRaw(framed(Buffer.concat([Buffer.from([7]), Buffer.alloc(200, 0xff)])));
    },
  ],
  ["a type index that never ends", "P2P_GARBAGE", /varuint32/, (v) => v.sendRaw(framed(Buffer.alloc(10, 0xff)))],
  [
    "half a frame and then the end",
    "P2P_CLOSED",
    /closed/,
    (v) => v.socket.end(encodeFrame(greeting()).subarray(0, 50)),
  ],
  ["the end at once", "P2P_CLOSED", /closed/, (v) => v.socket.end()],
  ["a reset", "P2P_CLOSED", /broke: .*ECONNRESET|closed/, (v) => v.socket.resetAndDestroy()],
  [
    "a peer of another chain",
    "P2P_WRONG_CHAIN",
    /on chain (ee){32}/,
    (v) => v.send(greeting({ chainId: "ee".repeat(32) })),
  ],
];
for (const [what, code, message, act] of ENDS) {
  test(`${what} is ${code}`, async () => {
    const { why } = await end(act);
    assert.equal(why.code, code, why.message);
    assert.match(why.message, message);
  });
}

test("a peer that refused before it greeted may be full: the problem says so", async () => {
  const refused = await end((visitor) => void visitor.socket.end());
  assert.match(refused.why.help ?? "", /p2p-max-nodes-per-host/);
  const stopped = await end((visitor) => {
    visitor.send(greeting());
    visitor.socket.end();
  });
  assert.match(stopped.why.help ?? "", /stopped or restarted/);
});

for (const reason of GO_AWAY_REASONS) {
  test(`sent away for ${reason} is told with its reason`, async () => {
    const { why } = await end((visitor) => visitor.send({ type: "go_away", reason, nodeId: "00".repeat(32) }));
    assert.equal(why.code, "P2P_GO_AWAY");
    assert.ok(why.message.endsWith(reason));
    assert.equal(why.help !== undefined, ["wrong_chain", "authentication", "duplicate"].includes(reason));
  });
}

test("nothing is believed before the peer has named our chain, and nothing after it named another", async () => {
  assert.ok(BLOCK);
  const { why, told } = await end((visitor) => visitor.send(BLOCK, greeting({ chainId: "ee".repeat(32) }), BLOCK));
  assert.equal(why.code, "P2P_WRONG_CHAIN");
  assert.deepEqual(told, []);
});

test("messages that the monitor does not act on may be anything", async () => {
  assert.ok(BLOCK);
  const { why, told } = await end((visitor) => {
    visitor.send(greeting({ headNum: 77 }));
    // chain_size, notice, request, sync_request, transaction, vote, nack, block_notice, gossip, transaction_notice, unknown
    for (const index of [1, 4, 5, 6, 8, 9, 10, 11, 12, 13, 99])
      visitor.sendRaw(framed(Buffer.from([index, 0xff, 0xff])));
    visitor.send(BLOCK);
    visitor.socket.end();
  });
  assert.equal(why.code, "P2P_CLOSED");
  assert.deepEqual(told, ["handshake 77", "block 2"]);
});

test("a peer that asks and asks but never reads is left before our answers fill the memory", async () => {
  const { why } = await end(async (visitor) => {
    visitor.socket.pause();
    visitor.send(greeting());
    const questions = Buffer.concat(Array.from({ length: 200 }, () => encodeFrame(greeting({ generation: 2 }))));
    const flood = (): void => {
      while (!visitor.socket.destroyed && visitor.socket.write(questions));
      visitor.socket.once("drain", flood);
    };
    flood();
  });
  assert.equal(why.code, "P2P_STALLED");
  assert.match(why.message, /\d+ bytes of ours unread/);
});

test("a port where nobody listens is P2P_UNREACHABLE", async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  const why = await new Promise<Problem>((closed) => {
    new PeerMonitor({ host: "127.0.0.1", port, chainId: "00".repeat(32) }, { closed });
  });
  assert.equal(why.code, "P2P_UNREACHABLE");
  assert.match(why.message, /ECONNREFUSED/);
});

test("a peer that accepts and says nothing, as a stopped process does, is P2P_SILENT after five seconds", async () => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  try {
    const { why } = await end(async (visitor) => {
      await visitor.next("time");
      // time messages are not a greeting
      visitor.send({ type: "time", org: 0n, rec: 0n, xmt: 1n, dst: 0n });
      await visitor.next("time");
      mock.timers.tick(5000);
    });
    assert.equal(why.code, "P2P_SILENT");
    assert.equal(why.message, "the peer did not greet within 5000 ms");
  } finally {
    mock.timers.reset();
  }
});

test("a peer that greeted and then stopped is P2P_SILENT, although our own pings go out all the time", async () => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  try {
    const { why, told } = await end(async (visitor) => {
      await visitor.next("handshake");
      visitor.send(greeting());
      await visitor.next("handshake");
      // answers to five pings keep the connection for longer than its limit
      for (let i = 0; i < 8; i++) {
        mock.timers.tick(4000);
        const ping = await visitor.next("time");
        visitor.send(
          { type: "time", org: ping.xmt, rec: ping.xmt, xmt: ping.xmt, dst: 0n },
          greeting({ generation: i + 2 }),
        );
        await visitor.next("handshake");
      }
      for (let i = 0; i < 6; i++) {
        mock.timers.tick(4000);
        await visitor.next("time");
      }
      mock.timers.tick(4000);
    });
    assert.equal(why.code, "P2P_SILENT");
    assert.equal(why.message, "the peer sent nothing for 24000 ms");
    assert.equal(told.filter((event) => event.startsWith("handshake")).length, 9);
  } finally {
    mock.timers.reset();
  }
});

test("whatever a peer sends, the monitor goes on or ends with a problem", async () => {
  const noise = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    // a type it acts on, then anything
    fc
      .tuple(fc.constantFrom(0, 2, 3, 7), fc.uint8Array({ maxLength: 200 }))
      .map(([type, rest]) => framed(Buffer.from([type, ...rest]))),
    // a recorded message with a byte changed
    fc.tuple(fc.nat(), fc.nat(), fc.nat({ max: 255 })).map(([which, at, value]) => {
      const payload = Buffer.from(RECORDED[which % RECORDED.length] as Buffer);
      payload[at % payload.length] = value;
      return framed(payload);
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(noise, { maxLength: 8 }), async (pieces) => {
      const { why } = await end((visitor) => {
        visitor.send(greeting());
        for (const piece of pieces) visitor.sendRaw(piece);
        visitor.socket.end();
      });
      assert.match(why.code, /^P2P_(GARBAGE|CLOSED|WRONG_CHAIN|GO_AWAY)$/);
    }),
    { numRuns: 60 },
  );
});
