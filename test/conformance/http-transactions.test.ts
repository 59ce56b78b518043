/** Pushing transactions: what is accepted and how, and with which code each kind of mistake is refused. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import type { PackedTransactionJson } from "../../src/chain/http/transaction-endpoints.ts";
import type { Action, Transaction } from "../../src/chain/transaction.ts";
import { newAccount } from "../../src/testchain/network/boot-steps.ts";
import { makeKey } from "../../src/testchain/network/keys.ts";
import { makeTransaction, signTransaction } from "../../src/testchain/network/transact.ts";
import { foreignSetabi, harmless, native } from "./acts.ts";
import type { ErrorAnswer } from "./exchange.ts";
import { Rig, states, until } from "./rig.ts";

const SEND = "/v1/chain/send_transaction";
const SEND2 = "/v1/chain/send_transaction2";

let rig: Rig;

before(async () => {
  rig = await Rig.start({
    start: "bare",
    schedule: [],
    accounts: ["alice", "bob"],
    nodes: [
      {
        name: "solo",
        producers: ["eosio"],
        dials: [],
        startsChain: true,
        extra: { "transaction-finality-status-max-storage-size-gb": "1" },
      },
    ],
  });
  const keyed = (name: string) => newAccount(name, rig.network.key(name).publicKey);
  await rig.transactor("solo").send([keyed("alice"), keyed("bob")]);
});
after(() => rig?.stop());

/** Signed by `signers` (alice), with `change` made to the transaction before. */
async function packed(
  actions: Action[],
  change: Partial<Transaction> = {},
  signers: readonly string[] = [rig.network.key("alice").privateKey],
): Promise<PackedTransactionJson> {
  const info = await rig.info("solo");
  return signTransaction(info.chain_id, { ...makeTransaction(info, actions), ...change }, signers);
}

async function refused(transaction: PackedTransactionJson): Promise<ErrorAnswer & { status: number; detail: string }> {
  const answer = await rig.ask("solo", SEND, { body: transaction });
  const error = answer.json<ErrorAnswer>();
  assert.equal(error.code, answer.status);
  return { ...error, status: answer.status, detail: error.error.details[0]?.message ?? "" };
}

interface Sent {
  transaction_id: string;
  processed: {
    id: string;
    block_num: number;
    receipt: { status: string; cpu_usage_us: number; net_usage_words: number } | null;
    action_traces: { receiver: string; act: { account: string; name: string }; inline_traces?: unknown[] }[];
    except: { code: number; name: string } | null;
  };
}

/** The number of the block that holds a transaction, once there is one. */
function included(id: string, from: number): Promise<number> {
  let next = from;
  return until(`transaction ${id} in a block`, async () => {
    for (const { head_block_num: head } = await rig.info("solo"); next <= head; next++) {
      const answer = await rig.ask("solo", "/v1/chain/get_block", { body: { block_num_or_id: next } });
      if (answer.text.includes(id)) return next;
    }
    return undefined;
  });
}

states("A5.2", "a good transaction is answered 202 with its trace, and is in a block", async () => {
  const answer = await rig.ask("solo", SEND, { body: await packed([harmless("alice")]) });
  assert.equal(answer.status, 202);
  const { transaction_id: id, processed } = answer.json<Sent>();
  assert.match(id, /^[0-9a-f]{64}$/);
  assert.equal(processed.id, id);
  assert.equal(processed.receipt?.status, "executed");
  assert.equal(processed.except, null);
  assert.deepEqual(
    processed.action_traces.map(({ receiver, act }) => [receiver, act.account, act.name]),
    [["eosio", "eosio", "updateauth"]],
  );
  const num = await included(id, processed.block_num - 1);
  const block = (await rig.ask("solo", "/v1/chain/get_block", { body: { block_num_or_id: num } })).json<{
    transactions: {
      status: string;
      trx: { id: string; transaction: { actions: { name: string; data: unknown }[] } };
    }[];
  }>();
  const receipt = block.transactions.find(({ trx }) => trx.id === id);
  assert.equal(receipt?.status, "executed");
  assert.equal(receipt?.trx.transaction.actions[0]?.name, "updateauth");
});

states(
  "A5.3",
  "push_transaction and send_transaction2 take the same transaction, each in its own wrapping",
  async () => {
    const pushed = await rig.ask("solo", "/v1/chain/push_transaction", { body: await packed([harmless("alice")]) });
    assert.equal(pushed.status, 202);
    assert.ok(Array.isArray(pushed.json<Sent>().processed.action_traces[0]?.inline_traces), "push nests inline traces");
    const transaction = await packed([harmless("alice")]);
    const sent = await rig.ask("solo", SEND2, {
      body: { return_failure_trace: true, retry_trx: false, transaction },
    });
    assert.equal(sent.status, 202);
    assert.equal(sent.json<Sent>().processed.receipt?.status, "executed");
  },
);

states("A5.2", "an expired transaction is 500 with code 3040005", async () => {
  const error = await refused(await packed([harmless("alice")], { expiration: Math.floor(Date.UTC(2020, 0) / 1000) }));
  assert.deepEqual([error.status, error.error.code, error.error.name], [500, 3040005, "expired_tx_exception"]);
  assert.match(error.detail, /^expired transaction [0-9a-f]{64}, expiration 2020-01-01T00:00:00/);
});

states("A5.2", "one that expires more than an hour ahead is 500 with code 3040006", async () => {
  const error = await refused(await packed([harmless("alice")], { expiration: Math.floor(Date.now() / 1000) + 4000 }));
  assert.deepEqual([error.status, error.error.code], [500, 3040006]);
});

states("A5.2", "one that refers to a block that is not ours is 500 with code 3040007", async () => {
  const error = await refused(await packed([harmless("alice")], { refBlockPrefix: 0x1234_5678 }));
  assert.deepEqual([error.status, error.error.code, error.error.name], [500, 3040007, "invalid_ref_block_exception"]);
  assert.match(error.detail, /reference block \d+ did not match/);
});

states("A5.2", "one that is in a block already is 409 with code 3040008", async () => {
  const transaction = await packed([harmless("alice")]);
  const first = await rig.ask("solo", SEND, { body: transaction });
  assert.equal(first.status, 202);
  const { transaction_id: id, processed } = first.json<Sent>();
  await included(id, processed.block_num - 1);
  const error = await refused(transaction);
  assert.deepEqual([error.status, error.message, error.error.code], [409, "Conflict", 3040008]);
  assert.equal(error.detail, `duplicate transaction ${id}`);
});

states("A5.2", "one signed with another key, or not at all, fails with code 3090003", async () => {
  // nodeos's status for it depends on where the check is made: error.code decides
  for (const signers of [[makeKey().privateKey], []]) {
    const error = await refused(await packed([harmless("alice")], {}, signers));
    assert.ok([401, 500].includes(error.status));
    assert.deepEqual([error.error.code, error.error.name], [3090003, "unsatisfied_authorization"]);
    assert.match(error.detail, /declares authority .*alice.* but does not have signatures for it/);
  }
});

states("A5.2", "one with a signature too many fails with code 3090002", async () => {
  const keys = [rig.network.key("alice").privateKey, makeKey().privateKey];
  assert.equal((await refused(await packed([harmless("alice")], {}, keys))).error.code, 3090002);
});

states("A5.2", "an action on an account that did not authorise it fails with code 3090004", async () => {
  const error = await refused(await packed([foreignSetabi("bob", "alice")]));
  assert.deepEqual([error.status, error.error.code, error.error.name], [500, 3090004, "missing_auth_exception"]);
  assert.equal(error.detail, "missing authority of bob");
});

states("A5.2", "an actor and a code account that do not exist fail with code 3040000", async () => {
  const key = rig.network.key("alice").privateKey;
  const actor = await refused(await packed([harmless("alice", "nobodyhere")], {}, [key]));
  assert.equal(actor.error.code, 3040000);
  assert.match(actor.detail, /actor 'nobodyhere' does not exist/);
  const code = await refused(await packed([{ ...harmless("alice"), account: "nobodyhere" }]));
  assert.equal(code.error.code, 3040000);
  assert.match(code.detail, /code account 'nobodyhere' does not exist/);
});

states("A5.2", "an account name that is taken is refused with code 3050001", async () => {
  const action = newAccount("bob", rig.network.key("alice").publicKey);
  const error = await refused(await packed([action], {}, [rig.network.key("eosio").privateKey]));
  assert.equal(error.error.code, 3050001);
});

states("A5.2", "with return_failure_trace a failure is 202, and its exception in the trace", async () => {
  const transaction = await packed([foreignSetabi("bob", "alice")]);
  const body = { return_failure_trace: true, retry_trx: false, transaction };
  const traced = await rig.ask("solo", SEND2, { body });
  assert.equal(traced.status, 202);
  const { processed } = traced.json<Sent>();
  assert.equal(processed.receipt, null);
  assert.equal(processed.except?.code, 3090004);
  const plain = await rig.ask("solo", SEND2, { body: { ...body, return_failure_trace: false } });
  assert.equal(plain.status, 500);
  assert.equal(plain.json<ErrorAnswer>().error.code, 3090004);
});

states("A5.3", "compute_transaction runs a transaction and keeps nothing of it", async () => {
  const key = makeKey().publicKey;
  const transaction = await packed([newAccount("carol", key)], {}, [rig.network.key("eosio").privateKey]);
  const answer = await rig.ask("solo", "/v1/chain/compute_transaction", { body: { transaction } });
  assert.equal(answer.status, 200);
  assert.equal(answer.json<Sent>().processed.receipt?.status, "executed");
  const account = await rig.ask("solo", "/v1/chain/get_account", { body: { account_name: "carol" } });
  assert.equal(account.json<ErrorAnswer>().error.code, 3060002);
});

states("A5.3", "get_required_keys picks the keys that a transaction needs", async () => {
  const alice = rig.network.key("alice").publicKey;
  const answer = await rig.ask("solo", "/v1/chain/get_required_keys", {
    body: {
      transaction: {
        expiration: "2030-01-01T00:00:00",
        ref_block_num: 0,
        ref_block_prefix: 0,
        max_net_usage_words: 0,
        max_cpu_usage_ms: 0,
        delay_sec: 0,
        context_free_actions: [],
        actions: [
          {
            account: "eosio",
            name: "setabi",
            authorization: [{ actor: "alice", permission: "active" }],
            data: native("setabi", { account: "alice", abi: "" }, "alice").data.toString("hex"),
          },
        ],
        transaction_extensions: [],
      },
      available_keys: [makeKey().publicKey, alice],
    },
  });
  assert.equal(answer.status, 200);
  const { required_keys: keys } = answer.json<{ required_keys: string[] }>();
  assert.equal(keys.length, 1);
  assert.match(keys[0] ?? "", /^EOS/);
});

states(
  "A5.3",
  "get_transaction_status follows a transaction until it is irreversible, and does not know others",
  async () => {
    const answer = await rig.ask("solo", SEND, { body: await packed([harmless("alice")]) });
    const { transaction_id: id } = answer.json<Sent>();
    interface Status {
      state: string;
      block_number?: number;
      head_number: number;
      irreversible_number: number;
    }
    const status = async (of: string) =>
      (await rig.ask("solo", "/v1/chain/get_transaction_status", { body: { id: of } })).json<Status>();
    const seen = new Set<string>();
    const last = await until("IRREVERSIBLE", async () => {
      const now = await status(id);
      seen.add(now.state);
      return now.state === "IRREVERSIBLE" && now;
    });
    assert.ok((last.block_number ?? Number.POSITIVE_INFINITY) <= last.irreversible_number);
    for (const state of seen) assert.ok(["LOCALLY_APPLIED", "IN_BLOCK", "IRREVERSIBLE"].includes(state), state);
    assert.equal((await status("f".repeat(64))).state, "UNKNOWN");
  },
);

states("A5.2", "a packed transaction that is none is refused without harm", async () => {
  const answer = await rig.ask("solo", SEND, {
    body: { signatures: [], compression: 0, packed_context_free_data: "", packed_trx: "00" },
  });
  assert.ok(answer.status >= 400 && answer.status <= 500, `${answer.status} ${answer.text}`);
  assert.ok(answer.json<ErrorAnswer>().error.code > 0);
  const { head_block_num: head } = await rig.info("solo");
  await until("the chain to go on", async () => (await rig.info("solo")).head_block_num > head);
});
