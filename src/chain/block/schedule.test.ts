import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { answer, p2pBlocks } from "../../../test/recordings.ts";
import { Reader } from "../codec/reader.ts";
import { pack } from "../codec/writer.ts";
import { PrivateKey } from "../keys/k1.ts";
import { identifyBlock } from "./block.ts";
import { HEADER_EXTENSION } from "./header.ts";
import {
  EMPTY_SCHEDULE,
  fromLegacySchedule,
  legacyScheduleHash,
  type ProducerSchedule,
  readAuthority,
  readSchedule,
  type SigningAuthority,
  satisfies,
  scheduleHash,
  singleKey,
  toLegacySchedule,
  writeSchedule,
} from "./schedule.ts";

const KEYS = Array.from({ length: 4 }, () => PrivateKey.generate().publicKey);
const [A = "", B = "", C = ""] = KEYS;

interface Pending {
  proposed: { version: number; producers: { producer_name: string; authority: [0, SigningAuthority] }[] };
}

test("the change that a legacy block announces is the schedule that the real node had proposed", () => {
  const announced = p2pBlocks().flatMap((block) =>
    identifyBlock(block).header.extensions.filter(({ type }) => type === HEADER_EXTENSION.producerSchedule),
  );
  assert.equal(announced.length, 1);
  const reader = new Reader(announced[0]?.data ?? Buffer.alloc(0));
  const schedule = readSchedule(reader);
  reader.end();
  const { proposed } = answer("legacy.schedule_pending") as Pending;
  assert.equal(schedule.version, proposed.version);
  assert.deepEqual(
    schedule.producers,
    proposed.producers.map(({ producer_name, authority }) => ({ name: producer_name, authority: authority[1] })),
  );
  assert.deepEqual(
    pack((writer) => writeSchedule(writer, schedule)),
    announced[0]?.data,
  );
});

const authority: fc.Arbitrary<SigningAuthority> = fc.record(
  {
    threshold: fc.integer({ min: 1, max: 8 }),
    keys: fc
      .uniqueArray(fc.constantFrom(...KEYS))
      .chain((keys) =>
        fc.tuple(
          ...keys.map((key) =>
            fc.record({ key: fc.constant(key), weight: fc.integer({ min: 1, max: 4 }) }, { noNullPrototype: true }),
          ),
        ),
      ),
  },
  { noNullPrototype: true },
);

test("schedules with authorities of any keys read back", () => {
  const producer = fc.record({ name: fc.constantFrom("bpa", "bpb", ""), authority }, { noNullPrototype: true });
  fc.assert(
    fc.property(fc.nat({ max: 0xffff_ffff }), fc.array(producer, { maxLength: 5 }), (version, producers) => {
      const schedule = { version, producers };
      const reader = new Reader(pack((writer) => writeSchedule(writer, schedule)));
      assert.deepEqual(readSchedule(reader), schedule);
      reader.end();
    }),
  );
});

test("a signature counts once, and only when its key is one of the authority's", () => {
  fc.assert(
    fc.property(authority, fc.array(fc.constantFrom(...KEYS), { maxLength: 5 }), ({ threshold, keys }, signers) => {
      const known = signers.every((signer) => keys.some(({ key }) => key === signer));
      const once = new Set(signers).size === signers.length;
      const reached =
        keys.filter(({ key }) => signers.includes(key)).reduce((sum, { weight }) => sum + weight, 0) >= threshold;
      assert.equal(satisfies({ threshold, keys }, signers), known && once && reached);
    }),
  );
  const twoOfTwo = {
    threshold: 2,
    keys: [
      { key: A, weight: 1 },
      { key: B, weight: 1 },
    ],
  };
  assert.equal(satisfies(twoOfTwo, [A, B]), true);
  assert.equal(satisfies(twoOfTwo, [A]), false);
  assert.equal(satisfies(twoOfTwo, [A, A]), false);
  assert.equal(satisfies(twoOfTwo, [A, B, C]), false);
  assert.equal(satisfies(singleKey(A), []), false);
});

test("a schedule of single keys has an old form, any other has none", () => {
  const single: ProducerSchedule = {
    version: 3,
    producers: [
      { name: "bpa", authority: singleKey(A) },
      { name: "bpb", authority: singleKey(B) },
    ],
  };
  const legacy = toLegacySchedule(single);
  assert.deepEqual(legacy, {
    version: 3,
    producers: [
      { name: "bpa", key: A },
      { name: "bpb", key: B },
    ],
  });
  assert.deepEqual(legacy && fromLegacySchedule(legacy), single);
  assert.deepEqual(toLegacySchedule(EMPTY_SCHEDULE), { version: 0, producers: [] });
  const two = {
    threshold: 1,
    keys: [
      { key: A, weight: 1 },
      { key: B, weight: 1 },
    ],
  };
  const tooLight = { threshold: 2, keys: [{ key: A, weight: 1 }] };
  for (const other of [two, tooLight, { threshold: 1, keys: [] }]) {
    assert.equal(toLegacySchedule({ version: 3, producers: [{ name: "bpa", authority: other }] }), undefined);
  }
});

test("the two forms of a schedule have hashes of their own", () => {
  const schedule: ProducerSchedule = { version: 1, producers: [{ name: "bpa", authority: singleKey(A) }] };
  const legacy = { version: 1, producers: [{ name: "bpa", key: A }] };
  assert.notDeepEqual(scheduleHash(schedule), legacyScheduleHash(legacy));
  assert.notDeepEqual(scheduleHash(schedule), scheduleHash({ ...schedule, version: 2 }));
  assert.notDeepEqual(legacyScheduleHash(legacy), legacyScheduleHash({ ...legacy, version: 2 }));
});

test("an authority of a kind that does not exist is refused", () => {
  assert.throws(() => readAuthority(new Reader(Buffer.from([1, 1, 0, 0, 0, 0]))), { code: "CODEC_CORRUPT" });
});
