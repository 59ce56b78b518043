/** Blocks that are not what they should be: none is ever applied, and what was there before stays as it was. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { keyOf, SmallChain, tokenAction } from "../../../../test/testchain/small-chain.ts";
import { decodeBlock, encodeBlock, type SignedBlock } from "../../../chain/block/block.ts";
import { signingDigest } from "../../../chain/block/signing.ts";
import { Problem } from "../../../kit/problem.ts";
import { draftBlock, pastOf } from "../consensus/draft.ts";
import { ChainFailure } from "../failure.ts";
import { encodeState } from "./saved-state.ts";

const SAVANNA = {
  producers: ["bpa", "bpb"],
  finalizers: ["bpa", "bpb"],
  accounts: ["alice", "bob"],
  balances: { alice: "100.0000 EOS" },
};
const LEGACY = { ...SAVANNA, finalizers: [] };

/** A chain of some blocks, and the block that follows it with a transfer in it, which another chain made. */
async function follow(facts: typeof SAVANNA): Promise<{ chain: SmallChain; raw: Buffer; transfer: () => SignedBlock }> {
  const [maker, chain] = [new SmallChain(facts), new SmallChain(facts)];
  const data = (i: number) => ({ from: "alice", to: "bob", quantity: `0.000${i} EOS`, memo: "" });
  const make = async (i: number) => {
    const fill = [maker.transaction([tokenAction("transfer", "alice", data(i))], ["alice"])];
    return (await maker.produce({ fill })).state;
  };
  for (let i = 1; i <= 4; i++) {
    const state = await make(i);
    chain.vote(chain.controller.accept(state.raw).state, facts.finalizers);
    chain.controller.applyBest();
  }
  const { raw } = await make(5);
  return { chain, raw, transfer: () => decodeBlock(raw) };
}

/** Everything that a block could change. */
function picture({ controller, tables }: SmallChain): string {
  const { chainId, head, root } = controller;
  return `${head.id} ${controller.forks.all().map(({ id }) => id)} ${encodeState({ chainId, tables, root })}`;
}

/** The block with another header, signed by its producer as if all were well. */
function resigned(chain: SmallChain, block: SignedBlock): Buffer {
  const { head } = chain.controller;
  const draft = draftBlock(head, block.header.slot, block.header.confirmed);
  assert.ok(draft !== undefined);
  const signer = keyOf(block.header.producer);
  return encodeBlock({ ...block, producerSignature: signer.sign(signingDigest(block.header, pastOf(draft))) });
}

/** A certificate's BLS signature is a stand-in that nobody checks: of all bytes only those may differ. */
function isSameButForCertificate(bad: Buffer, raw: Buffer): boolean {
  try {
    const [a, b] = [decodeBlock(bad), decodeBlock(raw)];
    return encodeBlock({ ...a, extensions: [] }).equals(encodeBlock({ ...b, extensions: [] }));
  } catch {
    return false;
  }
}

/** Neither taken nor applied: what remains is what was there. */
function refuses(chain: SmallChain, raw: Buffer, why?: RegExp): void {
  const before = picture(chain);
  let said: unknown;
  try {
    chain.controller.accept(raw);
    chain.controller.applyBest();
  } catch (thrown) {
    said = thrown;
    assert.ok(thrown instanceof ChainFailure || thrown instanceof Problem, (thrown as Error).stack ?? "");
  }
  assert.equal(picture(chain), before);
  if (why !== undefined) assert.match(String((said as Error | undefined)?.message), why);
}

for (const [name, facts] of [
  ["Savanna", SAVANNA],
  ["legacy", LEGACY],
] as const) {
  test(`${name}: the good block is taken and applied, and is a duplicate the second time`, async () => {
    const { chain, raw } = await follow(facts);
    assert.equal(chain.controller.accept(raw).result, "appended");
    assert.equal(chain.controller.applyBest(), 1);
    assert.equal(chain.controller.accept(raw).result, "duplicate");
  });

  test(`${name}: a block with any of its bytes changed is never applied as another block, and never falls over`, async () => {
    const { chain, raw } = await follow(facts);
    fc.assert(
      fc.property(fc.nat({ max: raw.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bad = Buffer.from(raw);
        bad[at] = (bad[at] as number) ^ change;
        if (!isSameButForCertificate(bad, raw)) refuses(chain, bad);
      }),
      { numRuns: 400 },
    );
    assert.equal(chain.controller.accept(raw).result, "appended", "the good one is still welcome");
  });

  test(`${name}: a block that is cut short at any byte is refused`, async () => {
    const { chain, raw } = await follow(facts);
    for (let length = 0; length < raw.length; length += 3) refuses(chain, raw.subarray(0, length));
  });

  test(`${name}: its own producer cannot get a wrong header past the others either`, async () => {
    const { chain, raw, transfer } = await follow(facts);
    const { header } = transfer();
    const head = chain.controller.head;
    const wrong: [Partial<typeof header>, RegExp | undefined][] = [
      [{ slot: head.slot }, /next block must be in the future/],
      [{ slot: head.slot + 12 * 2 + 1, transactionMroot: "00".repeat(32) }, /transaction merkle root/],
      [{ transactionMroot: "ab".repeat(32) }, /transaction merkle root/],
      // found out when it is run
      [{ actionMroot: "ab".repeat(32) }, undefined],
      [{ previous: `${head.id.slice(0, 8)}${"ab".repeat(28)}` }, /unlinkable/],
    ];
    for (const [change, why] of wrong)
      refuses(chain, resigned(chain, { ...transfer(), header: { ...header, ...change } }), why);
    refuses(chain, resigned(chain, { ...transfer(), receipts: [] }), /transaction merkle root/);
    const stolen = { ...transfer(), header: { ...header, producer: header.producer === "bpa" ? "bpb" : "bpa" } };
    refuses(chain, resigned(chain, stolen), /wrong producer|not canonical/);
    const stranger = {
      ...transfer(),
      producerSignature: keyOf("alice").sign(signingDigest(header, pastOf(draftBlock(head, header.slot, 0) as never))),
    };
    refuses(chain, encodeBlock(stranger), /block signed by unexpected key/);
    assert.equal(chain.controller.accept(raw).result, "appended");
  });
}

test("a block with a bad transaction is dropped with all that was built on it, and the head is the best of the rest", async () => {
  const [maker, chain] = [new SmallChain(SAVANNA), new SmallChain(SAVANNA)];
  const { state } = await maker.produce();
  chain.controller.accept(state.raw);
  chain.controller.applyBest();
  const bad = maker.transaction(
    [tokenAction("transfer", "alice", { from: "alice", to: "bob", quantity: "0.0001 EOS", memo: "" })],
    ["alice"],
  );
  await maker.produce({ fill: [bad] });
  await maker.produce();
  const [carrier, child] = maker.controller.forks.all().slice(-2);
  assert.ok(carrier && child);
  // alice is penniless on this chain's books: what is good on one is bad on the other
  chain.controller.accept(carrier.raw);
  chain.controller.accept(child.raw);
  const before = chain.controller.head;
  poison(chain);
  assert.equal(chain.controller.applyBest(), 0);
  assert.equal(chain.controller.head, before);
  assert.equal(chain.controller.forks.get(carrier.id), undefined);
  assert.equal(chain.controller.forks.get(child.id), undefined);
  assert.equal(chain.controller.forks.head, before);
});

/** Takes alice's money away behind the chain's back. */
function poison(chain: SmallChain): void {
  for (const space of chain.tables.spacesWith("row/eosio.token/")) {
    for (const [key] of chain.tables.entries(space)) if (space.endsWith("/accounts")) chain.tables.delete(space, key);
  }
}
