/** The chain API: what a node says about its head, blocks, schedule and accounts, and how it refuses. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before } from "node:test";
import * as v from "valibot";
import { blockId, blockNumOf, refBlockPrefix } from "../../src/chain/block/header.ts";
import { chainIdOf, type Genesis } from "../../src/chain/genesis.ts";
import { getSupportedProtocolFeatures } from "../../src/chain/http/endpoints.ts";
import { blockHeader } from "../../src/chain/http/header-answer.ts";
import { parseBlockTime } from "../../src/chain/time.ts";
import { newAccount } from "../../src/testchain/network/boot-steps.ts";
import { PROTOCOL_FEATURES } from "../../src/testchain/node/chain/protocol-features.ts";
import type { ErrorAnswer } from "./exchange.ts";
import { Rig, states, until } from "./rig.ts";

let rig: Rig;

before(async () => {
  rig = await Rig.start({
    start: "bare",
    schedule: [],
    accounts: ["alice"],
    nodes: [{ name: "solo", producers: ["eosio"], dials: [], startsChain: true }],
  });
  await rig.transactor("solo").send([newAccount("alice", rig.network.key("alice").publicKey)]);
  await until("a few blocks", async () => (await rig.info("solo")).last_irreversible_block_num >= 6);
});
after(() => rig?.stop());

/** Of what nodeos prints of a block: what is looked at here. */
interface BlockJson {
  timestamp: string;
  producer: string;
  previous: string;
  producer_signature: string;
}

interface SigningAuthorityJson {
  threshold: number;
  keys: { key: string; weight: number }[];
}

async function refusal(path: string, body: unknown): Promise<ErrorAnswer & { status: number }> {
  const answer = await rig.ask("solo", path, { body });
  const error = answer.json<ErrorAnswer>();
  assert.equal(error.code, answer.status, "the body repeats the status");
  return { ...error, status: answer.status };
}

const detail = (error: ErrorAnswer): string => error.error.details[0]?.message ?? "";

states("A4.1", "get_info has every field, in nodeos's forms, and answers GET and POST alike", async () => {
  const [posted, got] = await Promise.all([
    rig.ask("solo", "/v1/chain/get_info"),
    rig.ask("solo", "/v1/chain/get_info", { method: "GET" }),
  ]);
  assert.equal(posted.status, 200);
  assert.equal(got.status, 200);
  assert.match(String(posted.headers["content-type"]), /^application\/json/);
  const info = posted.json<Record<string, unknown>>();
  assert.deepEqual(Object.keys(info), Object.keys(got.json<object>()));
  const hash = /^[0-9a-f]{64}$/;
  assert.match(String(info.server_version), /^[0-9a-f]{8}$/);
  for (const name of ["chain_id", "head_block_id", "last_irreversible_block_id"])
    assert.match(String(info[name]), hash, name);
  for (const name of ["head_block_num", "last_irreversible_block_num"]) assert.ok(Number.isInteger(info[name]), name);
  assert.match(String(info.head_block_time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.(000|500)$/);
  assert.equal(info.head_block_producer, "eosio");
  for (const name of ["virtual_block_cpu_limit", "virtual_block_net_limit", "block_cpu_limit", "block_net_limit"]) {
    assert.ok(Number(info[name]) > 0, name);
  }
  assert.match(String(info.server_version_string), /^v\d+\.\d+\.\d+/);
  assert.equal(blockNumOf(String(info.head_block_id)), info.head_block_num, "an id begins with the number");
  assert.equal(blockNumOf(String(info.last_irreversible_block_id)), info.last_irreversible_block_num);
});

states(
  "A4.1",
  "get_info tells the best known head, the first block on disk and when the last irreversible one was",
  async () => {
    const { head_block_num: head, ...info } = await rig.info("solo");
    assert.ok((info.fork_db_head_block_num ?? 0) >= head);
    assert.match(info.fork_db_head_block_id ?? "", /^[0-9a-f]{64}$/);
    assert.equal(info.earliest_available_block_num, 1);
    assert.ok((info.last_irreversible_block_time ?? Number.POSITIVE_INFINITY) < info.head_block_time);
  },
);

states("A5.3", "the chain id is sha256 of the genesis state as we serialise it", async () => {
  const genesis = JSON.parse(readFileSync(join(rig.network.dir, "genesis.json"), "utf8")) as Genesis;
  assert.equal((await rig.info("solo")).chain_id, chainIdOf(genesis));
});

states(
  "A3",
  "a chain that one producer makes has its last but one block irreversible under legacy consensus",
  async () => {
    const gaps: number[] = [];
    for (let i = 0; i < 8; i++) {
      const { head_block_num: head, last_irreversible_block_num: lib } = await rig.info("solo");
      gaps.push(head - lib);
      await until("the next block", async () => (await rig.info("solo")).head_block_num > head);
    }
    // for a moment the new head is told and not yet what it makes irreversible
    assert.equal(Math.min(...gaps), 1, gaps.join());
    assert.ok(gaps.filter((gap) => gap === 1).length >= 6 && Math.max(...gaps) <= 2, gaps.join());
  },
);

states("A5.3", "a block is the same by number and by id, in each form, and hashes to its id", async () => {
  const { last_irreversible_block_num: num, last_irreversible_block_id: id } = await rig.info("solo");
  const byNum = await rig.ask("solo", "/v1/chain/get_block", { body: { block_num_or_id: num } });
  const byId = await rig.ask("solo", "/v1/chain/get_block", { body: { block_num_or_id: id } });
  const byText = await rig.ask("solo", "/v1/chain/get_block", { body: { block_num_or_id: String(num) } });
  assert.equal(byNum.status, 200);
  assert.equal(byNum.text, byId.text);
  assert.equal(byNum.text, byText.text);
  const block = byNum.json<BlockJson & { id: string; block_num: number; ref_block_prefix: number; transactions: [] }>();
  assert.equal(block.id, id);
  assert.equal(block.block_num, num);
  assert.equal(block.ref_block_prefix, refBlockPrefix(id));
  assert.deepEqual(block.transactions, []);

  const raw = (await rig.ask("solo", "/v1/chain/get_raw_block", { body: { block_num_or_id: num } })).json<BlockJson>();
  assert.equal(blockId(v.parse(blockHeader, raw)), id, "the header of get_raw_block hashes to the id");

  const header = (
    await rig.ask("solo", "/v1/chain/get_block_header", { body: { block_num_or_id: num, include_extensions: true } })
  ).json<{ id: string; signed_block_header: BlockJson; block_extensions?: unknown }>();
  assert.equal(header.id, id);
  assert.equal(blockId(v.parse(blockHeader, header.signed_block_header)), id);
  assert.ok(Array.isArray(header.block_extensions));

  const info = (await rig.ask("solo", "/v1/chain/get_block_info", { body: { block_num: num } })).json<
    BlockJson & { id: string; block_num: number; ref_block_num: number; ref_block_prefix: number }
  >();
  assert.equal(info.id, id);
  assert.equal(info.ref_block_num, num & 0xffff);
  assert.equal(info.ref_block_prefix, refBlockPrefix(id));
  assert.equal(info.producer_signature, block.producer_signature);
});

states("A5.3", "get_block_header_state tells number, id and header of a recent block", async () => {
  const state = await until("a header state", async () => {
    const { head_block_num: num } = await rig.info("solo");
    const answer = await rig.ask("solo", "/v1/chain/get_block_header_state", { body: { block_num_or_id: num } });
    return answer.status === 200 && answer.json<{ block_num: number; id: string; header: BlockJson }>();
  });
  assert.equal(blockNumOf(state.id), state.block_num);
  assert.equal(state.header.producer, "eosio");
  assert.equal(blockId(v.parse(blockHeader, state.header)), state.id);
});

states("A4", "blocks follow each other by half seconds, each naming the one before", async () => {
  const { last_irreversible_block_num: last } = await rig.info("solo");
  let parent: (BlockJson & { id: string }) | undefined;
  for (let num = last - 3; num <= last; num++) {
    const answer = await rig.ask("solo", "/v1/chain/get_block", { body: { block_num_or_id: num } });
    const block = answer.json<BlockJson & { id: string }>();
    if (parent !== undefined) {
      assert.equal(block.previous, parent.id);
      assert.ok(parseBlockTime(block.timestamp) > parseBlockTime(parent.timestamp));
    }
    parent = block;
  }
});

states("A4.1", "get_producer_schedule has an empty pending schedule under legacy consensus", async () => {
  const answer = await rig.ask("solo", "/v1/chain/get_producer_schedule");
  assert.equal(answer.status, 200);
  const { active, pending, proposed } = answer.json<{
    active: { version: number; producers: { producer_name: string; authority: [number, SigningAuthorityJson] }[] };
    pending: unknown;
    proposed: unknown;
  }>();
  assert.equal(active.version, 0);
  assert.deepEqual(
    active.producers.map(({ producer_name }) => producer_name),
    ["eosio"],
  );
  const [eosio] = active.producers;
  assert.ok(eosio);
  const [kind, authority] = eosio.authority;
  assert.equal(kind, 0);
  assert.equal(authority.threshold, 1);
  assert.match(authority.keys[0]?.key ?? "", /^EOS/);
  assert.deepEqual(pending, { version: 0, producers: [] });
  assert.equal(proposed, null);
});

states("A5.3", "get_producers lists the schedule where there is no system contract", async () => {
  const answer = await rig.ask("solo", "/v1/chain/get_producers", { body: { json: true, limit: 10 } });
  assert.equal(answer.status, 200);
  const { rows, more } = answer.json<{ rows: { owner: string; total_votes: string }[]; more: string }>();
  assert.deepEqual(
    rows.map(({ owner }) => owner),
    ["eosio"],
  );
  assert.equal(Number(rows[0]?.total_votes), 0);
  assert.equal(more, "");
});

states("A4.1", "get_finalizer_info knows no policy under legacy consensus", async () => {
  const answer = await rig.ask("solo", "/v1/chain/get_finalizer_info");
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json(), {
    active_finalizer_policy: null,
    pending_finalizer_policy: null,
    last_tracked_votes: [],
  });
});

states("A5.3", "get_account shows keys, permissions and unlimited resources as nodeos prints them", async () => {
  const answer = await rig.ask("solo", "/v1/chain/get_account", { body: { account_name: "alice" } });
  assert.equal(answer.status, 200);
  const account = answer.json<Record<string, unknown> & { permissions: { perm_name: string; parent: string }[] }>();
  assert.equal(account.account_name, "alice");
  assert.equal(account.privileged, false);
  assert.match(String(account.created), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.(000|500)$/);
  assert.equal(account.last_code_update, "1970-01-01T00:00:00.000");
  for (const name of ["ram_quota", "net_weight", "cpu_weight"]) assert.equal(Number(account[name]), -1, name);
  assert.deepEqual(
    account.permissions.map(({ perm_name, parent }) => [perm_name, parent]),
    [
      ["active", "owner"],
      ["owner", ""],
    ],
  );
});

states("A5.3", "an account without code has a code hash of zeros and no ABI", async () => {
  const code = await rig.ask("solo", "/v1/chain/get_code_hash", { body: { account_name: "alice" } });
  assert.deepEqual(code.json(), { account_name: "alice", code_hash: "0".repeat(64) });
  const abi = await rig.ask("solo", "/v1/chain/get_abi", { body: { account_name: "alice" } });
  assert.deepEqual(abi.json(), { account_name: "alice" });
});

states("A1.1", "protocol features have the digests that our book has, and none is active on a new chain", async () => {
  const supported = await rig.client("solo").call(getSupportedProtocolFeatures, {});
  const digests = new Map(
    supported.map(({ specification, feature_digest }) => [specification[0]?.value ?? "", feature_digest]),
  );
  for (const { codename, digest } of PROTOCOL_FEATURES) {
    if (digests.has(codename)) assert.equal(digests.get(codename), digest, codename);
  }
  assert.ok(digests.has("PREACTIVATE_FEATURE") && digests.has("SAVANNA"));
  const active = await rig.ask("solo", "/v1/chain/get_activated_protocol_features", { body: {} });
  assert.deepEqual(active.json<{ activated_protocol_features: [] }>().activated_protocol_features, []);
});

states("A5.2", "an unknown block is 400 with code 3100002", async () => {
  const error = await refusal("/v1/chain/get_block", { block_num_or_id: 99_999_999 });
  assert.deepEqual([error.status, error.message, error.error.code], [400, "Unknown Block", 3100002]);
  assert.equal(error.error.name, "unknown_block_exception");
  assert.match(detail(error), /Could not find block: 99999999/);
});

states("A5.2", "a block id that is none is 500 with code 3010008", async () => {
  const error = await refusal("/v1/chain/get_block", { block_num_or_id: "zz" });
  assert.deepEqual([error.status, error.message, error.error.code], [500, "Internal Service Error", 3010008]);
});

states("A5.2", "an unknown account is 400 with code 3060002, a name that is none with 3200006", async () => {
  const unknown = await refusal("/v1/chain/get_account", { account_name: "nobodyhere" });
  assert.deepEqual([unknown.status, unknown.message, unknown.error.code], [400, "Account lookup", 3060002]);
  const bad = await refusal("/v1/chain/get_account", { account_name: "NOT A NAME" });
  assert.deepEqual([bad.status, bad.message, bad.error.code], [400, "Invalid Request", 3200006]);
});

states("A5.2", "a missing body, a broken one and one that is not wanted are 400 with code 3200006", async () => {
  for (const none of ["", "{ }"]) {
    const missing = await refusal("/v1/chain/get_block", none);
    assert.deepEqual([missing.status, missing.error.code], [400, 3200006]);
    assert.equal(detail(missing), "A Request body is required");
  }
  const broken = await refusal("/v1/chain/get_block", '{"block_num_or_id": 1');
  assert.deepEqual([broken.status, broken.error.code], [400, 3200006]);
  const unwanted = await refusal("/v1/chain/get_info", { anything: 1 });
  assert.deepEqual([unwanted.status, unwanted.error.code], [400, 3200006]);
  const empty = await rig.ask("solo", "/v1/chain/get_info", { body: {} });
  assert.equal(empty.status, 200, "an empty object counts as no body");
});

states(
  "A5.2",
  "an unknown path is 404 with code 0 and Unknown Endpoint; a query string makes a path unknown",
  async () => {
    const error = await refusal("/v1/chain/no_such_thing", {});
    assert.deepEqual(
      [error.status, error.message, error.error.code, error.error.name],
      [404, "Not Found", 0, "exception"],
    );
    assert.equal(detail(error), "Unknown Endpoint");
    assert.equal((await rig.ask("solo", "/v1/chain/get_info?x=1")).status, 404);
  },
);

states(
  "A5.2",
  "a table that the account's ABI does not have is 500 with code 3060003, of no account 400 with 3060002",
  async () => {
    const query = { json: true, scope: "alice", table: "nosuch" };
    const table = await refusal("/v1/chain/get_table_rows", { ...query, code: "alice" });
    assert.deepEqual(
      [table.status, table.error.code, detail(table)],
      [500, 3060003, "Table nosuch is not specified in the ABI"],
    );
    const account = await refusal("/v1/chain/get_table_rows", { ...query, code: "nobodyhere" });
    assert.deepEqual([account.status, account.error.code], [400, 3060002]);
  },
);
