/**
 * From a fleet file to a Fleet: read, parse, compare with the schema, check, complete, freeze. Every step
 * tells all that it finds; only what cannot be read as YAML at all keeps the later ones from running.
 *
 * Nothing but {@link FleetProblems} is ever thrown at the caller for what stands in a file.
 */
import * as v from "valibot";
import { check } from "./check.ts";
import { completeFleet } from "./complete.ts";
import { FleetDocument } from "./document.ts";
import { decodeFleetFile, readFleetFile } from "./file.ts";
import type { Finding, Place } from "./finding.ts";
import { type FleetProblem, FleetProblems } from "./fleet-problem.ts";
import { shapeFindings } from "./issues.ts";
import { type Fleet, fleetSchema } from "./schema.ts";
import { privateKeySpans, secretSpans } from "./secret-scan.ts";
import { isMapping } from "./shape.ts";
import { printable, Source } from "./source.ts";
import { syntaxProblems } from "./syntax.ts";

/** Reads and checks a fleet file. Throws {@link FleetProblems} with everything that is wrong with it. */
export async function loadFleet(path: string): Promise<Fleet> {
  return parseFleet(await readFleetFile(path), path);
}

/** The same for what was read already; `file` is for messages. */
export function parseFleet(content: string | Uint8Array, file = "fleet.yaml"): Fleet {
  const text = decodeFleetFile(typeof content === "string" ? Buffer.from(content) : content, file);
  const document = new FleetDocument(text);
  const source = new Source(file, text, secretSpans(text, document));
  const leaks = privateKeyProblems(source);
  const unreadable = syntaxProblems(source, document);
  if (unreadable.length > 0) throw new FleetProblems(file, [...leaks, ...unreadable]);

  const fleet = document.plainValue();
  const emptiness = emptinessProblem(source, document, fleet);
  if (emptiness !== undefined) throw new FleetProblems(file, [...leaks, emptiness]);

  const view = {
    hides: (place: Place) => source.hides(document.locate(place)),
    offset: (place: Place) => document.locate(place).start,
  };
  const duplicates = duplicateKeyProblems(source, document);
  // Of a key given twice only one value is left, so whoever names the other one is not to blame.
  const findings = [...shapeFindings(fleet, view), ...(duplicates.length > 0 ? [] : check(fleet))];
  const found = findings.map((finding) => located(source, document, finding));
  const problems = withoutRepeats([...leaks, ...duplicates, ...found]);
  if (problems.length > 0) throw new FleetProblems(file, problems);
  return completeFleet(v.parse(fleetSchema, fleet));
}

function located(source: Source, document: FleetDocument, { at, also = [], ...facts }: Finding): FleetProblem {
  const further = also.map(({ at, note }) => ({ at: document.locate(at), note }));
  return source.problem(facts, document.locate(at), further);
}

function privateKeyProblems(source: Source): FleetProblem[] {
  return privateKeySpans(source.text).map((span) =>
    source.problem(
      {
        code: "FLEET_PRIVATE_KEY",
        message: "a private key stands in this file",
        expected: "only public keys; of private ones, where they are: env:NAME or file:/absolute/path",
        help: "take this key for stolen: replace it on the chain, and keep the new one out of this file and its history",
      },
      span,
    ),
  );
}

function duplicateKeyProblems(source: Source, document: FleetDocument): FleetProblem[] {
  return document.duplicateKeys().map(({ key, first, second }) =>
    source.problem(
      {
        code: "FLEET_DUPLICATE_KEY",
        message: `${source.hides(second) ? "a key" : `key \`${printable(key).slice(0, 40)}\``} is given twice`,
        help: "remove one of them, or start a new entry of the list with `- `",
      },
      second,
      [{ at: first, note: "the first one" }],
    ),
  );
}

/** A file without a fleet in it. */
function emptinessProblem(source: Source, document: FleetDocument, fleet: unknown): FleetProblem | undefined {
  const start = { start: 0, end: 1 };
  if (fleet === undefined) {
    return source.problem(
      {
        code: "FLEET_TOO_MANY_ALIASES",
        message: "aliases of aliases make this file grow without measure",
        expected: "an anchor used at most 1000 times in all",
        help: "write out what the aliases stand for",
      },
      document.lastAlias() ?? start,
    );
  }
  if (fleet === null) {
    return source.problem(
      {
        code: "FLEET_EMPTY",
        message: "nothing is declared in this file",
        help: "start from `examples/pair/fleet.yaml`",
      },
      start,
    );
  }
  if (isMapping(fleet)) return undefined;
  return source.problem(
    {
      code: "FLEET_WRONG_TYPE",
      message: `the file is ${Array.isArray(fleet) ? "a list" : "plain text"}, not a fleet`,
      expected: "a mapping with organisation, chains, sites, hosts, nodes",
      help: "start from `examples/pair/fleet.yaml`",
    },
    document.locate({ path: [], part: "head" }),
  );
}

/** Through aliases, one place can be wrong many times; and of a private key nothing else matters. */
function withoutRepeats(problems: readonly FleetProblem[]): FleetProblem[] {
  const seen = new Set<string>();
  const leaked = new Set(problems.filter(({ code }) => code === "FLEET_PRIVATE_KEY").map(({ where }) => where));
  return problems.filter((problem) => {
    if (problem.code !== "FLEET_PRIVATE_KEY" && leaked.has(problem.where)) return false;
    const key = `${problem.code} ${problem.where}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
