/** Nodes that catch up with each other over real sockets and links: from nothing, through cuts, and off a fork. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { SmallChain } from "../../../../test/testchain/small-chain.ts";
import { SLOT_MS, timeOf } from "../../../chain/time.ts";
import { Link } from "../../network/link.ts";
import type { BlockState } from "../consensus/block-state.ts";
import { Authentication } from "./authentication.ts";
import { Net } from "./net.ts";

const LIMIT_MS = 8000;
const FACTS = { producers: ["bpa", "bpb"], finalizers: ["bpa", "bpb"] };

async function freeLoopbackPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

/** A chain with the p2p side of a node around it, which applies what comes at once. */
class Peerable {
  readonly chain: SmallChain;
  readonly net: Net;
  readonly port: number;
  private waiting: { done: () => boolean; resolve: () => void }[] = [];

  private constructor(port: number, peers: string[], now: () => number) {
    this.port = port;
    this.chain = new SmallChain(FACTS, {
      applied: (state) => {
        this.net.sync.applied(state.num, now() - timeOf(state.slot) < SLOT_MS);
        this.onBlock(state);
        queueMicrotask(() => this.look());
      },
      irreversible: (state) => this.net.irreversible(state),
      produced: (state) => this.net.blocks.broadcast(state),
    });
    const authentication = new Authentication({ allowed: [], peerKeys: [], peerPrivateKeys: [] }, []);
    this.net = new Net(
      {
        listen: [`127.0.0.1:${port}`],
        address: `127.0.0.1:${port}`,
        peers,
        maxPerHost: 10,
        maxClients: 10,
        reconnectMs: 20,
        keepaliveMs: 10_000,
        agent: "test",
        syncSpan: 10,
        voteThreads: 1,
        acceptTransactions: true,
        producers: [],
      },
      {
        controller: this.chain.controller,
        authentication,
        log: { write() {} },
        now,
        events: {
          ready: () => this.chain.controller.applyBest(),
          voted() {},
          transaction() {},
        },
      },
    );
  }

  static async start(peers: string[], now: () => number): Promise<Peerable> {
    const node = new Peerable(await freeLoopbackPort(), peers, now);
    await node.net.start();
    return node;
  }

  /** Told of every block that becomes head. */
  onBlock: (state: BlockState) => void = () => {};

  private look(): void {
    for (const each of this.waiting) if (each.done()) each.resolve();
    this.waiting = this.waiting.filter(({ done }) => !done());
  }

  get head(): BlockState {
    return this.chain.controller.head;
  }

  /** Resolves once the head is this block. */
  async reaches(id: () => string): Promise<void> {
    const done = () => this.head.id === id();
    if (done()) return;
    const late = new AbortController();
    const reached = new Promise<void>((resolve) => this.waiting.push({ done, resolve }));
    const patience = delay(LIMIT_MS, undefined, { signal: late.signal }).then(
      () => assert.fail(`it stays at block ${this.head.num}`),
      () => {},
    );
    await Promise.race([reached, patience]);
    late.abort();
  }

  [Symbol.dispose](): void {
    this.net.stop();
  }
}

/** Both clocks show the time of the chain that is ahead. */
function clock() {
  let of: SmallChain | undefined;
  return {
    now: () => (of === undefined ? 0 : timeOf(of.controller.head.slot)),
    follow: (chain: SmallChain) => {
      of = chain;
    },
  };
}

async function grow(chain: SmallChain, blocks: number): Promise<void> {
  for (let i = 0; i < blocks; i++) await chain.produce();
}

test("a node with nothing catches up to the head, final blocks in ranges and the rest as a branch", async () => {
  const { now, follow } = clock();
  using ahead = await Peerable.start([], now);
  follow(ahead.chain);
  await grow(ahead.chain, 60);
  assert.ok(ahead.chain.controller.root.num > 50);
  using behind = await Peerable.start([`127.0.0.1:${ahead.port}`], now);
  await behind.reaches(() => ahead.head.id);
  assert.equal(behind.chain.controller.root.id, ahead.chain.controller.root.id);
  await grow(ahead.chain, 3);
  await behind.reaches(() => ahead.head.id);
});

test("wherever the connection is cut, however often, it goes on when there is one again", async () => {
  const cuts = fc.uniqueArray(fc.integer({ min: 2, max: 39 }), { minLength: 1, maxLength: 4 });
  const property = fc.asyncProperty(cuts, fc.boolean(), async (at, both) => {
    const { now, follow } = clock();
    using ahead = await Peerable.start([], now);
    follow(ahead.chain);
    await grow(ahead.chain, 40);
    const link = new Link({ host: "127.0.0.1", port: ahead.port });
    const port = await link.start();
    try {
      const other = both ? [`127.0.0.1:${ahead.port}`] : [];
      using behind = await Peerable.start([`127.0.0.1:${port}`, ...other], now);
      const left = new Set(at);
      behind.onBlock = ({ num }) => {
        if (!left.delete(num)) return;
        link.set("cut");
        setImmediate(() => link.set("up"));
      };
      await behind.reaches(() => ahead.head.id);
      assert.equal(behind.chain.controller.root.id, ahead.chain.controller.root.id);
    } finally {
      link.stop();
    }
  });
  await fc.assert(property, { numRuns: 12 });
});

test("two nodes that went on apart end on the better branch when they meet, whoever dials", async () => {
  for (const dialler of ["better", "worse"] as const) {
    const { now, follow } = clock();
    using listener = await Peerable.start([], now);
    const port = listener.port;
    const link = new Link({ host: "127.0.0.1", port });
    link.set("cut");
    using other = await Peerable.start([`127.0.0.1:${await link.start()}`], now);
    const [better, worse] = dialler === "better" ? [other, listener] : [listener, other];
    follow(better.chain);
    for (let i = 0; i < 5; i++) {
      const { state } = await better.chain.produce();
      worse.chain.vote(worse.chain.controller.accept(state.raw).state, FACTS.finalizers);
      worse.chain.controller.applyBest();
    }
    // no votes: nothing more becomes final, and the newer block decides
    for (let i = 0; i < 4; i++) await worse.chain.produce({ slot: worse.chain.nextSlot + 1, voters: [] });
    for (let i = 0; i < 8; i++) await better.chain.produce({ slot: better.chain.nextSlot + 2, voters: [] });
    assert.notEqual(better.head.id, worse.head.id);
    link.set("up");
    await worse.reaches(() => better.head.id);
    assert.equal(worse.chain.controller.root.id, better.chain.controller.root.id);
    link.stop();
  }
});
