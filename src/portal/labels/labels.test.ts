import assert from "node:assert/strict";
import { test } from "node:test";
import { happening, NOW, pairView } from "../../../test/portal/example-state.ts";
import type { HappeningView, Level, PairReason } from "../../api/views.ts";
import { english as englishWords } from "../../words/english.ts";
import { spanish as spanishWords } from "../../words/spanish.ts";
import { formatFor } from "../format.ts";
import type { Trouble } from "../parts/troubles.ts";
import { english } from "./english.ts";
import { spanish } from "./spanish.ts";

const LANGUAGES = [
  { code: "en", labels: english, words: englishWords, format: formatFor("en", "UTC") },
  { code: "es", labels: spanish, words: spanishWords, format: formatFor("es", "UTC") },
] as const;

/** The same in both languages: names, abbreviations, a word that happens to be one in both. */
const SHARED = new Set(["LIB", "Irreversible (LIB)", "provisional", "Savanna", "auto"]);

/** Every text of an object of labels or words, by where it stands; functions are given numbers and names. */
function textsOf(value: unknown, place = ""): [place: string, text: string][] {
  if (typeof value === "string") return [[place, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => textsOf(inner, `${place}.${key}`));
}

/** Where the functions stand, and how many things they are told. */
function sentencesOf(value: unknown, place = ""): string[] {
  if (typeof value === "function") return [`${place}/${value.length}`];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => sentencesOf(inner, `${place}.${key}`));
}

test("both languages have the same texts, and none of them is empty", () => {
  for (const [one, other] of [
    [english, spanish],
    [englishWords, spanishWords],
  ] as const) {
    const texts = textsOf(other);
    assert.deepEqual(
      textsOf(one)
        .map(([place]) => place)
        .sort(),
      texts.map(([place]) => place).sort(),
    );
    assert.deepEqual(sentencesOf(one).sort(), sentencesOf(other).sort());
    for (const [place, text] of [...textsOf(one), ...texts]) assert.notEqual(text.trim(), "", place);
  }
});

test("no text was left in English", () => {
  const inSpanish = new Map([...textsOf(spanish), ...textsOf(spanishWords)]);
  for (const [place, text] of [...textsOf(english), ...textsOf(englishWords)]) {
    if (!SHARED.has(text)) assert.notEqual(inSpanish.get(place), text, place);
  }
});

const PAIR_REASONS: PairReason[] = [
  "in-sync",
  "standby-unreachable",
  "standby-behind",
  "both-unpaused",
  "both-paused",
  "cannot-tell",
];

const unseen = { kind: "unseen", level: "critical", node: "relay" } as const;
const TROUBLES: Trouble[] = [
  { kind: "blind", level: "unknown", chain: "test", visible: 1, watched: 6 },
  { kind: "still", level: "critical", chain: "test", since: NOW },
  ...PAIR_REASONS.map((reason): Trouble => ({ kind: "pair", level: "warning", pair: pairView({ reason }) })),
  { ...unseen, ways: ["http"], entirely: true },
  { ...unseen, ways: ["http", "p2p"], entirely: true },
  { ...unseen, ways: ["p2p"], entirely: false },
  { kind: "behind", level: "warning", node: "relay" },
  { kind: "missed", level: "critical", producer: "ours" },
  { kind: "unrecorded", level: "warning" },
];

const HAPPENINGS: HappeningView[] = [
  happening("round", { kind: "round", facts: { producer: "ours", missed: 2, orphaned: 1, late: 3, startSlot: 12 } }),
  happening("whole", { kind: "round", facts: { producer: "ours", missed: 0, orphaned: 0, late: 0, startSlot: 12 } }),
  happening("fork", { kind: "fork", facts: { left: 1, toNum: 9 } }),
  happening("schedule", { kind: "schedule", facts: { version: 4 } }),
  happening("down", { kind: "node-down", facts: { node: "relay", ways: "http+p2p" } }),
  happening("partly", { kind: "node-down", facts: { node: "relay", ways: "http" } }),
  happening("up", { kind: "node-up", facts: { node: "relay", seconds: 1 } }),
  ...PAIR_REASONS.map((reason) =>
    happening(reason, { kind: "pair", facts: { pair: "costa-rica", reason, active: "primary" } }),
  ),
];

const levels: Level[] = ["ok", "warning", "critical", "unknown"];

for (const { code, labels, words, format } of LANGUAGES) {
  test(`in ${code} every trouble is a sentence of its own, without a hole and without a full stop`, () => {
    assertSentences(TROUBLES.map((trouble) => labels.trouble(trouble, format)));
  });

  test(`in ${code} everything that can happen is a sentence of its own`, () => {
    assertSentences(HAPPENINGS.map((happening) => words.happening(happening)));
  });

  test(`in ${code} one is not many`, () => {
    assert.notEqual(labels.chain.behindHead(1).replace("1", "2"), labels.chain.behindHead(2));
  });

  test(`in ${code} every level has a headline and a name`, () => {
    for (const level of levels) assertSentences([labels.headline[level], labels.level[level]]);
  });
}

test("the two languages say different things of every trouble and happening", () => {
  const [first, second] = LANGUAGES;
  for (const trouble of TROUBLES) {
    assert.notEqual(first.labels.trouble(trouble, first.format), second.labels.trouble(trouble, second.format));
  }
  for (const happening of HAPPENINGS) {
    assert.notEqual(first.words.happening(happening), second.words.happening(happening));
  }
});

function assertSentences(sentences: readonly string[]): void {
  assert.equal(new Set(sentences).size, sentences.length, sentences.join("\n"));
  for (const sentence of sentences) {
    assert.match(sentence, /^\S.*[^.\s]$/);
    assert.doesNotMatch(sentence, /undefined|null|NaN|\[object| {2}/);
  }
}
