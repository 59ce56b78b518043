import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import fc from "fast-check";
import { SLOTS_PER_ROUND } from "../../src/chain/time.ts";
import type { Problem } from "../../src/kit/problem.ts";
import type { Database } from "../../src/record/database.ts";
import { readHappenings, readProducers, readRounds } from "../../src/record/history.ts";
import { type RecordedHappening, Recorder } from "../../src/record/recorder.ts";
import { decodeSlots } from "../../src/watch/rounds.ts";
import { ownServer, PASSWORD } from "./own-server.ts";
import { closeRecords, openRecord, problemOf, recordDir } from "./rig.ts";
import { judgedRound, PRODUCED, type RoundFacts } from "./rounds.ts";

after(closeRecords);

const newChain = (): string => randomBytes(32).toString("hex");

/** A recorder, and what it told: each time whether it writes, with why not. */
function record({ writer }: Pick<Database, "writer">) {
  const told: [writing: boolean, problem: Problem | undefined][] = [];
  let wake = Promise.withResolvers<void>();
  const recorder = new Recorder(writer, (writing, problem) => {
    told.push([writing, problem]);
    wake.resolve();
    wake = Promise.withResolvers();
  });
  const until = async (writing: boolean): Promise<void> => {
    while (told.at(-1)?.[0] !== writing) await wake.promise;
  };
  return { recorder, told, until };
}

const FIRST_SLOT = 1_697_000_004;
const round = (i: number, facts: Partial<RoundFacts> = {}) =>
  judgedRound({
    startSlot: FIRST_SLOT + i * SLOTS_PER_ROUND,
    producer: "ours",
    letters: PRODUCED,
    final: false,
    ...facts,
  });

const happening = (chainId: string, id: string, at: number, facts = {}): RecordedHappening => ({
  chainId,
  id,
  at,
  level: "warning",
  kind: "fork",
  facts,
});

const facts: fc.Arbitrary<RoundFacts> = fc.record({
  startSlot: fc.integer({ min: 0, max: 6 }).map((i) => FIRST_SLOT + i * SLOTS_PER_ROUND),
  producer: fc.constantFrom("ours", "norte", "sur"),
  letters: fc
    .array(fc.constantFrom(..."..pppplmo??"), { minLength: SLOTS_PER_ROUND, maxLength: SLOTS_PER_ROUND })
    .map((letters) => letters.join("")),
  final: fc.boolean(),
});

/** What the record should hold of a round after each run has written the last that it judged of it. */
function modelOf(runs: readonly (readonly RoundFacts[])[]): RoundFacts[] {
  const kept = new Map<number, RoundFacts>();
  for (const run of runs) {
    const last = new Map(run.map((facts) => [facts.startSlot, facts]));
    for (const facts of last.values()) {
      const before = kept.get(facts.startSlot)?.letters;
      const letters = [...facts.letters].map((letter, i) => {
        const was = before?.[i] ?? "?";
        return (letter === "?" || letter === ".") && was !== "?" ? was : letter;
      });
      kept.set(facts.startSlot, { ...facts, letters: letters.join("") });
    }
  }
  return [...kept.values()].sort((a, b) => b.startSlot - a.startSlot);
}

const countOf = (rounds: readonly RoundFacts[], letter: string): number =>
  rounds.flatMap(({ letters }) => [...letters]).filter((found) => found === letter).length;

test("what is read is what was judged last; a run that did not see a slot keeps what an earlier one saw", async () => {
  using temp = recordDir();
  const database = await openRecord({ dir: temp.dir });
  const question = fc.record({
    producer: fc.option(fc.constantFrom("ours", "norte", "sur"), { nil: undefined }),
    beforeSlot: fc.option(fc.integer({ min: FIRST_SLOT, max: FIRST_SLOT + 90 }), { nil: undefined }),
    limit: fc.integer({ min: 1, max: 8 }),
    fromSlot: fc.integer({ min: FIRST_SLOT, max: FIRST_SLOT + 90 }),
  });
  const runs = fc.array(fc.array(facts, { maxLength: 12 }), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(runs, question, async (runs, { producer, beforeSlot, limit, fromSlot }) => {
      const chainId = newChain();
      for (const run of runs) {
        const { recorder } = record(database);
        for (const facts of run) recorder.round(chainId, judgedRound(facts));
        await recorder.stop();
      }
      const model = modelOf(runs);
      const rounds = await readRounds(database.reader, { chainId, producer, beforeSlot, limit });
      const wanted = model
        .filter((round) => producer === undefined || round.producer === producer)
        .filter(({ startSlot }) => beforeSlot === undefined || startSlot < beforeSlot)
        .slice(0, limit);
      assert.deepEqual(
        rounds,
        wanted.map(({ letters, ...facts }) => ({ ...facts, scheduleVersion: 1, slots: decodeSlots(letters) })),
      );
      const recent = Map.groupBy(
        model.filter(({ startSlot }) => startSlot >= fromSlot),
        (round) => round.producer,
      );
      assert.deepEqual(
        await readProducers(database.reader, chainId, fromSlot),
        [...recent]
          .map(([producer, rounds]) => ({
            producer,
            rounds: rounds.length,
            produced: countOf(rounds, "p"),
            late: countOf(rounds, "l"),
            missed: countOf(rounds, "m"),
            orphaned: countOf(rounds, "o"),
            unknown: countOf(rounds, "?"),
          }))
          .sort((a, b) => a.producer.localeCompare(b.producer)),
      );
    }),
    { numRuns: 40 },
  );
  await database.close();
});

test("a happening is kept once, as it was told last, and read newest first, of the chains that are asked for", async () => {
  using temp = recordDir();
  const database = await openRecord({ dir: temp.dir });
  const [chain, other] = [newChain(), newChain()];
  for (const late of [1, 2]) {
    const { recorder } = record(database);
    recorder.happening(happening(chain, "round/1", 1_000, { late }));
    recorder.happening(happening(chain, "round/2", 3_000, { note: "with a ' and a \\ and ☃", late }));
    recorder.happening(happening(other, "round/1", 2_000));
    await recorder.stop();
  }
  const read = async (chains: string[], limit: number) =>
    (await readHappenings(database.reader, chains, limit)).map(({ at, facts }) => [at, facts]);
  assert.deepEqual(await read([chain], 9), [
    [3_000, { note: "with a ' and a \\ and ☃", late: 2 }],
    [1_000, { late: 2 }],
  ]);
  assert.deepEqual((await read([chain, other], 2)).length, 2);
  assert.deepEqual(await read([], 9), []);
  await database.close();
});

test("while the database is away it is told once, and what came meanwhile is written when it is back", async () => {
  await using own = await ownServer();
  const database = await openRecord({ url: own.url("operator", PASSWORD) });
  const { recorder, told, until } = record(database);
  const chainId = newChain();
  recorder.round(chainId, round(0));
  await until(true);
  await own.stop();
  recorder.round(chainId, round(1, { letters: "pppppppppp.." }));
  await until(false);
  // twice more, so that it fails again and nothing is told of it
  recorder.round(chainId, round(1, { letters: "ppppppppppp." }));
  recorder.round(chainId, round(2));
  recorder.happening(happening(chainId, "fork/1", 1_000));
  const reading = await problemOf(readRounds(database.reader, { chainId, limit: 9 }), [PASSWORD]);
  assert.equal(reading.code, "RECORD_UNREADABLE");
  recorder.round(chainId, round(1, { final: true }));
  await own.start();
  await until(true);
  await recorder.stop();
  const rounds = await readRounds(database.reader, { chainId, limit: 9 });
  assert.deepEqual(
    rounds.map(({ startSlot, slots, final }) => [startSlot, slots.every((state) => state === "produced"), final]),
    [
      [round(2).startSlot, true, false],
      [round(1).startSlot, true, true],
      [round(0).startSlot, true, false],
    ],
  );
  assert.equal((await readHappenings(database.reader, [chainId], 9)).length, 1);
  assert.deepEqual(
    told.map(([writing, problem]) => [writing, problem?.code]),
    [
      [true, undefined],
      [false, "RECORD_WRITE_FAILED"],
      [true, undefined],
    ],
  );
  assert.ok(!JSON.stringify(told).includes("se/cret"));
  await database.close();
});

test("what waits to be written is bounded: the oldest is given up, the newest is written", async () => {
  await using own = await ownServer();
  const database = await openRecord({ url: own.url("operator", PASSWORD) });
  const { recorder, until } = record(database);
  const chainId = newChain();
  await own.stop();
  const count = 20_000;
  for (let i = 0; i < count; i++) recorder.round(chainId, round(i));
  await until(false);
  for (let i = count; i < count + 100; i++) recorder.round(chainId, round(i));
  await own.start();
  await until(true);
  await recorder.stop();
  const { rows } = await database.reader.query(
    "select count(*)::int, max(start_slot)::bigint as last from atalaya.round where chain_id = $1",
    [chainId],
  );
  assert.deepEqual(rows, [{ count: 15_000, last: String(round(count + 99).startSlot) }]);
  await database.close();
});

test("readers that keep the database busy do not hold up what has to be written", async () => {
  using temp = recordDir();
  const database = await openRecord({ dir: temp.dir });
  const busy = Array.from({ length: 4 }, () => database.reader.query("select pg_sleep(60)").catch(() => {}));
  for (let sleeping = 0; sleeping < busy.length; ) {
    const { rows } = await database.writer.query<{ count: number }>(
      "select count(*)::int from pg_stat_activity where query = 'select pg_sleep(60)' and state = 'active'",
    );
    sleeping = rows[0]?.count ?? 0;
  }
  const { recorder } = record(database);
  const chainId = newChain();
  recorder.round(chainId, round(0));
  await recorder.stop();
  const { rows } = await database.writer.query("select count(*)::int from atalaya.round where chain_id = $1", [
    chainId,
  ]);
  assert.deepEqual(rows, [{ count: 1 }]);
  await database.close();
  await Promise.all(busy);
});

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

test("a recorder that is stopped while it writes does not go on", async () => {
  const before = timers();
  using temp = recordDir();
  const database = await openRecord({ dir: temp.dir });
  const { recorder, until } = record(database);
  await until(true);
  // the next write waits for this one, and is under way when the recorder is stopped
  const blocked = database.writer.query("select pg_sleep(2)");
  recorder.round(newChain(), round(0));
  await new Promise<void>((resolve) => {
    const look = setInterval(() => {
      if (database.writer.waitingCount === 0) return;
      clearInterval(look);
      resolve();
    }, 10);
  });
  await recorder.stop();
  await blocked;
  await database.close();
  assert.equal(timers(), before);
});

test("a database that freezes is noticed, and written to again when it thaws", async () => {
  await using own = await ownServer();
  const database = await openRecord({ url: own.url("operator", PASSWORD) });
  const { recorder, until } = record(database);
  const chainId = newChain();
  await until(true);
  const { rows } = await database.writer.query<{ pid: number }>("select pg_backend_pid() as pid");
  const backend = rows[0]?.pid ?? 0;
  process.kill(backend, "SIGSTOP");
  recorder.round(chainId, round(0));
  await until(false);
  await until(true);
  process.kill(backend, "SIGCONT");
  await recorder.stop();
  assert.equal((await readRounds(database.reader, { chainId, limit: 9 })).length, 1);
  await database.close();
});
