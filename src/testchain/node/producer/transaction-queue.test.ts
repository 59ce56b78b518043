/** Transactions that wait for a block: none is lost, none is executed twice, none that has expired goes in. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { keyOf, SmallChain, tokenAction } from "../../../../test/testchain/small-chain.ts";
import { timeOf } from "../../../chain/time.ts";
import type { IncomingTransaction } from "../chain/incoming-transaction.ts";
import { ChainFailure } from "../failure.ts";
import { TransactionQueue } from "./transaction-queue.ts";

const FACTS = {
  producers: ["bpa"],
  finalizers: ["bpa"],
  accounts: ["alice", "bob"],
  balances: { alice: "100.0000 EOS" },
};

let unique = 0;
function payment(chain: SmallChain, quantity = "0.0001 EOS", changes = {}): IncomingTransaction {
  const data = { from: "alice", to: "bob", quantity, memo: String(++unique) };
  return chain.transaction([tokenAction("transfer", "alice", data)], ["alice"], changes);
}

const named = (name: string) => (thrown: unknown) => thrown instanceof ChainFailure && thrown.name === name;

/** A block that is filled from the queue, as the producer makes one. */
async function produce(chain: SmallChain, queue: TransactionQueue): Promise<string[]> {
  const slot = chain.nextSlot;
  const builder = chain.controller.startBlock(slot, 0, []);
  queue.removeExpired(slot);
  queue.fill(builder);
  queue.serveWaiting(builder);
  const ids = builder.transactions.map(({ id }) => id);
  await chain.controller.produceBlock(async (digest) => [keyOf("bpa").sign(digest)]);
  queue.applied(ids);
  return ids;
}

test("what comes while no block is open is answered by the next one", async () => {
  const [chain, queue] = [new SmallChain(FACTS), new TransactionQueue()];
  const good = queue.process(chain.controller, payment(chain), false);
  const bad = queue.process(chain.controller, payment(chain, "999.0000 EOS"), false);
  const traced = queue.process(chain.controller, payment(chain, "999.0000 EOS"), true);
  const refused = assert.rejects(bad, named("eosio_assert_message_exception"));
  await produce(chain, queue);
  assert.equal((await good).except, undefined);
  assert.match((await traced).except?.message ?? "", /overdrawn/);
  await refused;
});

test("one that is in the chain, or has expired, is refused at once", async () => {
  const [chain, queue] = [new SmallChain(FACTS), new TransactionQueue()];
  const incoming = payment(chain);
  const answer = queue.process(chain.controller, incoming, false);
  await produce(chain, queue);
  await answer;
  await assert.rejects(queue.process(chain.controller, incoming, false), named("tx_duplicate"));
  const old = payment(chain, undefined, { expiration: Math.floor(timeOf(chain.controller.head.slot) / 1000) - 1 });
  await assert.rejects(queue.process(chain.controller, old, true), named("expired_tx_exception"));
});

test("a dry run changes nothing and leaves nothing behind", async () => {
  const [chain, queue] = [new SmallChain(FACTS), new TransactionQueue()];
  const incoming = payment(chain);
  const trace = queue.compute(chain.controller, incoming);
  assert.deepEqual(await produce(chain, queue), []);
  assert.equal((await trace).except, undefined);
  assert.equal(queue.size, 0);
  const real = queue.process(chain.controller, incoming, false);
  await produce(chain, queue);
  assert.equal((await real).except, undefined, "it is no duplicate");
});

const event = fc.constantFrom("send", "speculate", "produce", "fork");

test("whatever is aborted and forked out in between, every transaction ends in the chain exactly once", async () => {
  const property = fc.asyncProperty(fc.array(event, { maxLength: 25 }), async (events) => {
    const [chain, queue] = [new SmallChain(FACTS), new TransactionQueue()];
    const sent: IncomingTransaction[] = [];
    const inChain: string[] = [];
    for (const each of events) {
      if (each === "send") {
        const incoming = payment(chain);
        sent.push(incoming);
        queue.returnAborted([incoming]);
      } else if (each === "speculate") {
        const builder = chain.controller.startBlock(chain.nextSlot, 0, [], true);
        queue.fill(builder);
        queue.returnAborted(chain.controller.abortBlock());
      } else if (each === "produce") {
        inChain.push(...(await produce(chain, queue)));
      } else {
        // a fork gives back what is in the chain already, too: that is refused when it is run again
        queue.returnForked(sent.slice(-2));
      }
    }
    inChain.push(...(await produce(chain, queue)));
    assert.deepEqual(inChain.sort(), sent.map(({ id }) => id).sort());
    assert.equal(queue.size, 0);
  });
  await fc.assert(property, { numRuns: 40 });
});

test("no more than ten thousand wait; the oldest goes first", () => {
  const queue = new TransactionQueue();
  const many = Array.from({ length: 10_001 }, (_, i) => ({ id: String(i) }) as IncomingTransaction);
  queue.returnAborted(many);
  assert.equal(queue.size, 10_000);
  assert.equal(queue.list()[0]?.incoming.id, "1");
});
