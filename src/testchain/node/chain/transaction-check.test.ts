/** What nodeos checks of a transaction, on a real chain: expiry, TAPOS, duplicates, shape, signatures, permissions. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { keyOf, SmallChain, tokenAction } from "../../../../test/testchain/small-chain.ts";
import { refBlockPrefix } from "../../../chain/block/header.ts";
import { parsePublicKey } from "../../../chain/keys/text.ts";
import { timeOf } from "../../../chain/time.ts";
import type { Action, Transaction } from "../../../chain/transaction.ts";
import { nativeSerializer } from "../contracts/system.ts";
import { ChainFailure } from "../failure.ts";
import { type Authority, isValidAuthority, satisfiesAuthority, setPermission } from "./authority.ts";
import { openTransaction } from "./incoming-transaction.ts";
import { Tables } from "./tables.ts";

const FACTS = {
  producers: ["bpa"],
  finalizers: ["bpa"],
  accounts: ["alice", "bob", "carol"],
  balances: { alice: "100.0000 EOS", bob: "1.0000 EOS" },
};
let unique = 0;
const pay = (from = "alice", permission = "active") =>
  tokenAction("transfer", from, { from, to: "carol", quantity: "0.0001 EOS", memo: String(++unique) }, permission);

/** Name of the failure that a transaction ends with in the next block, `undefined` when it succeeds. */
async function outcome(
  chain: SmallChain,
  actions: readonly Action[],
  signers: readonly string[],
  changes: Partial<Transaction> = {},
): Promise<string | undefined> {
  const { traces } = await chain.produce({ fill: [chain.transaction(actions, signers, changes)] });
  return traces[0]?.except?.name;
}

test("a transaction in order is executed once; the same one again is a duplicate, also blocks later, until it expires", async () => {
  const chain = new SmallChain(FACTS);
  const incoming = chain.transaction([pay()], ["alice"]);
  const names = async (slot = chain.nextSlot) =>
    (await chain.produce({ slot, fill: [incoming, incoming] })).traces.map(({ except }) => except?.name);
  assert.deepEqual(await names(), [undefined, "tx_duplicate"]);
  for (let i = 0; i < 3; i++) assert.deepEqual(await names(), ["tx_duplicate", "tx_duplicate"]);
  assert.deepEqual(await names(chain.nextSlot + 200), ["expired_tx_exception", "expired_tx_exception"]);
});

test("expiry is against the block's time: not before it, and not more than the maximum after it", async () => {
  const chain = new SmallChain(FACTS);
  for (const [after, name] of [
    [0, undefined],
    [-1, "expired_tx_exception"],
    [3600, undefined],
    [3601, "tx_exp_too_far_exception"],
  ] as const) {
    // expiry is in whole seconds
    const slot = chain.nextSlot + (chain.nextSlot % 2);
    const expiration = timeOf(slot) / 1000 + after;
    const { traces } = await chain.produce({ slot, fill: [chain.transaction([pay()], ["alice"], { expiration })] });
    assert.equal(traces[0]?.except?.name, name, `${after} s after the block`);
  }
});

test("TAPOS must name a block of this branch: any of its recent ones will do, no other", async () => {
  const chain = new SmallChain(FACTS);
  const ids = [chain.controller.head.id];
  for (let i = 0; i < 5; i++) ids.push((await chain.produce()).state.id);
  for (const [i, id] of ids.entries()) {
    const reference = { refBlockNum: i + 1, refBlockPrefix: refBlockPrefix(id) };
    assert.equal(await outcome(chain, [pay()], ["alice"], reference), undefined, `block ${i + 1}`);
    const wrong = { ...reference, refBlockPrefix: (reference.refBlockPrefix ^ 1) >>> 0 };
    assert.equal(await outcome(chain, [pay()], ["alice"], wrong), "invalid_ref_block_exception");
  }
  const future = { refBlockNum: 500, refBlockPrefix: 0 };
  assert.equal(await outcome(chain, [pay()], ["alice"], future), "invalid_ref_block_exception");
});

test("signatures must be exactly those that are needed", async () => {
  const chain = new SmallChain(FACTS);
  assert.equal(await outcome(chain, [pay()], []), "unsatisfied_authorization");
  assert.equal(await outcome(chain, [pay()], ["bob"]), "unsatisfied_authorization");
  assert.equal(await outcome(chain, [pay()], ["alice", "bob"]), "tx_irrelevant_sig");
  assert.equal(await outcome(chain, [pay("alice"), pay("bob")], ["bob", "alice"]), undefined);
  assert.equal(await outcome(chain, [pay("alice", "owner")], ["alice"]), undefined);
  assert.throws(
    () => chain.transaction([pay()], ["alice", "alice"]),
    (thrown) => thrown instanceof ChainFailure && thrown.name === "tx_duplicate_sig",
  );
});

test("a signature over anything else than this transaction on this chain is one by a stranger", () => {
  const chain = new SmallChain(FACTS);
  const elsewhere = new SmallChain({ ...FACTS, accounts: ["alice", "bob", "carol", "dave"] });
  const foreign = elsewhere.transaction([pay()], ["alice"]).packed;
  const signed = chain.transaction([pay()], ["alice"]);
  const changed = chain.transaction([pay()], []).packed;
  for (const packed of [{ ...changed, signatures: signed.packed.signatures }, foreign]) {
    const { keys } = openTransaction(chain.controller.chainId, packed);
    assert.ok(!keys.has(keyOf("alice").publicKey));
  }
});

test("a transaction without actions, without authorizations, delayed, or for nobody is refused", async () => {
  const chain = new SmallChain(FACTS);
  const bare = { ...pay(), authorization: [] };
  assert.equal(await outcome(chain, [], ["alice"]), "tx_no_action");
  assert.equal(await outcome(chain, [bare], []), "tx_no_auths");
  assert.equal(await outcome(chain, [pay()], ["alice"], { delaySec: 1 }), "transaction_exception");
  assert.equal(await outcome(chain, [{ ...pay(), account: "nobody" }], ["alice"]), "transaction_exception");
  const unknown = { ...pay(), authorization: [{ actor: "alice", permission: "sesame" }] };
  assert.equal(await outcome(chain, [unknown], ["alice"]), "transaction_exception");
  assert.equal(
    await outcome(chain, [{ ...pay(), data: Buffer.from("junk") }], ["alice"]),
    "eosio_assert_message_exception",
  );
});

test("a permission below what an action needs is refused until it is linked, then it is enough for that action alone", async () => {
  const chain = new SmallChain(FACTS);
  const native = (name: string, data: object): Action => ({
    account: "eosio",
    name,
    authorization: [{ actor: "alice", permission: "active" }],
    data: nativeSerializer.encodeAction(name, data as never),
  });
  const auth = { threshold: 1, keys: [{ key: keyOf("pay").publicKey, weight: 1 }], accounts: [], waits: [] };
  const make = native("updateauth", { account: "alice", permission: "pay", parent: "active", auth });
  assert.equal(await outcome(chain, [make], ["alice"]), undefined);
  assert.equal(await outcome(chain, [pay("alice", "pay")], ["pay"]), "irrelevant_auth_exception");
  const link = native("linkauth", { account: "alice", code: "eosio.token", type: "transfer", requirement: "pay" });
  assert.equal(await outcome(chain, [link], ["alice"]), undefined);
  assert.equal(await outcome(chain, [pay("alice", "pay")], ["pay"]), undefined);
  assert.equal(await outcome(chain, [pay("alice", "active")], ["alice"]), undefined, "what is above it still is");
  const close = { account: "eosio.token", name: "close", authorization: [{ actor: "alice", permission: "pay" }] };
  const data = tokenAction("close", "alice", { owner: "alice", symbol: "4,EOS" }).data;
  assert.equal(await outcome(chain, [{ ...close, data }], ["pay"]), "irrelevant_auth_exception");
});

const KEYS = ["k1", "k2", "k3", "k4"].map((name) => keyOf(name).publicKey);
const authorities = fc
  .tuple(fc.subarray(KEYS), fc.infiniteStream(fc.integer({ min: 1, max: 4 })), fc.integer({ min: 1, max: 10 }))
  .map(
    ([keys, weights, threshold]): Authority => ({
      threshold,
      keys: keys.map((key) => ({ key, weight: weights.next().value as number })),
      accounts: [],
      waits: [],
    }),
  );

test("keys satisfy an authority exactly when their weights reach its threshold, and no key is used in vain", () => {
  fc.assert(
    fc.property(authorities, fc.subarray(KEYS), (auth, given) => {
      const used = new Set<string>();
      const weight = (keys: Iterable<string>) => {
        const have = new Set(keys);
        return auth.keys.reduce((sum, entry) => (have.has(entry.key) ? sum + entry.weight : sum), 0);
      };
      const satisfied = satisfiesAuthority(new Tables(), auth, new Set(given), used);
      assert.equal(satisfied, weight(given) >= auth.threshold);
      if (!satisfied) assert.equal(used.size, 0);
      else assert.ok(weight(used) >= auth.threshold && [...used].every((key) => given.includes(key)));
    }),
    { numRuns: 500 },
  );
});

test("an authority is valid exactly when it is in order, without doubles, and can be reached", () => {
  fc.assert(
    fc.property(authorities, fc.boolean(), fc.boolean(), (auth, doubled, turned) => {
      const sorted = [...auth.keys].sort((a, b) => parsePublicKey(a.key).bytes.compare(parsePublicKey(b.key).bytes));
      const [first] = sorted;
      const keys = doubled && first !== undefined ? [first, ...sorted] : sorted;
      if (turned) keys.reverse();
      const total = keys.reduce((sum, { weight }) => sum + weight, 0);
      const orderly = !(doubled && first !== undefined) && !(turned && keys.length > 1);
      assert.equal(isValidAuthority({ ...auth, keys }), orderly && total >= auth.threshold);
    }),
  );
});

test("permissions that lead to each other in a circle are not satisfied by it, and cost no time", () => {
  const { tables } = new SmallChain(FACTS);
  const names = ["alice", "bob", "carol", "bpa", "eosio"];
  const to = (actor: string) => ({ permission: { actor, permission: "active" }, weight: 1 });
  const circle = { threshold: 1, keys: [], accounts: names.map(to), waits: [] };
  for (const name of names) setPermission(tables, name, "active", { parent: "owner", auth: circle });
  const started = performance.now();
  assert.equal(satisfiesAuthority(tables, circle, new Set(KEYS), new Set()), false);
  assert.ok(performance.now() - started < 2000);
});
