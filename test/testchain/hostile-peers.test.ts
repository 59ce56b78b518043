/**
 * A producing node and peers that mean it no good, over real sockets. Whatever they send, the node hangs up on them or
 * takes it, keeps within its memory, goes on producing, and serves everybody else.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { decodeBlock, encodeBlock, type SignedBlock } from "../../src/chain/block/block.ts";
import { getInfo } from "../../src/chain/http/endpoints.ts";
import { encodeFrame, NO_IDS } from "../../src/chain/p2p/messages.ts";
import { slotOf } from "../../src/chain/time.ts";
import { TestNetwork, testNodeProgram } from "../../src/testchain/network/network.ts";
import { RawPeer } from "../conformance/raw-peer.ts";
import { until } from "../conformance/rig.ts";
import { greeting } from "../scripted-peer.ts";

const MIB = 1024 * 1024;
const MAX_CLIENTS = 100;

let dir: string;
let network: TestNetwork;
let chainId: string;
const peers: RawPeer[] = [];

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "hostile-"));
  network = await TestNetwork.open(
    dir,
    { start: "bare", schedule: [], nodes: [{ name: "maker", producers: ["eosio"], dials: [], startsChain: true }] },
    { node: testNodeProgram() },
  );
  await network.start();
  chainId = (await info()).chain_id;
});
after(async () => {
  for (const peer of peers) peer.close();
  await network?.stop();
  if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
});

const info = () => network.node("maker").client.call(getInfo);

/** A connection that has said nothing. */
async function visit(): Promise<RawPeer> {
  const peer = await RawPeer.connect(network.p2pPort("maker"));
  peers.push(peer);
  return peer;
}

/** A connection that was greeted, as a node that has what the other has, so that new blocks come. */
function acquaintance(): Promise<RawPeer> {
  return until("room for a peer", async () => {
    const [peer, said] = [await visit(), await info()];
    peer.greet(chainId, {
      rootNum: said.last_irreversible_block_num,
      rootId: said.last_irreversible_block_id,
      headNum: said.head_block_num,
      headId: said.head_block_id,
    });
    await until("an answer", () => peer.closed || peer.all("handshake").length > 0);
    return peer.closed ? undefined : peer;
  });
}

function rssBytes(): number {
  const status = readFileSync(`/proc/${network.node("maker").pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

/** The same process lives, a well-behaved peer is greeted, and new blocks are made and sent to it. */
async function serves(pid: number | undefined): Promise<void> {
  assert.equal(network.node("maker").pid, pid);
  const { head_block_num: head } = await info();
  const peer = await acquaintance();
  await until("a new block to come", () =>
    peer.all("signed_block").some(({ block }) => decodeBlock(block).header.slot >= slotOf(Date.now()) - 4),
  );
  await until("the chain to go on", async () => (await info()).head_block_num > head);
  peer.close();
}

/** Runs an attack: the node must survive it with at most so much more memory. */
function attack(claim: string, act: () => Promise<void>, mib = 64): void {
  test(claim, async () => {
    const { pid } = network.node("maker");
    const before = rssBytes();
    await act();
    await serves(pid);
    const grown = (rssBytes() - before) / MIB;
    assert.ok(grown < mib, `grew by ${grown.toFixed(0)} MiB`);
  });
}

/** A block of the chain as a peer gets it. */
async function someBlock(): Promise<SignedBlock> {
  const peer = await acquaintance();
  const { block } = await peer.next("signed_block");
  peer.close();
  return decodeBlock(block);
}

/** Until the node has come to the end of what it was sent: it answers a ping, or has hung up. */
async function workedThrough(peer: RawPeer): Promise<void> {
  peer.send({ type: "time", org: 0n, rec: 0n, xmt: 1n, dst: 0n });
  await until("all of it to be worked through", () => peer.closed || peer.all("time").some(({ org }) => org === 1n));
}

const frameOf = (block: SignedBlock) => encodeFrame({ type: "signed_block", block: encodeBlock(block) });

attack("a frame that claims to be huge, or to be nothing, ends the connection", async () => {
  for (const length of [0xffff_ffff, 0x8000_0000, 100 * MIB, 0]) {
    for (const greeted of [false, true]) {
      const peer = greeted ? await acquaintance() : await visit();
      const head = Buffer.alloc(5);
      head.writeUInt32LE(length);
      peer.sendBytes(head);
      await peer.gone();
    }
  }
});

attack("garbage ends the connection, before a greeting and after it", async () => {
  for (let i = 0; i < 20; i++) {
    const peer = i % 2 === 0 ? await acquaintance() : await visit();
    const content = randomBytes(200);
    // a type that exists, or it would only be one of a newer version
    content[0] = i % 10;
    const head = Buffer.alloc(4);
    head.writeUInt32LE(content.length);
    peer.sendBytes(Buffer.concat([head, content, randomBytes(5000)]));
    await peer.gone();
  }
});

attack("a peer of another chain is told so and left", async () => {
  const peer = await visit();
  peer.greet("ab".repeat(32));
  assert.equal((await peer.next("go_away")).reason, "wrong_chain");
  await peer.gone();
});

attack(
  "of thousands of connections only as many are kept as the options allow, and there is room again afterwards",
  async () => {
    const kept: RawPeer[] = [];
    for (let round = 0; round < 20; round++) {
      kept.push(...(await Promise.all(Array.from({ length: 100 }, () => visit()))));
    }
    await until("the others to be hung up on", () => kept.filter((peer) => !peer.closed).length <= MAX_CLIENTS);
    assert.ok(kept.filter((peer) => !peer.closed).length >= MAX_CLIENTS / 2);
    for (const peer of kept) peer.close();
  },
);

attack("a peer that asks for everything again and again and reads nothing costs no memory", async () => {
  const socket = connect({ host: "127.0.0.1", port: network.p2pPort("maker") });
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(encodeFrame(greeting({ chainId, rootNum: 0, headNum: 0 })));
  const request = encodeFrame({ type: "sync_request", start: 1, end: 0xffff_fffe });
  const all = Buffer.concat(Array.from({ length: 20_000 }, () => request));
  await new Promise((sent) => socket.write(all, sent));
  await serves(network.node("maker").pid);
  socket.destroy();
});

attack("a flood of blocks that link to nothing is dropped", async () => {
  const block = await someBlock();
  const peer = await acquaintance();
  const { head_block_num: head } = await info();
  const far = (head + 1000).toString(16).padStart(8, "0");
  for (let i = 0; i < 5000; i++) {
    const previous = far + randomBytes(28).toString("hex");
    peer.sendBytes(frameOf({ ...block, header: { ...block.header, previous } }));
  }
  await workedThrough(peer);
});

attack("a block of the future, by somebody else, or with a signature that is none, ends the connection", async () => {
  const block = await someBlock();
  const now = slotOf(Date.now());
  const bad = [{ slot: now + 7200 }, { producer: "mallory" }, {}, { transactionMroot: "ab".repeat(32) }];
  for (const change of bad) {
    const peer = await acquaintance();
    const said = await info();
    const next = { previous: said.head_block_id, slot: slotOf(said.head_block_time) + 1 };
    peer.sendBytes(frameOf({ ...block, header: { ...block.header, ...next, ...change } }));
    await peer.gone();
  }
});

attack("votes for blocks that nobody has are kept within a bound", async () => {
  const peer = await acquaintance();
  const { head_block_num: head } = await info();
  for (let i = 0; i < 100_000; i++) {
    const blockId = (head + 1000 + i).toString(16).padStart(8, "0") + "cd".repeat(28);
    peer.send({ type: "vote", blockId, strong: true, finalizerKey: "ab".repeat(96), signature: "cd".repeat(192) });
  }
  await workedThrough(peer);
});

attack(
  "a peer that boasts of a chain it does not have is asked, left when it has nothing, and the node goes on",
  async () => {
    const peer = await acquaintance();
    const far = { mode: "last_irr_catch_up" as const, pending: 0xf000_0000, ids: [] };
    peer.send({ type: "notice", transactions: far, blocks: far });
    assert.ok((await peer.next("sync_request")).end > 0);
    await peer.gone();
  },
);

attack("requests and notices that make no sense are borne", async () => {
  const peer = await acquaintance();
  const ids = Array.from({ length: 1000 }, () => randomBytes(32).toString("hex"));
  for (let i = 0; i < 200 && !peer.closed; i++) {
    for (const mode of ["none", "catch_up", "last_irr_catch_up", "normal"] as const) {
      peer.send({ type: "request", transactions: NO_IDS, blocks: { mode, pending: i, ids: ids.slice(0, i) } });
      peer.send({ type: "notice", transactions: NO_IDS, blocks: { mode: "none", pending: i, ids: ids.slice(0, i) } });
    }
    peer.send({ type: "block_nack", id: ids[i] as string });
    peer.send({ type: "block_notice", previous: ids[i] as string, id: ids[i + 1] as string });
  }
});
