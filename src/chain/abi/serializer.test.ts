import assert from "node:assert/strict";
import { test } from "node:test";
import { ABI, Serializer } from "@wharfkit/antelope";
import fc from "fast-check";
import { answer, exchange, p2pBlocks, recordedBytes, recordedJson, shipMessages } from "../../../test/recordings.ts";
import { decodeBlock } from "../block/block.ts";
import { sha256 } from "../hash.ts";
import { type Action, decodeTransaction, unpackTransaction } from "../transaction.ts";
import type { Json } from "./builtin.ts";
import { makeAbi, parseAbi } from "./definition.ts";
import { AbiSerializer, decodeAbi, encodeAbi } from "./serializer.ts";

const TOKEN = parseAbi(recordedJson("chain/eosio.token.abi.json"));
const token = new AbiSerializer(TOKEN);

interface Traced {
  processed: { action_traces: { act: { account: string; name: string; data: Json; hex_data: string } }[] };
}

test("the arguments of recorded actions are those that the real node printed, both ways", () => {
  for (const name of ["push_transaction", "send_transaction", "send_transaction2", "compute_transaction"]) {
    const [trace] = (answer(name) as Traced).processed.action_traces;
    assert.ok(trace);
    const { name: action, data, hex_data: hex } = trace.act;
    assert.deepEqual(token.decode(token.actionType(action), Buffer.from(hex, "hex")), data);
    assert.equal(token.encodeAction(action, data).toString("hex"), hex);
  }
});

test("a row that the real node printed has the bytes that it recorded, and bytes that it printed are a row", () => {
  const [printed] = (answer("get_table_rows") as { rows: Json[] }).rows;
  const [hex] = (answer("get_table_rows.binary") as { rows: string[] }).rows;
  const { table } = JSON.parse(exchange("get_table_rows").request.body) as { table: string };
  const type = token.tableType(table);
  assert.ok(type && printed && hex);
  assert.ok(recordedBytes("ship/stream.bin").includes(token.encode(type, printed)));
  assert.deepEqual(token.decode(type, token.encode(type, printed)), printed);
  const row = token.decode(type, Buffer.from(hex, "hex"));
  assert.deepEqual(row, { balance: "4200.0000 EOS" });
  assert.equal(token.encode(type, row).toString("hex"), hex);
  assert.equal(token.tableType("nothing"), undefined);
});

test("the ABI that the real node stores, prints and hashes is one and the same to us", () => {
  const raw = answer("get_raw_abi") as { abi: string; abi_hash: string };
  const bytes = Buffer.from(raw.abi, "base64");
  assert.equal(sha256(bytes).toString("hex"), raw.abi_hash);
  const stored = decodeAbi(bytes);
  assert.deepEqual(stored, parseAbi((answer("get_abi") as { abi: unknown }).abi));
  // a node that stored no action results ends here; ours always writes them
  assert.deepEqual(encodeAbi(stored).subarray(0, bytes.length), bytes);
  assert.deepEqual(decodeAbi(encodeAbi(stored)), stored);
});

function recordedActions(): Action[] {
  return p2pBlocks().flatMap((bytes) =>
    decodeBlock(bytes).receipts.flatMap(({ transaction }) =>
      "id" in transaction ? [] : decodeTransaction(unpackTransaction(transaction)).actions,
    ),
  );
}

test("the ABIs that the recorded chain was given are the files they were made from", () => {
  const setabi = new AbiSerializer(makeAbi({ structs: { setabi: "account:name abi:bytes" }, actions: ["setabi"] }));
  const given = recordedActions()
    .filter(({ account, name }) => account === "eosio" && name === "setabi")
    .map(({ data }) => setabi.decode("setabi", data) as { account: string; abi: string })
    .map(({ account, abi }) => [account, decodeAbi(Buffer.from(abi, "hex"))]);
  const bios = parseAbi(recordedJson("chain/eosio.bios.abi.json"));
  // the first was a contract that only activates protocol features
  assert.deepEqual(given.slice(1), [
    ["eosio", bios],
    ["eosio.token", TOKEN],
  ]);
});

test("a recorded state-history session reads by the ABI that it begins with, and is written again as it was", () => {
  const [first, ...messages] = shipMessages();
  const ship = new AbiSerializer(parseAbi(JSON.parse(String(first?.payload))));
  const blocks = new Map(p2pBlocks().map((bytes) => [sha256(bytes).toString("hex"), bytes]));
  let [seen, traces] = [0, 0];
  for (const { from, payload } of messages) {
    const type = from === "client" ? "request" : "result";
    const message = ship.decode(type, payload) as [string, { block?: string | null; traces?: string | null }];
    assert.deepEqual(ship.encode(type, message), payload);
    const block = message[1].block ?? "";
    if (blocks.has(sha256(Buffer.from(block, "hex")).toString("hex"))) seen++;
    const packed = Buffer.from(message[1].traces ?? "", "hex");
    if (packed.length === 0) continue;
    traces += (ship.decode("transaction_trace[]", packed) as Json[]).length;
    assert.deepEqual(ship.encode("transaction_trace[]", ship.decode("transaction_trace[]", packed)), packed);
  }
  // blocks 2 to 185 are the same that passed over p2p
  assert.equal(seen, 184);
  assert.ok(traces > 184);
});

const RICH = makeAbi({
  types: { account: "name", accounts: "account[]", choice: "either" },
  structs: {
    base: "id:uint64 owner:account",
    middle: "note:string?",
    row: "many:accounts one:choice maybe:base? list:base[] none:uint8[]",
    extended: "first:uint8 second:string$ third:uint16[]$",
  },
  variants: { either: ["uint32", "base", "string[]"] },
});
const rich = new AbiSerializer({
  ...RICH,
  structs: RICH.structs.map((struct) =>
    struct.name === "middle"
      ? { ...struct, base: "base" }
      : struct.name === "row"
        ? { ...struct, base: "middle" }
        : struct,
  ),
});

test("bases, aliases, optionals, lists and variants are written as another implementation writes them", () => {
  const plain = { noNullPrototype: true };
  const base = fc.record({ id: fc.nat(), owner: fc.constantFrom("alice", "bob", "") }, plain);
  const row = fc.record(
    {
      id: fc.nat(),
      owner: fc.constantFrom("alice", "bob"),
      note: fc.option(fc.string()),
      many: fc.array(fc.constantFrom("alice", "bob", "a.b")),
      one: fc.oneof(
        fc.tuple(fc.constant("uint32"), fc.nat()),
        fc.tuple(fc.constant("base"), base),
        fc.tuple(fc.constant("string[]"), fc.array(fc.string())),
      ),
      maybe: fc.option(base),
      list: fc.array(base),
      none: fc.constant([]),
    },
    plain,
  );
  const theirs = ABI.from(rich.abi as never);
  fc.assert(
    fc.property(row, (value) => {
      const bytes = rich.encode("row", value as unknown as Json);
      assert.equal(bytes.toString("hex"), Serializer.encode({ object: value, type: "row", abi: theirs }).hexString);
      assert.deepEqual(rich.decode("row", bytes), value);
      // fields that are optional may be left out
      const { note, maybe, ...sparse } = value;
      if (note === null && maybe === null) assert.deepEqual(rich.encode("row", sparse as unknown as Json), bytes);
    }),
  );
});

test("fields that a contract added later may be absent at the end, in order", () => {
  assert.deepEqual(rich.encode("extended", { first: 1 }), Buffer.from([1]));
  assert.deepEqual(rich.decode("extended", Buffer.from([1])), { first: 1 });
  const whole = { first: 1, second: "b", third: [3] };
  assert.deepEqual(rich.decode("extended", rich.encode("extended", whole)), whole);
  assert.deepEqual(rich.decode("extended", Buffer.from([1, 1, 98])), { first: 1, second: "b" });
  assert.throws(() => rich.encode("extended", { first: 1, third: [3] }), {
    code: "ABI_BAD_VALUE",
    message: /`third` but not `second`/,
  });
});

const REFUSED: [what: string, type: string, value: Json, code: string][] = [
  ["an unknown type", "nothing", {}, "ABI_UNKNOWN_TYPE"],
  ["a struct without a field", "base", { id: 1 }, "ABI_BAD_VALUE"],
  ["a field that only every object has", "inherited", {}, "ABI_BAD_VALUE"],
  ["a list for a struct", "base", [1, "alice"], "ABI_BAD_VALUE"],
  ["a struct for a list", "accounts", { 0: "alice" }, "ABI_BAD_VALUE"],
  ["a variant without its type", "either", 5, "ABI_BAD_VALUE"],
  ["a variant of another type", "either", ["uint64", 5], "ABI_BAD_VALUE"],
  ["a variant by its index, which nodeos does not take", "either", [0, 5], "ABI_BAD_VALUE"],
  ["a variant without a value", "either", ["uint32"], "ABI_BAD_VALUE"],
];
for (const [what, type, value, code] of REFUSED) {
  test(`${what} is refused`, () => {
    const abi = {
      ...rich.abi,
      structs: [...rich.abi.structs, { name: "inherited", base: "", fields: [{ name: "toString", type: "string" }] }],
    };
    assert.throws(() => new AbiSerializer(abi).encode(type, value), { code });
  });
}

test("an action that the ABI does not have is refused with those it has", () => {
  assert.throws(() => token.encodeAction("steal", {}), { code: "ABI_UNKNOWN_ACTION", expected: /transfer/ });
});

test("a field named like JavaScript's own parts is a field", () => {
  const odd = new AbiSerializer(makeAbi({ structs: { odd: "__proto__:uint8 constructor:uint8" } }));
  const decoded = odd.decode("odd", Buffer.from([1, 2]));
  assert.equal(JSON.stringify(decoded), '{"__proto__":1,"constructor":2}');
  assert.deepEqual(odd.encode("odd", decoded), Buffer.from([1, 2]));
});
