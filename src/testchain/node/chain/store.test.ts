/** The data directory of a node: a clean stop comes back as it was, anything less is told and never taken for good. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import fc from "fast-check";
import { SmallChain, smallGenesis, tokenAction } from "../../../../test/testchain/small-chain.ts";
import type { BlockState } from "../consensus/block-state.ts";
import type { Options } from "../options.ts";
import { encodeState } from "./saved-state.ts";
import { type Opened, StartFailure, Store } from "./store.ts";

const FACTS = {
  producers: ["bpa", "bpb"],
  finalizers: ["bpa", "bpb"],
  accounts: ["alice", "bob"],
  balances: { alice: "100.0000 EOS" },
};
const root = mkdtempSync(join(tmpdir(), "store-"));
after(() => rmSync(root, { recursive: true, force: true }));

const genesis = join(root, "genesis.json");
writeFileSync(genesis, JSON.stringify(smallGenesis(FACTS)));
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(root, "data-"));
});

const store = (more: Options = {}) => new Store({ "data-dir": dir, "genesis-json": genesis, ...more });
const stateFile = () => join(dir, "state", "shared_memory.bin");
const forkFile = () => join(dir, "blocks", "reversible", "fork_db.dat");
const logFile = () => join(dir, "blocks", "blocks.log");

/** A node's life in short: some blocks with transfers, then a clean stop. What the state was at the last final block. */
async function live(): Promise<{ text: string; reversible: BlockState[] }> {
  const opened = store().open();
  const chain = new SmallChain(FACTS, {
    irreversible: (state) => opened.blockLog.append(state.num, state.id, state.raw),
  });
  for (let i = 1; i <= 8; i++) {
    const data = { from: "alice", to: "bob", quantity: `0.000${i} EOS`, memo: "" };
    await chain.produce({ fill: [chain.transaction([tokenAction("transfer", "alice", data)], ["alice"])] });
  }
  const { controller, tables } = chain;
  assert.ok(controller.root.num > 2 && controller.forks.size > 1, "some of it is final, some is not");
  const reversible = controller.forks.all();
  while (tables.depth > 0) tables.undo();
  const start = { chainId: controller.chainId, tables, root: controller.root };
  store().close(start, reversible);
  opened.blockLog.close();
  return { text: encodeState(start), reversible };
}

function open(more: Options = {}): Opened {
  const opened = store(more).open();
  opened.blockLog.close();
  return opened;
}

function refused(more: Options = {}): StartFailure {
  try {
    open(more);
  } catch (thrown) {
    if (thrown instanceof StartFailure) return thrown;
    throw thrown;
  }
  assert.fail("it was opened");
}

test("a clean stop comes back with the same state and the same reversible blocks", async () => {
  const { text, reversible } = await live();
  const opened = open();
  assert.equal(encodeState(opened), text);
  assert.deepEqual(
    opened.pending.map((raw) => raw.toString("hex")),
    reversible.map(({ raw }) => raw.toString("hex")),
  );
});

test("while it is open the directory is dirty: a second start says so, ends with code 2, and a replay mends it", async () => {
  const { reversible } = await live();
  open();
  const failed = refused();
  assert.equal(failed.exitCode, 2);
  assert.match(failed.message, /database dirty flag set/);
  const { pending, root: block } = open({ "hard-replay-blockchain": true });
  assert.equal(block.num, 1);
  assert.equal(pending.length, (reversible[0]?.num ?? 0) - 2, "every final block behind the first");
});

test("a state that was cut short at any byte, or changed in one, is refused", async () => {
  await live();
  const whole = readFileSync(stateFile());
  const refuses = (bytes: Uint8Array) => {
    writeFileSync(stateFile(), bytes);
    const failed = refused();
    assert.equal(failed.exitCode, 254);
    assert.match(failed.message, /shared_memory\.bin cannot be read/);
  };
  fc.assert(
    fc.property(fc.nat({ max: whole.length - 1 }), (length) => refuses(whole.subarray(0, length))),
    { numRuns: 100, examples: [[0], [1], [64], [65], [whole.length - 1]] },
  );
  fc.assert(
    fc.property(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 1, max: 127 }), (at, change) => {
      const bad = Buffer.from(whole);
      bad[at] = (bad[at] as number) ^ change;
      refuses(bad);
    }),
    { numRuns: 100 },
  );
});

test("reversible blocks that were cut short at any byte are refused", async () => {
  await live();
  const state = readFileSync(stateFile());
  const whole = readFileSync(forkFile());
  fc.assert(
    fc.property(fc.nat({ max: whole.length - 1 }), (length) => {
      writeFileSync(stateFile(), state);
      writeFileSync(forkFile(), whole.subarray(0, length));
      assert.match(refused().message, /fork_db\.dat cannot be read/);
    }),
    { numRuns: 60, examples: [[0], [whole.length - 1]] },
  );
});

test("a block log that lost its end does not go with the state any more", async () => {
  await live();
  const log = readFileSync(logFile());
  writeFileSync(logFile(), log.subarray(0, -1));
  assert.match(refused().message, /Block log ends at block \d+, the state is that of block \d+/);
  assert.equal(open({ "hard-replay-blockchain": true }).root.num, 1);
});

test("a file that is no block log is refused, and not written over", async () => {
  await live();
  writeFileSync(logFile(), "precious");
  assert.match(refused({ "hard-replay-blockchain": true }).message, /blocks\.log cannot be read/);
  assert.equal(readFileSync(logFile(), "utf8"), "precious");
});

test("a replay with the genesis of another chain is refused", async () => {
  await live();
  const other = join(dir, "other.json");
  writeFileSync(other, JSON.stringify({ ...smallGenesis(FACTS), initial_timestamp: "2026-01-01T00:00:00.500" }));
  const failed = refused({ "hard-replay-blockchain": true, "genesis-json": other });
  assert.equal(failed.exitCode, 255);
  assert.match(failed.message, /belongs to another chain/);
});

test("a genesis file that is missing, torn or of the wrong shape is refused with code 255", () => {
  const bad = join(dir, "bad.json");
  for (const content of ["", "{", "{}", '{"initial_timestamp":7}', "[]"]) {
    writeFileSync(bad, content);
    assert.equal(refused({ "genesis-json": bad }).exitCode, 255, content);
  }
  assert.equal(refused({ "genesis-json": join(dir, "none.json") }).exitCode, 255);
});

test("a snapshot is the state it was taken of; torn or into a directory that is not empty it is refused", async () => {
  const { text } = await live();
  const path = store().writeSnapshot(open());
  assert.equal(refused({ snapshot: path }).exitCode, 255);
  rmSync(stateFile());
  assert.equal(encodeState(open({ snapshot: path })), text);
  rmSync(stateFile());
  const whole = readFileSync(path);
  writeFileSync(path, whole.subarray(0, whole.length / 2));
  assert.match(refused({ snapshot: path }).message, /cannot be read/);
});
