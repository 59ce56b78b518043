/** The monitor against a real TCP peer: one that behaves as nodeos does, and the recorded conversation of a real one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loggedBlocks, p2pPayloads, recordedBytes } from "../../../test/recordings.ts";
import { greeting, scriptedPeer, type Visitor } from "../../../test/scripted-peer.ts";
import type { Problem } from "../../kit/problem.ts";
import { ZERO_256 } from "../hash.ts";
import { decodeMessage, type Handshake, type TimeMessage } from "./messages.ts";
import { type MonitorEvents, type MonitorTarget, PeerMonitor, type SeenBlock } from "./monitor.ts";

interface Clock {
  offsetMs: number;
  roundTripMs: number;
}

/** A monitor and what it told. */
function watch(target: MonitorTarget) {
  const told = { handshakes: [] as Handshake[], blocks: [] as SeenBlock[], clocks: [] as Clock[] };
  const closed = Promise.withResolvers<Problem>();
  let changed = Promise.withResolvers<void>();
  const tell = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const events: MonitorEvents = {
    handshake(hello) {
      told.handshakes.push(hello);
      tell();
    },
    block(block) {
      told.blocks.push(block);
      tell();
    },
    clock(clock) {
      told.clocks.push(clock);
      tell();
    },
    closed: closed.resolve,
  };
  const monitor = new PeerMonitor(target, events);
  return {
    ...told,
    closed: closed.promise,
    /** Resolves once the list has so many entries. */
    async until(list: readonly unknown[], count: number): Promise<void> {
      while (list.length < count) await changed.promise;
    },
    [Symbol.dispose]: () => monitor.close(),
  };
}

async function meet() {
  const peer = await scriptedPeer();
  const arriving = peer.visitor();
  const watched = watch(peer.target);
  return { peer, watched, visitor: await arriving };
}

const RECORDED_BLOCKS = p2pPayloads("listener")
  .map(decodeMessage)
  .filter((one) => one.type === "signed_block");

test("the monitor greets first, as one who has nothing and wants blocks only, then sets its clock", async () => {
  const { peer, watched, visitor } = await meet();
  await using _peer = peer;
  using _watched = watched;
  const hello = await visitor.next("handshake");
  assert.equal(hello.chainId, peer.target.chainId);
  assert.equal(hello.networkVersion, 1205 + 9);
  assert.equal(hello.generation, 1);
  assert.deepEqual([hello.rootNum, hello.rootId, hello.headNum, hello.headId], [0, ZERO_256, 0, ZERO_256]);
  assert.match(hello.p2pAddress, /^\S+:\d+:blk - [0-9a-f]{7}$/);
  assert.equal(hello.p2pAddress.slice(-7), hello.nodeId.slice(0, 7));
  assert.equal(hello.token, ZERO_256);
  assert.notEqual(hello.os, "");
  assert.ok(Math.abs(Number(hello.timeNs / 1_000_000n) - Date.now()) < 60_000);
  const ping = await visitor.next("time");
  assert.deepEqual([ping.org, ping.rec, ping.dst], [0n, 0n, 0n]);
  assert.ok(ping.xmt > 0n);
});

test("two monitors are two nodes: the same node id twice would be sent away as a duplicate", async () => {
  const one = await meet();
  const two = await meet();
  const [first, second] = [await one.visitor.next("handshake"), await two.visitor.next("handshake")];
  assert.notEqual(first.nodeId, second.nodeId);
  for (const { peer, watched } of [one, two]) {
    watched[Symbol.dispose]();
    await peer[Symbol.asyncDispose]();
  }
});

test("the peer's handshake tells its head and LIB, and is answered with the same, so that it counts us as in sync", async () => {
  const { peer, watched, visitor } = await meet();
  await using _peer = peer;
  using _watched = watched;
  await visitor.next("handshake");
  const hello = greeting({
    rootNum: 700,
    rootId: `000002bc${"11".repeat(28)}`,
    headNum: 702,
    headId: `000002be${"22".repeat(28)}`,
  });
  visitor.send(hello);
  await watched.until(watched.handshakes, 1);
  assert.deepEqual(watched.handshakes, [hello]);
  const answer = await visitor.next("handshake");
  assert.equal(answer.generation, 2);
  assert.deepEqual(
    [answer.rootNum, answer.rootId, answer.headNum, answer.headId],
    [hello.rootNum, hello.rootId, hello.headNum, hello.headId],
  );
});

test("a later handshake of the peer is answered with its own head again, whatever blocks passed", async () => {
  const { peer, watched, visitor } = await meet();
  await using _peer = peer;
  using _watched = watched;
  await visitor.next("handshake");
  visitor.send(greeting());
  await visitor.next("handshake");
  // nodeos asks again when it got no block from us for half a heartbeat, and may have changed forks
  visitor.send(...RECORDED_BLOCKS.slice(-3));
  const second = greeting({ generation: 2, rootNum: 21, headNum: 23, headId: `00000017${"ee".repeat(28)}` });
  visitor.send(second);
  const answer = await visitor.next("handshake");
  assert.equal(answer.generation, 3);
  assert.deepEqual([answer.rootNum, answer.headNum, answer.headId], [21, 23, second.headId]);
  assert.deepEqual(
    watched.handshakes.map(({ generation }) => generation),
    [1, 2],
  );
  assert.equal(watched.blocks.length, 3);
  for (const { receivedAt } of watched.blocks) assert.ok(Math.abs(receivedAt - Date.now()) < 60_000);
});

test("a first handshake that comes twice is answered once", async () => {
  const { peer, watched, visitor } = await meet();
  await using _peer = peer;
  using _watched = watched;
  await visitor.next("handshake");
  visitor.send(greeting(), greeting(), greeting({ generation: 2, headNum: 99 }));
  await visitor.next("handshake");
  assert.equal((await visitor.next("handshake")).headNum, 99);
});

test("the recorded conversation of a real node: every block with the id that it logged, every ping answered", async () => {
  const logged = new Map(loggedBlocks("logs/producer-savanna.log").map(({ num, idPart }) => [num, idPart]));
  for (const side of ["listener", "dialer"] as const) {
    const messages = p2pPayloads(side).map(decodeMessage);
    const { peer, watched, visitor } = await meet();
    const stream = recordedBytes(`p2p/from-${side}.bin`);
    for (let at = 0; at < stream.length; at += 1448) visitor.sendRaw(stream.subarray(at, at + 1448));
    const pings = messages.filter((one): one is TimeMessage => one.type === "time" && one.org === 0n);
    for (const ping of pings) {
      let reply = await visitor.next("time");
      while (reply.org === 0n) reply = await visitor.next("time");
      assert.equal(reply.org, ping.xmt);
      assert.equal(reply.dst, 0n);
      assert.ok(reply.rec > 0n && reply.xmt >= reply.rec);
    }
    const blocks = messages.filter(({ type }) => type === "signed_block");
    visitor.socket.end();
    const why = await watched.closed;
    assert.equal(why.code, "P2P_CLOSED");
    assert.match(why.help ?? "", /stopped or restarted/);
    assert.equal(watched.blocks.length, blocks.length);
    for (const { num, id } of watched.blocks) assert.equal(id.slice(8, 24), logged.get(num));
    assert.deepEqual(
      watched.handshakes,
      messages.filter(({ type }) => type === "handshake"),
    );
    // the recorded answers to somebody else's pings measure nothing
    assert.deepEqual(watched.clocks, []);
    await peer[Symbol.asyncDispose]();
  }
});

/** Answers a ping as a peer whose clock is off, `heldMs` after it came. */
function answerPing(visitor: Visitor, ping: TimeMessage, offsetMs: number, heldMs: number): void {
  const receivedNs = (BigInt(Date.now()) + BigInt(offsetMs)) * 1_000_000n;
  const sentNs = receivedNs + BigInt(heldMs) * 1_000_000n;
  setTimeout(() => visitor.send({ type: "time", org: ping.xmt, rec: receivedNs, xmt: sentNs, dst: 0n }), heldMs);
}

for (const offsetMs of [0, 7340, -90_000, 5 * 365 * 86_400_000]) {
  test(`a peer's clock that is ${offsetMs} ms ahead is measured, however long it holds the answer`, async () => {
    for (const heldMs of [0, 30]) {
      const { peer, watched, visitor } = await meet();
      visitor.send(greeting());
      answerPing(visitor, await visitor.next("time"), offsetMs, heldMs);
      await watched.until(watched.clocks, 1);
      const [measured] = watched.clocks;
      assert.ok(measured);
      // the formula is off by half of what the two ways differ, at most half the round trip, and by timers and rounding
      const error = Math.abs(measured.offsetMs - offsetMs);
      assert.ok(
        error <= measured.roundTripMs / 2 + 2,
        `${measured.offsetMs} ms with ${measured.roundTripMs} ms for the round trip`,
      );
      watched[Symbol.dispose]();
      await peer[Symbol.asyncDispose]();
    }
  });
}

test("a peer whose clock is off gets its ping back with our time, and its ping measures nothing for us", async () => {
  const { peer, watched, visitor } = await meet();
  await using _peer = peer;
  using _watched = watched;
  visitor.send(greeting());
  const own = await visitor.next("time");
  const theirs = 1_000_000_000_000_000_000n;
  const before = BigInt(Date.now()) * 1_000_000n;
  visitor.send({ type: "time", org: 0n, rec: 0n, xmt: theirs, dst: 0n });
  const reply = await visitor.next("time");
  assert.equal(reply.org, theirs);
  assert.ok(reply.rec >= before && reply.xmt >= reply.rec && reply.xmt <= BigInt(Date.now()) * 1_000_000n);
  // an answer to a ping that we never sent, then the true one twice: one measurement
  visitor.send({ type: "time", org: own.xmt + 1n, rec: 1n, xmt: 1n, dst: 0n });
  answerPing(visitor, own, 0, 0);
  answerPing(visitor, own, 3_600_000, 0);
  visitor.send(greeting({ generation: 2 }));
  await watched.until(watched.clocks, 1);
  visitor.send(greeting({ generation: 3 }));
  await watched.until(watched.handshakes, 3);
  assert.equal(watched.clocks.length, 1);
  assert.ok(Math.abs(watched.clocks[0]?.offsetMs ?? Number.NaN) < 60_000);
});

test("closing the monitor hangs up and tells nothing more", async () => {
  const { peer, watched, visitor } = await meet();
  await using _peer = peer;
  visitor.send(greeting());
  await watched.until(watched.handshakes, 1);
  watched[Symbol.dispose]();
  await visitor.left();
  const closed = await Promise.race([
    watched.closed,
    new Promise((later) => setImmediate(() => later("nothing told"))),
  ]);
  assert.equal(closed, "nothing told");
});
