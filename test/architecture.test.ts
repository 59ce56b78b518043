/**
 * Who may import whom. Facts flow one way, from the chain to people's eyes; a place below knows nothing of those above
 * it, and what is not listed may not be imported. docs/architecture.md tells it in prose.
 */
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { type Import, importsBelow, importsIn } from "./imports.ts";

interface Place {
  /** A folder or a file of src/; what lies deeper in the list has a rule of its own. */
  place: string;
  /** Folders and files of src/ that it may import, besides itself. */
  may: readonly string[];
  /** What whoever needs more does. */
  instead: string;
}

/** From the bottom up. */
const PLACES: readonly Place[] = [
  {
    place: "kit",
    may: [],
    instead: "kit is the ground and has no noun of ours in it: move the code to the place whose noun it is",
  },
  {
    place: "chain/keys",
    may: ["kit"],
    instead: "what signs must stay small enough to be read in one go: hand it bytes",
  },
  {
    place: "chain",
    may: ["kit", "chain/keys"],
    instead: "chain says what the protocol says and asks nobody: let the caller hand in what it needs",
  },
  { place: "chain/http", may: ["kit", "chain"], instead: "a client knows its endpoints and nothing of who asks" },
  { place: "chain/p2p", may: ["kit", "chain"], instead: "a peer knows the protocol and nothing of who listens" },
  {
    place: "fleet",
    may: ["kit", "chain/name.ts", "chain/keys"],
    instead: "the fleet is what is declared; what is observed belongs to watch",
  },
  {
    place: "testchain/node",
    may: ["kit", "chain"],
    instead: "a node knows no more of us than nodeos does: reach it over HTTP or p2p",
  },
  {
    place: "testchain",
    may: ["kit", "chain", "testchain/node"],
    instead: "the test chain stands in for the world outside and knows nothing of who watches it",
  },
  {
    place: "watch",
    may: ["kit", "chain/time.ts", "chain/block", "fleet/schema.ts"],
    instead: "the watch loop is told what is seen and does no input or output: that is done in watch/observe",
  },
  {
    place: "watch/observe",
    may: ["kit", "chain", "watch/observation.ts", "watch/target.ts"],
    instead: "an observer tells what it sees and judges nothing",
  },
  {
    place: "watch/run.ts",
    may: ["watch", "watch/observe"],
    instead: "it ties observers to the loop; what is done with the events is its caller's",
  },
  {
    place: "watch/probe.ts",
    may: ["kit", "chain", "watch"],
    instead: "a probe looks at one node, once, without a fleet",
  },
  {
    place: "record",
    may: ["kit", "watch/rounds.ts", "watch/verdict.ts"],
    instead: "the record keeps what it is given: turn it into plain values before",
  },
  {
    place: "api/views.ts",
    may: ["watch/pair.ts", "watch/verdict.ts"],
    instead: "views are public and plain: write the type out, without what is hidden",
  },
  {
    place: "api",
    may: ["kit", "chain/time.ts", "fleet/schema.ts", "watch", "record/history.ts", "api/views.ts"],
    instead: "the API shows what is known: let a daemon start things, and hand them in",
  },
  { place: "words", may: ["api/views.ts"], instead: "words are said of views: add what is missing to the view" },
  {
    place: "portal",
    may: ["api/views.ts", "words"],
    instead: "the page runs in a stranger's browser: it sees what api/views.ts shows and nothing else",
  },
  {
    place: "daemons",
    may: [
      "kit",
      "chain",
      "fleet",
      "watch",
      "record",
      "api",
      "testchain/control.ts",
      "testchain/demo-fleet.ts",
      "testchain/network",
    ],
    instead: "a daemon starts things in their order and stops them; it draws nothing and speaks with nobody",
  },
  {
    place: "cli",
    may: ["kit", "fleet", "api/views.ts", "words", "daemons"],
    instead: "a command asks the API and prints: add what is missing to api/views.ts",
  },
];

/** What the rule does not allow and is right all the same. */
const EXCEPTIONS: readonly { from: string; to: string; because: string }[] = [
  { from: "cli/source.ts", to: "api/instance.ts", because: "finds the portal of the Atalaya that runs here" },
  { from: "cli/commands/testchain.ts", to: "api/instance.ts", because: "acts on the test chain over its socket" },
  { from: "cli/commands/testchain.ts", to: "testchain/control-view.ts", because: "prints what that socket answers" },
  { from: "cli/commands/probe.ts", to: "watch/probe.ts", because: "looks at a node when no Atalaya runs" },
];

/** Tests may import whatever they test together, and what is made for them. */
const isForTests = (file: string): boolean => /\.(test|fixture)\.tsx?$/.test(file) || !file.startsWith("src/");

const inside = (path: string): string => path.replace(/^src\//, "");
const isBelow = (path: string, place: string): boolean => path === place || path.startsWith(`${place}/`);

/** The rule for a path below src/: the one that names it most closely. */
function ruleFor(path: string): Place | undefined {
  const rules = PLACES.filter(({ place }) => isBelow(path, place));
  return rules.toSorted((a, b) => b.place.length - a.place.length)[0];
}

function isExcepted(from: string, to: string): boolean {
  return EXCEPTIONS.some((exception) => exception.from === from && exception.to === to);
}

/** What is wrong with an import, for whoever wrote it; `undefined` when nothing is. */
function fault({ from, line, to, isType }: Import): string | undefined {
  if (isForTests(from)) return undefined;
  const rule = ruleFor(inside(from));
  const say = (what: string, instead: string): string => `${from}:${line} ${what}\n    ${instead}`;
  if (rule === undefined) {
    return say("lies in a place without a rule", "say in test/architecture.test.ts what it may import, and from where");
  }
  if (to === undefined) return say("imports what only a run would tell", "write the path out");
  // a page has no Node; its build has
  if (to.startsWith("node:") && ["portal", "words"].includes(rule.place) && !isType) {
    return say(`imports ${to}`, "it runs in a browser");
  }
  if (!existsSync(new URL(`../${to}`, import.meta.url)) || !to.includes("/")) return undefined;
  if (isForTests(to)) return say(`imports ${to}, which is for tests`, "move what both need into src/");
  const target = ruleFor(inside(to));
  if (target === rule || isExcepted(inside(from), inside(to))) return undefined;
  if (rule.may.some((place) => isBelow(inside(to), place))) return undefined;
  const allowed = rule.may.length === 0 ? "nothing of ours" : `only ${rule.may.join(", ")}`;
  return say(`imports ${to}, and ${rule.place} may import ${allowed}`, rule.instead);
}

const imports = importsBelow("src");

test("every import of src/ goes down", () => {
  const faults = imports.map(fault).filter((text) => text !== undefined);
  assert.equal(faults.length, 0, `\n${faults.join("\n")}\n`);
});

test("every file of src/ lies in a place with a rule, and every rule has a place", () => {
  const files = globSync("src/**/*.{ts,tsx}", { cwd: new URL("..", import.meta.url) }).map(inside);
  assert.deepEqual(
    files.filter((file) => ruleFor(file) === undefined),
    [],
  );
  for (const { place, may } of PLACES) {
    for (const path of [place, ...may]) {
      assert.ok(
        files.some((file) => isBelow(file, path)),
        `there is no src/${path}`,
      );
    }
  }
});

test("the rule itself flows one way: nobody may import what stands later in it", () => {
  const rankOf = (path: string): number => PLACES.indexOf(ruleFor(path) as Place);
  for (const [rank, { place, may }] of PLACES.entries()) {
    for (const path of may) assert.ok(rankOf(path) < rank, `${place} may import ${path}, which comes after it`);
  }
});

test("every exception is made use of", () => {
  const made = new Set(imports.map(({ from, to }) => `${inside(from)} ${inside(to ?? "")}`));
  for (const { from, to } of EXCEPTIONS) assert.ok(made.has(`${from} ${to}`), `${from} does not import ${to} any more`);
});

test("views are types only: nothing of the server comes into the page with them", () => {
  const views = imports.filter(({ from }) => from === "src/api/views.ts");
  assert.ok(views.length > 0);
  for (const { line, isType } of views) assert.ok(isType, `src/api/views.ts:${line} imports more than types`);
  for (const { from, to, line, isType } of imports) {
    if (to !== "src/api/views.ts") continue;
    assert.ok(isType, `${from}:${line} imports src/api/views.ts without \`type\``);
  }
});

test("whatever way one file reaches another is seen, and told with its line, the rule and what to do", () => {
  const text = [
    'import type { Board } from "../api/board.ts";',
    'export * from "../watch/watch.ts";',
    '// import "../cli/main.ts" is only said here, and "import(\'../cli/main.ts\')" there',
    'const later = await import("../record/database.ts");',
    'type Later = import("../daemons/up.ts").Running;',
    'const started = new URL("../testchain/node/main.ts", import.meta.url);',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
    "const unknown = await import(`../${started}`);",
    'import { join } from "node:path";',
  ].join("\n");
  const found = importsIn("src/kit/imagined.ts", text);
  assert.deepEqual(
    found.map(({ line, to, isType }) => [line, to, isType]).sort(([a], [b]) => Number(a) - Number(b)),
    [
      [1, "src/api/board.ts", true],
      [2, "src/watch/watch.ts", false],
      [4, "src/record/database.ts", false],
      [5, "src/daemons/up.ts", true],
      [6, "src/testchain/node/main.ts", false],
      [7, undefined, false],
      [8, "node:path", false],
    ],
  );
  const faults = found.map(fault).filter((fault) => fault !== undefined);
  assert.equal(faults.length, 6);
  assert.match(
    faults.find((fault) => fault.includes(":1 ")) ?? "",
    /^src\/kit\/imagined\.ts:1 imports src\/api\/board\.ts, and kit may import nothing of ours\n {4}kit is the ground/,
  );
});

test("the linter lets no circle of imports through", () => {
  const biome = JSON.parse(readFileSync(new URL("../biome.json", import.meta.url), "utf8")) as {
    linter: { rules: { suspicious: Record<string, unknown> } };
  };
  assert.equal(biome.linter.rules.suspicious.noImportCycles, "error");
});

test("docs/architecture.md names every folder of the rule", () => {
  const prose = readFileSync(new URL("../docs/architecture.md", import.meta.url), "utf8");
  for (const { place } of PLACES) {
    const folder = place.split("/")[0] ?? "";
    assert.match(prose, new RegExp(`\\b${folder}/`), `docs/architecture.md says nothing of src/${folder}/`);
  }
});
