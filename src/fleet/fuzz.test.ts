/**
 * Whatever a fleet file holds, loading it ends in a Fleet or in FleetProblems that point into the file, soon,
 * and without repeating a private key. Run one failure again with `SEED=… npm test`; the failure prints it.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { FleetProblems } from "./fleet-problem.ts";
import { parseFleet } from "./load.ts";
import { report } from "./report.ts";

const EXAMPLE = readFileSync(join(import.meta.dirname, "../../examples/eos-costa-rica/fleet.yaml"), "utf8");
const LINES = EXAMPLE.split("\n");
const RUNS = Number(process.env.FUZZ_RUNS ?? 100);
const SETTINGS = { numRuns: RUNS, ...(process.env.SEED === undefined ? {} : { seed: Number(process.env.SEED) }) };
const PRIVATE_KEY = "5KQwrPbwdL6PhXujxW37FSSQZ1JiwsST4cqQzDeyXtP79zkvFD3";

const line = fc.nat({ max: LINES.length - 1 });
const offset = fc.nat({ max: EXAMPLE.length });
const value = fc.oneof(
  fc.constantFrom(
    "",
    "~",
    "[]",
    "{}",
    "12",
    "-1.5",
    "true",
    ".nan",
    ".inf",
    '""',
    "|",
    ">",
    "&x",
    "*x",
    "*today",
    "!t",
    "- - -",
  ),
  fc.constantFrom(
    "[[a]]",
    "{a: b}",
    '"\\e[31m"',
    "\t",
    "?",
    ":",
    "%",
    "@",
    "`",
    "'",
    '"',
    "constructor",
    "__proto__: 1",
  ),
  fc.constant(PRIVATE_KEY),
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
);

/** A way to damage the example. */
const damage = fc.oneof(
  fc.tuple(line, line).map(
    ([from, count]) =>
      (lines: string[]) =>
        lines.toSpliced(from, count % 5),
  ),
  fc.tuple(line, line).map(
    ([from, to]) =>
      (lines: string[]) =>
        lines.toSpliced(to, 0, lines[from] ?? ""),
  ),
  fc.tuple(line, fc.nat({ max: 8 })).map(
    ([at, by]) =>
      (lines: string[]) =>
        lines.with(at % lines.length, " ".repeat(by) + lines[at % lines.length]?.trimStart()),
  ),
  fc.tuple(line, value).map(
    ([at, to]) =>
      (lines: string[]) =>
        lines.with(at % lines.length, `${lines[at % lines.length]}`.replace(/: .*$/, `: ${to.replaceAll("$", "")}`)),
  ),
  fc.tuple(line, value).map(
    ([at, to]) =>
      (lines: string[]) =>
        lines.with(at % lines.length, `${lines[at % lines.length]}`.replace(/[\w-]+(?=:)/, to.replaceAll("$", ""))),
  ),
  fc.tuple(line, value).map(
    ([at, to]) =>
      (lines: string[]) =>
        lines.toSpliced(at, 0, to),
  ),
);

test("a damaged fleet file ends in a fleet or in problems", () => {
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 6 }), (damages) => {
      endsWell(damages.reduce((lines, harm) => (lines.length === 0 ? lines : harm(lines)), LINES).join("\n"));
    }),
    SETTINGS,
  );
});

test("a truncated or spliced fleet file ends in a fleet or in problems", () => {
  fc.assert(
    fc.property(offset, offset, value, (start, end, middle) => {
      endsWell(EXAMPLE.slice(0, start) + middle);
      endsWell(EXAMPLE.slice(0, start) + middle + EXAMPLE.slice(end));
    }),
    SETTINGS,
  );
});

test("random bytes in a fleet file end in a fleet or in problems", () => {
  fc.assert(
    fc.property(offset, fc.uint8Array({ maxLength: 40 }), (at, bytes) => {
      endsWell(bytes);
      const example = Buffer.from(EXAMPLE);
      endsWell(Buffer.concat([example.subarray(0, at), bytes, example.subarray(at + bytes.length)]));
    }),
    SETTINGS,
  );
});

test("any value in place of any other ends in a fleet or in problems", () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom("organisation", "chains", "sites", "hosts", "nodes", "pairs", "hostnames", "people"),
        fc.oneof(
          fc.json(),
          fc
            .array(
              fc.dictionary(
                fc.constantFrom("name", "role", "host", "chain", "site", "id", "serves", "primary", "duties"),
                fc.jsonValue(),
              ),
            )
            .map((list) => JSON.stringify(list)),
        ),
      ),
      (sections) => {
        endsWell(
          Object.entries(sections)
            .map(([key, json]) => `${key}: ${json}`)
            .join("\n"),
        );
      },
    ),
    SETTINGS,
  );
});

test("nesting without end ends in problems", () => {
  for (const depth of [200, 20_000]) {
    endsWell(`a: ${"[".repeat(depth)}`);
    endsWell(`a: ${"[".repeat(depth)}${"]".repeat(depth)}`);
    endsWell(`${"- ".repeat(depth)}a`);
    endsWell(`organisation: ${"{a: ".repeat(depth)}1${"}".repeat(depth)}`);
  }
  endsWell(Array.from({ length: 700 }, (_, depth) => `${" ".repeat(depth)}nodes:`).join("\n"));
});

test("a file full of mistakes is judged in seconds", () => {
  const keys = Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join("\n");
  const nodes = Array.from(
    { length: 2_000 },
    (_, index) => `- {name: n${index}, role: api, host: h${index}, chain: c}`,
  );
  const hosts = Array.from({ length: 2_000 }, (_, index) => `- {name: g${index}, site: s}`);
  const started = performance.now();
  endsWell(keys);
  endsWell(`nodes:\n${nodes.join("\n")}\nhosts:\n${hosts.join("\n")}\n`);
  assert.ok(performance.now() - started < 30_000);
});

function endsWell(content: string | Uint8Array): void {
  try {
    parseFleet(content);
  } catch (error) {
    assert.ok(error instanceof FleetProblems, error instanceof Error ? `${error.stack}` : String(error));
    const lines = Buffer.from(content)
      .toString("utf8")
      .replace(/^\ufeff/, "")
      .split("\n");
    for (const problem of error.problems) {
      const [mark] = problem.marks;
      assert.ok(mark !== undefined, `${problem.code} points nowhere`);
      assert.ok(mark.line >= 1 && mark.line <= lines.length, `${problem.code} is at line ${mark.line}`);
      assert.ok(mark.column >= 1 && mark.column <= (lines[mark.line - 1]?.length ?? 0) + 1, `${problem.where}`);
      assert.ok(problem.message !== "" && !problem.message.includes("undefined"), problem.message);
    }
    const shown = report(error, { limit: 1000 }) + JSON.stringify(error);
    assert.ok(!shown.includes(PRIVATE_KEY), "a private key is repeated");
    assert.ok(!/[^\P{Cc}\n]/u.test(shown), "a control character is repeated");
  }
}
