/** The p2p protocol: handshakes, clocks, blocks and transactions as they pass, and why a peer sends one away. */
import assert from "node:assert/strict";
import { after, afterEach, before } from "node:test";
import { identifyBlock } from "../../src/chain/block/block.ts";
import { blockNum, blockNumOf } from "../../src/chain/block/header.ts";
import { ZERO_256 } from "../../src/chain/hash.ts";
import { getBlockHeader } from "../../src/chain/http/endpoints.ts";
import { FEATURE, type Handshake, NETWORK_VERSION_BASE, NO_KEY, NO_SIGNATURE } from "../../src/chain/p2p/messages.ts";
import { newAccount } from "../../src/testchain/network/boot-steps.ts";
import { makeKey } from "../../src/testchain/network/keys.ts";
import { RawPeer } from "./raw-peer.ts";
import { Rig, states, until } from "./rig.ts";

/** A node counts as the duplicate's keeper when its own id is the higher one: these are as low as ids get. */
const LOW_ID = "0".repeat(56);

let rig: Rig;
let chainId: string;
const peers: RawPeer[] = [];

before(async () => {
  rig = await Rig.start({
    start: "bare",
    schedule: [],
    nodes: [
      { name: "hub", producers: ["eosio"], dials: [], startsChain: true },
      { name: "leaf", dials: ["hub"] },
      {
        name: "narrow",
        dials: ["hub"],
        extra: { "p2p-max-nodes-per-host": "1", "p2p-keepalive-interval-ms": "1000" },
      },
    ],
  });
  chainId = (await rig.info("hub")).chain_id;
  await until(
    "more blocks than heads may differ by",
    async () => (await rig.info("hub")).last_irreversible_block_num > 16,
  );
});
afterEach(() => {
  for (const peer of peers.splice(0)) peer.close();
});
after(() => rig?.stop());

async function peerOf(node: string, nodeId?: string): Promise<RawPeer> {
  const peer = await RawPeer.connect(rig.network.p2pPort(node), nodeId);
  peers.push(peer);
  return peer;
}

/** Claims the head of the node itself, so that it counts us as in sync. */
async function inSync(node: string): Promise<Partial<Handshake>> {
  const info = await rig.info(node);
  return {
    rootNum: info.last_irreversible_block_num,
    rootId: info.last_irreversible_block_id,
    headNum: info.head_block_num,
    headId: info.head_block_id,
  };
}

states(
  "A6.3",
  "the one that is called says nothing before the caller's handshake, then answers with its own",
  async () => {
    const peer = await peerOf("hub");
    const connected = Date.now();
    await until("a while to pass", () => Date.now() > connected + 700);
    assert.deepEqual(peer.all("handshake"), []);
    peer.greet(chainId);
    await peer.next("handshake");
  },
);

states(
  "A6.2",
  "a handshake carries version, chain, a node id of its own, head and root, system and agent",
  async () => {
    const before = await rig.info("hub");
    const peer = await peerOf("hub");
    peer.greet(chainId);
    const hello = await peer.next("handshake");
    const after = await rig.info("hub");
    const level = hello.networkVersion - NETWORK_VERSION_BASE;
    assert.ok(level >= FEATURE.savanna && level <= 106, `feature level ${level}`);
    assert.equal(hello.chainId, chainId);
    assert.match(hello.nodeId, /^[0-9a-f]{64}$/);
    assert.notEqual(hello.nodeId, ZERO_256);
    assert.deepEqual([hello.key, hello.token, hello.signature], [NO_KEY, ZERO_256, NO_SIGNATURE]);
    assert.ok(Math.abs(Number(hello.timeNs / 1_000_000n) - Date.now()) < 60_000, "nanoseconds since 1970");
    assert.ok(hello.p2pAddress.endsWith(` - ${hello.nodeId.slice(0, 7)}`), hello.p2pAddress);
    assert.ok(hello.p2pAddress.startsWith(`127.0.0.1:${rig.network.p2pPort("hub")}`), hello.p2pAddress);
    // the p2p side and the HTTP side learn of a new head one after the other
    assert.ok(hello.headNum >= before.head_block_num - 1 && hello.headNum <= after.head_block_num + 1);
    assert.ok(hello.rootNum >= before.last_irreversible_block_num - 1 && hello.rootNum <= hello.headNum);
    assert.equal(blockNumOf(hello.headId), hello.headNum);
    assert.equal(blockNumOf(hello.rootId), hello.rootNum);
    assert.notEqual(hello.os, "");
    assert.equal(hello.agent, "hub");
    assert.equal(hello.generation, 1);
  },
);

states("A6.2", "a node has one id for all of its connections, and another one after a restart", async () => {
  const ids: string[] = [];
  for (let i = 0; i < 2; i++) {
    const peer = await peerOf("leaf");
    peer.greet(chainId);
    ids.push((await peer.next("handshake")).nodeId);
  }
  assert.equal(ids[0], ids[1]);
  await rig.network.node("leaf").stop();
  await rig.network.startNode("leaf");
  const peer = await peerOf("leaf");
  peer.greet(chainId);
  assert.notEqual((await peer.next("handshake")).nodeId, ids[0]);
});

states(
  "A6.3",
  "a time message is answered with what it takes to know the clock's offset and the way there and back",
  async () => {
    const peer = await peerOf("hub");
    peer.greet(chainId, await inSync("hub"));
    await peer.next("handshake");
    const from = peer.messages.length;
    const sent = BigInt(Date.now()) * 1_000_000n;
    peer.send({ type: "time", org: 0n, rec: 0n, xmt: sent, dst: 0n });
    const answer = await until("the answer", () => peer.all("time").find(({ org }) => org === sent));
    const now = BigInt(Date.now()) * 1_000_000n;
    assert.ok(peer.messages.length > from);
    const tolerance = 50_000_000n;
    assert.ok(answer.rec >= sent - tolerance && answer.rec <= now + tolerance, "received between sending and now");
    assert.ok(answer.xmt >= answer.rec);
    assert.equal(answer.dst, 0n);
  },
);

states(
  "A6.3",
  "our monitor finds no offset between two clocks that are the same, and hears head and blocks",
  async () => {
    const watch = await rig.watch("hub");
    await until("a measured clock", () => watch.offsets.length > 0);
    const best = Math.min(...watch.offsets.map(Math.abs));
    assert.ok(best < 250, `${watch.offsets}`);
    await until("three blocks", () => watch.blocks.length >= 3);
    for (const { id, num, header } of watch.blocks.slice(0, 3)) {
      const { id: told } = await rig.client("hub").call(getBlockHeader, { block_num_or_id: num });
      assert.equal(id, told, "the id that we hash is the one that nodeos tells");
      assert.equal(header.producer, "eosio");
    }
  },
);

states("A6.3", "a peer in sync is sent each new block whole", async () => {
  const peer = await peerOf("hub");
  peer.greet(chainId, await inSync("hub"));
  await until("three blocks", () => peer.all("signed_block").length >= 3);
  const nums = peer.all("signed_block").map(({ block }) => blockNum(identifyBlock(block).header));
  for (const [i, num] of nums.entries()) assert.equal(num, (nums[0] ?? 0) + i);
});

states("A6.3", "a peer that refuses block after block is told of the next ones by a notice only", async () => {
  // of one that did not make them: a producer sends its own blocks whole
  const peer = await peerOf("leaf");
  peer.greet(chainId, { ...(await inSync("leaf")), networkVersion: NETWORK_VERSION_BASE + FEATURE.blockNack });
  const { networkVersion } = await peer.next("handshake");
  // notices came with 1.1
  if (networkVersion - NETWORK_VERSION_BASE < FEATURE.blockNack) return;
  let refused = 0;
  const notices = await until("two notices", () => {
    for (const { block } of peer.all("signed_block").slice(refused)) {
      peer.send({ type: "block_nack", id: identifyBlock(block).id });
      refused += 1;
    }
    return peer.all("block_notice").length >= 2 && peer.all("block_notice");
  });
  assert.ok(refused >= 4, `${refused} blocks were refused`);
  assert.equal(notices[1]?.previous, notices[0]?.id);
  assert.equal(blockNumOf(notices[0]?.id ?? ZERO_256), blockNumOf(notices[0]?.previous ?? ZERO_256) + 1);
  assert.equal(peer.all("signed_block").length, refused, "none came whole any more");
});

states(
  "A6.3",
  "a peer far behind gets a notice of what is irreversible and of the head, and no blocks until it asks",
  async () => {
    const peer = await peerOf("hub");
    peer.greet(chainId);
    const notice = await peer.next("notice");
    assert.equal(notice.transactions.mode, "last_irr_catch_up");
    assert.equal(notice.blocks.mode, "last_irr_catch_up");
    const info = await rig.info("hub");
    assert.ok(notice.transactions.pending <= info.last_irreversible_block_num && notice.transactions.pending > 10);
    assert.ok(notice.blocks.pending >= notice.transactions.pending && notice.blocks.pending <= info.head_block_num);
    const [head, first] = notice.blocks.ids;
    assert.equal(blockNumOf(head ?? ZERO_256), notice.blocks.pending);
    assert.equal(blockNumOf(first ?? ZERO_256), 1, "the second id is only the number of the first block");
    await until("the chain to go on", async () => (await rig.info("hub")).head_block_num > info.head_block_num + 2);
    assert.deepEqual(peer.all("signed_block"), []);
  },
);

states("A6.1", "a sync request is answered with exactly the blocks it names, in order", async () => {
  const peer = await peerOf("hub");
  peer.greet(chainId);
  await peer.next("notice");
  peer.send({ type: "sync_request", start: 3, end: 12 });
  await until("ten blocks", () => peer.all("signed_block").length >= 10);
  const blocks = peer
    .all("signed_block")
    .slice(0, 10)
    .map(({ block }) => identifyBlock(block));
  assert.deepEqual(
    blocks.map(({ header }) => blockNum(header)),
    [3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  );
  for (const [i, { id }] of blocks.entries()) {
    const child = blocks[i + 1];
    if (child !== undefined) assert.equal(child.header.previous, id);
  }
});

states("A6.1", "a transaction from a peer is run, passed on, and comes into a block", async () => {
  const info = await rig.info("leaf");
  const packed = await rig.transactor("leaf").prepare([newAccount("frompeer", makeKey().publicKey)]);
  const peer = await peerOf("leaf");
  peer.greet(info.chain_id, await inSync("leaf"));
  await peer.next("handshake");
  peer.send({
    type: "packed_transaction",
    transaction: {
      signatures: packed.signatures,
      compression: "none",
      packedContextFreeData: Buffer.alloc(0),
      packedTrx: Buffer.from(packed.packed_trx, "hex"),
    },
  });
  await until("the producer to have run it", async () => {
    const answer = await rig.ask("hub", "/v1/chain/get_account", { body: { account_name: "frompeer" } });
    return answer.status === 200;
  });
});

async function goAway(node: string, act: (peer: RawPeer) => void | Promise<void>, nodeId?: string): Promise<string> {
  const peer = await peerOf(node, nodeId);
  await act(peer);
  const { reason } = await peer.next("go_away");
  await peer.gone();
  return reason;
}

states("A6.1", "a handshake of another chain is sent away: wrong_chain", async () => {
  assert.equal(await goAway("hub", (peer) => peer.greet("ab".repeat(32))), "wrong_chain");
});

states("A6.1", "a handshake with the node's own id is sent away: self", async () => {
  const peer = await peerOf("hub");
  peer.greet(chainId);
  const { nodeId } = await peer.next("handshake");
  assert.equal(await goAway("hub", (twin) => twin.greet(chainId, { nodeId })), "self");
});

states("A6.1", "a second connection with the same id is sent away: duplicate; the first one stays", async () => {
  const id = `${LOW_ID}0000abcd`;
  const first = await peerOf("hub", id);
  first.greet(chainId, await inSync("hub"));
  await first.next("handshake");
  assert.equal(await goAway("hub", async (twin) => twin.greet(chainId, await inSync("hub")), id), "duplicate");
  const from = first.all("signed_block").length;
  await until("the first to hear blocks", () => first.all("signed_block").length > from);
});

states("A6.1", "a peer whose last irreversible block is not ours is sent away: forked", async () => {
  const {
    last_irreversible_block_num: rootNum,
    head_block_num: headNum,
    head_block_id: headId,
  } = await rig.info("hub");
  const rootId = rootNum.toString(16).padStart(8, "0") + "ab".repeat(28);
  assert.equal(await goAway("hub", (peer) => peer.greet(chainId, { rootNum, rootId, headNum, headId })), "forked");
});

states("A6.2", "a handshake that contradicts itself is sent away: fatal_other", async () => {
  const broken = { rootNum: 10, headNum: 5 };
  assert.equal(await goAway("hub", (peer) => peer.greet(chainId, broken)), "fatal_other");
});

states("A6.1", "a frame of no length, or of more than 8 MiB, ends the connection", async () => {
  for (const length of [0, 0xffff_fff0]) {
    const peer = await peerOf("hub");
    const frame = Buffer.alloc(8);
    frame.writeUInt32LE(length);
    peer.sendBytes(frame);
    await peer.gone();
  }
  await rig.info("hub");
});

states("A6.3", "p2p-max-nodes-per-host 1 closes a second connection from one address at once", async () => {
  const first = await peerOf("narrow");
  first.greet(chainId, await inSync("narrow"));
  await first.next("handshake");
  const second = await peerOf("narrow");
  await second.gone();
  assert.deepEqual(second.messages, []);
  assert.equal(first.closed, false);
});

states("A6.3", "a peer that stays silent for twice the keep-alive interval is dropped", async () => {
  let spokeAt = 0;
  const peer = await until("a place on the node", async () => {
    const each = await peerOf("narrow");
    spokeAt = Date.now();
    each.greet(chainId, await inSync("narrow"));
    await until("an answer", () => each.closed || each.all("handshake").length > 0);
    return !each.closed && each;
  });
  await peer.gone();
  assert.ok(Date.now() - spokeAt >= 1950, "not before two intervals of a second");
});
