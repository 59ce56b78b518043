/** The token's tables under random actions on a real chain, against a plain model of who owns what. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SmallChain, tokenAction } from "../../../../test/testchain/small-chain.ts";
import { AbiSerializer } from "../../../chain/abi/serializer.ts";
import { formatAsset, parseAsset, symbolCodeToU64 } from "../../../chain/asset.ts";
import { tokenContract } from "../contracts/token.ts";
import { getRow, scanRows } from "./rows.ts";

const ACCOUNTS = ["alice", "bob", "carol"] as const;
const FACTS = {
  producers: ["bpa"],
  finalizers: ["bpa"],
  accounts: ACCOUNTS,
  balances: { alice: "100.0000 EOS", bob: "50.0000 EOS", carol: "0.0001 EOS" },
};
const serializer = new AbiSerializer(tokenContract.abi);
const CODE = symbolCodeToU64("EOS");
const { symbol } = parseAsset("0.0000 EOS");
const text = (amount: bigint) => formatAsset({ amount, symbol });

function balances(chain: SmallChain): Map<string, bigint> {
  const found = new Map<string, bigint>();
  for (const owner of ["eosio", ...ACCOUNTS]) {
    const [row] = scanRows(chain.tables, "eosio.token", owner, "accounts");
    if (row === undefined) continue;
    found.set(owner, parseAsset((serializer.decode("account", row.data) as { balance: string }).balance).amount);
  }
  return found;
}

function supply(chain: SmallChain): bigint {
  const row = getRow(chain.tables, "eosio.token", CODE, "stat", CODE);
  assert.ok(row !== undefined);
  return parseAsset((serializer.decode("currency_stats", row.data) as { supply: string }).supply).amount;
}

const act = fc.record({
  kind: fc.constantFrom("transfer", "issue", "retire", "open", "close"),
  from: fc.constantFrom("eosio", ...ACCOUNTS),
  to: fc.constantFrom("eosio", ...ACCOUNTS, "nobody"),
  amount: fc.bigInt({ min: -10_000n, max: 2_000_000n }),
  /** Signed by alice instead of whom it takes from. */
  stranger: fc.boolean(),
});

test("under any actions the balances add up to the supply, none is negative, and only what is allowed changes anything", async () => {
  const property = fc.asyncProperty(fc.array(fc.array(act, { maxLength: 5 }), { maxLength: 8 }), async (blocks) => {
    const chain = new SmallChain(FACTS);
    const owned = new Map<string, bigint>(balances(chain));
    let issued = supply(chain);
    let unique = 0;
    for (const acts of blocks) {
      const expected: boolean[] = [];
      const fill = acts.map(({ kind, from, to, amount, stranger }) => {
        const actor = stranger && from !== "alice" ? "alice" : from;
        const memo = String(++unique);
        const quantity = text(amount);
        const data = {
          transfer: { from, to, quantity, memo },
          issue: { to: from, quantity, memo },
          retire: { quantity, memo },
          open: { owner: from, symbol: "4,EOS", ram_payer: from },
          close: { owner: from, symbol: "4,EOS" },
        }[kind] as never;
        const has = owned.get(from) ?? 0n;
        let good = amount > 0n;
        if (kind === "transfer") {
          good &&= actor === from && from !== to && to !== "nobody" && amount <= has;
          if (good) {
            owned.set(from, has - amount);
            owned.set(to, (owned.get(to) ?? 0n) + amount);
          }
        } else if (kind === "issue") {
          good &&= from === "eosio" && actor === "eosio";
          if (good) {
            issued += amount;
            owned.set(from, has + amount);
          }
        } else if (kind === "retire") {
          good &&= actor === "eosio" && amount <= (owned.get("eosio") ?? 0n);
          if (good) {
            issued -= amount;
            owned.set("eosio", (owned.get("eosio") ?? 0n) - amount);
          }
        } else if (kind === "open") {
          good = actor === from;
          if (good && !owned.has(from)) owned.set(from, 0n);
        } else {
          good = actor === from && owned.get(from) === 0n;
          if (good) owned.delete(from);
        }
        expected.push(good);
        // two may be the very same action: this makes them two transactions
        return chain.transaction([tokenAction(kind, actor, data)], [actor], { maxNetUsageWords: 1000 + unique });
      });
      const { traces } = await chain.produce({ fill });
      assert.deepEqual(
        traces.map(({ except }) => except === undefined),
        expected,
        traces.map(({ except }) => except?.message ?? "done").join("; "),
      );
      assert.deepEqual(balances(chain), sorted(owned));
      assert.equal(supply(chain), issued);
      assert.equal(
        [...owned.values()].reduce((sum, amount) => sum + amount, 0n),
        supply(chain),
      );
    }
  });
  await fc.assert(property, { numRuns: 60 });
});

/** In the order in which balances are looked up. */
function sorted(owned: ReadonlyMap<string, bigint>): Map<string, bigint> {
  return new Map(
    ["eosio", ...ACCOUNTS].flatMap((name) => (owned.has(name) ? [[name, owned.get(name) as bigint]] : [])),
  );
}

test("nothing can be issued beyond the maximum, and the refusal changes nothing", async () => {
  const chain = new SmallChain(FACTS);
  const before = supply(chain);
  const maximum = before * 1000n;
  const issue = (amount: bigint) =>
    chain.transaction([tokenAction("issue", "eosio", { to: "eosio", quantity: text(amount), memo: "" })], ["eosio"]);
  const refused = await chain.produce({ fill: [issue(maximum - before + 1n)] });
  assert.match(refused.traces[0]?.except?.message ?? "", /quantity exceeds available supply/);
  assert.equal(supply(chain), before);
  const taken = await chain.produce({ fill: [issue(maximum - before)] });
  assert.equal(taken.traces[0]?.except, undefined);
  assert.equal(supply(chain), maximum);
});

test("a transaction that fails in its second action leaves nothing of the first", async () => {
  const chain = new SmallChain(FACTS);
  const before = balances(chain);
  const transfer = (from: string, to: string, quantity: string) =>
    tokenAction("transfer", from, { from, to, quantity, memo: "" });
  const both = [transfer("alice", "bob", "1.0000 EOS"), transfer("carol", "bob", "1.0000 EOS")];
  const { traces } = await chain.produce({ fill: [chain.transaction(both, ["alice", "carol"])] });
  assert.match(traces[0]?.except?.message ?? "", /overdrawn balance/);
  assert.deepEqual(balances(chain), before);
});
