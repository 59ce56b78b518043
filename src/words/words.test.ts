import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { HappeningView, PairReason } from "../api/views.ts";
import { ROLES } from "../fleet/schema.ts";
import { english } from "./english.ts";
import { spanish } from "./spanish.ts";
import type { Words } from "./words.ts";

const LANGUAGES: readonly Words[] = [english, spanish];

const REASONS: readonly PairReason[] = [
  "in-sync",
  "standby-unreachable",
  "standby-behind",
  "both-unpaused",
  "both-paused",
  "cannot-tell",
];

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,11}$/);
const count = fc.oneof(fc.constantFrom(0, 1, 2), fc.nat(100_000));
/** What the board makes: each kind with the facts that it has. */
const factsOf: Record<HappeningView["kind"], fc.Arbitrary<HappeningView["facts"]>> = {
  round: fc.record({ producer: name, missed: fc.nat(12), orphaned: fc.nat(12), late: fc.nat(12), startSlot: count }),
  fork: fc.record({ left: count, toNum: count }),
  schedule: fc.record({ version: count, fromSlot: count }),
  "node-down": fc.record({ node: name, ways: fc.constantFrom("http", "p2p", "http+p2p") }),
  "node-up": fc.record({ node: name, seconds: count }),
  pair: fc.record({ pair: name, reason: fc.constantFrom(...REASONS), active: name }),
};
const kinds = Object.keys(factsOf) as HappeningView["kind"][];
const happening: fc.Arbitrary<HappeningView> = fc
  .constantFrom(...kinds)
  .chain((kind) => factsOf[kind].map((facts) => ({ id: "x", at: 0, level: "ok", chain: "one", kind, facts })));

/** A sentence for people: something is said, nothing is left open, and it ends without a full stop. */
function isSaid(sentence: string): void {
  assert.ok(sentence.trim().length > 3, sentence);
  assert.doesNotMatch(sentence, /undefined|null|NaN|\[object| {2}|^\s|\s$|\.$|: ?$|\{|\}/, sentence);
}

for (const words of LANGUAGES) {
  test(`everything that can happen has a sentence with its facts in it (${words.language})`, () => {
    fc.assert(
      fc.property(happening, (happening) => {
        const sentence = words.happening(happening);
        isSaid(sentence);
        const { facts, kind } = happening;
        const named = ["producer", "node", "pair"].map((fact) => facts[fact]).filter((value) => value !== undefined);
        for (const value of named) assert.ok(sentence.includes(String(value)), sentence);
        if (kind === "round") {
          for (const fact of ["missed", "orphaned", "late"]) {
            if (Number(facts[fact]) > 0) assert.match(sentence, new RegExp(`\\b${facts[fact]} `));
          }
        }
      }),
    );
  });

  test(`what a record of another version does not say is left out, and nothing strange takes its place (${words.language})`, () => {
    for (const kind of kinds) {
      const sentence = words.happening({ id: "x", at: 0, level: "ok", chain: "one", kind, facts: {} });
      assert.doesNotMatch(sentence, /undefined|null|NaN/);
    }
  });

  test(`each reason about a pair is a sentence of its own that names its nodes (${words.language})`, () => {
    const pair = { account: "ours", primary: "bp-a", secondary: "bp-b", active: "bp-b" };
    const sentences = REASONS.map((reason) => words.pair({ ...pair, reason }));
    for (const sentence of sentences) {
      isSaid(sentence);
      assert.match(sentence, /bp-a/);
      assert.match(sentence, /bp-b/);
    }
    assert.equal(new Set(sentences).size, REASONS.length);
    assert.match(words.pair({ ...pair, reason: "in-sync" }), /^bp-b .*bp-a/);
  });

  test(`every role of a fleet has a name (${words.language})`, () => {
    const names = [...Object.keys(ROLES), "peer"].map((role) => words.role(role));
    for (const found of names) assert.ok(found.length > 2);
    assert.equal(new Set(names).size, names.length);
    assert.equal(words.role("of-the-future"), "of-the-future");
  });
}

const lists = ["slotState", "sightProblem", "siteStatus", "nodeStatus", "consensus"] as const;

test("both languages have a word for the same things, each its own", () => {
  for (const list of lists) {
    assert.deepEqual(Object.keys(english[list]).sort(), Object.keys(spanish[list]).sort());
    for (const words of LANGUAGES) {
      const found = Object.values(words[list]);
      assert.equal(new Set(found).size, found.length, `${words.language} ${list}`);
      for (const word of found) assert.ok(word.length > 2);
    }
  }
});

test("nothing is said in English to those who read Spanish", () => {
  const same = lists.flatMap((list) =>
    Object.entries(spanish[list]).filter(([key, word]) => (english[list] as Record<string, string>)[key] === word),
  );
  // the protocol's own name
  assert.deepEqual(same, [["savanna", "Savanna"]]);
  fc.assert(
    fc.property(happening, (happening) => {
      assert.notEqual(english.happening(happening), spanish.happening(happening));
    }),
  );
  assert.equal(spanish.role("api"), english.role("api"));
  for (const role of Object.keys(ROLES)) if (role !== "api") assert.notEqual(spanish.role(role), english.role(role));
});

const happened = (kind: HappeningView["kind"], facts: HappeningView["facts"]): HappeningView => ({
  id: "x",
  at: 0,
  level: "ok",
  chain: "one",
  kind,
  facts,
});

test("one and many are told apart", () => {
  const cases: [HappeningView, string, string][] = [
    [
      happened("fork", { left: 1, toNum: 9 }),
      "the chain switched forks: 1 block left behind, block 9 is head",
      "la cadena cambió de bifurcación: 1 bloque quedó atrás, el bloque 9 es la cabeza",
    ],
    [
      happened("node-up", { node: "api", seconds: 1 }),
      "api can be seen again, after 1 second",
      "se ve de nuevo a api, tras 1 segundo",
    ],
    [
      happened("node-up", { node: "api", seconds: 7_300 }),
      "api can be seen again, after 2 hours",
      "se ve de nuevo a api, tras 2 horas",
    ],
    [
      happened("round", { producer: "ours", missed: 1, orphaned: 0, late: 2 }),
      "ours: 1 missed, 2 late of 12 blocks",
      "ours: 1 perdido, 2 tardíos de 12 bloques",
    ],
    [
      happened("round", { producer: "ours", missed: 0, orphaned: 0, late: 0 }),
      "ours produced its whole round after all",
      "ours produjo su ronda completa después de todo",
    ],
    [
      happened("node-down", { node: "api", ways: "http+p2p" }),
      "api cannot be seen, neither over HTTP nor over p2p",
      "no se ve a api, ni por HTTP ni por p2p",
    ],
  ];
  for (const [happening, en, es] of cases) {
    assert.equal(english.happening(happening), en);
    assert.equal(spanish.happening(happening), es);
  }
});
