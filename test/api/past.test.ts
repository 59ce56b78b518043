/** The API's answers about the past, from a real record. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { makeApp } from "../../src/api/app.ts";
import { Past } from "../../src/api/past.ts";
import type { PastRoundView, ProducerSummary } from "../../src/api/views.ts";
import { roundStart, SLOTS_PER_ROUND, slotOf, timeOf } from "../../src/chain/time.ts";
import { Recorder } from "../../src/record/recorder.ts";
import { closeRecords, openRecord, recordDir } from "../record/rig.ts";
import { judgedRound } from "../record/rounds.ts";
import { makeRig } from "./hidden-fleet.ts";

after(closeRecords);

test("rounds and producers are answered for the chain, the producer, the time and the number asked for", async () => {
  using temp = recordDir();
  const database = await openRecord({ dir: temp.dir });
  const { board, targets } = makeRig(Date.now());
  const past = new Past(database.reader, targets);
  const { app } = makeApp({
    board,
    targets,
    past,
    complain: (thrown) => assert.fail(String(thrown)),
    pages: temp.dir,
    hosts: ["127.0.0.1"],
  });
  const ask = async <View>(path: string): Promise<View> =>
    (await app.request(`http://127.0.0.1${path}`)).json() as Promise<View>;

  // over for a moment, so that none of them is exactly so many hours old
  const last = roundStart(slotOf(Date.now())) - SLOTS_PER_ROUND;
  const slotAt = (ago: number): number => last - ago * SLOTS_PER_ROUND;
  const recorder = new Recorder(database.writer, () => {});
  // one round an hour: 600 rounds of 6 s
  for (let hour = 0; hour < 30; hour++) {
    const facts = { startSlot: slotAt(hour * 600), letters: "pppppppppplm", final: true };
    recorder.round(targets[0]?.chainId ?? "", judgedRound({ ...facts, producer: hour % 2 === 0 ? "ours" : "norte" }));
  }
  recorder.round(
    targets[1]?.chainId ?? "",
    judgedRound({ startSlot: last, producer: "oursalso", letters: "pppppppppp..", final: false }),
  );
  recorder.happening({
    chainId: targets[1]?.chainId ?? "",
    id: "fork/two/1",
    at: 1,
    level: "warning",
    kind: "fork",
    facts: { left: 1, toNum: 2 },
  });
  await recorder.stop();

  const all = await ask<PastRoundView[]>("/api/rounds");
  assert.equal(all.length, 30);
  assert.deepEqual(all[0], {
    chain: "one",
    startSlot: last,
    startsAt: timeOf(last),
    producer: "ours",
    slots: [...Array.from({ length: 10 }, () => "produced"), "late", "missed"],
    final: true,
  });
  const starts = async (query: string): Promise<number[]> =>
    (await ask<PastRoundView[]>(`/api/rounds?${query}`)).map(({ startSlot }) => startSlot);
  assert.deepEqual(await starts("limit=2"), [slotAt(0), slotAt(600)]);
  assert.deepEqual(await starts("producer=norte&limit=1"), [slotAt(600)]);
  assert.deepEqual(await starts("producer=nobody"), []);
  assert.deepEqual(await starts("chain=two"), [last]);
  // a round that begins at that very moment is not before it, one that began a moment earlier is
  assert.deepEqual(await starts(`before=${timeOf(last)}&limit=1`), [slotAt(600)]);
  assert.deepEqual(await starts(`before=${timeOf(last) + 1}&limit=1`), [last]);
  assert.deepEqual(await starts("before=0"), []);
  assert.equal((await starts(`before=${Number.MAX_SAFE_INTEGER}`.slice(0, -1))).length, 30);

  const norte = { producer: "norte", orphaned: 0, unknown: 0 };
  assert.deepEqual(await ask<ProducerSummary[]>("/api/producers?hours=2"), [
    { ...norte, rounds: 1, produced: 10, late: 1, missed: 1 },
    { ...norte, producer: "ours", rounds: 1, produced: 10, late: 1, missed: 1 },
  ]);
  const day = await ask<ProducerSummary[]>("/api/producers");
  assert.deepEqual(
    day.map(({ producer, rounds }) => [producer, rounds]),
    [
      ["norte", 12],
      ["ours", 12],
    ],
  );
  assert.deepEqual(
    (await ask<ProducerSummary[]>("/api/producers?chain=two&hours=8784")).map(({ produced, unknown }) => [
      produced,
      unknown,
    ]),
    [[10, 0]],
  );
  assert.deepEqual(await past.happenings(9), [
    { id: "fork/two/1", at: 1, level: "warning", chain: "two", kind: "fork", facts: { left: 1, toNum: 2 } },
  ]);
  board.stop();
  await database.close();
});
