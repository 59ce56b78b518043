/**
 * What the schema finds, as sentences: every valibot issue becomes one finding that says what stands there and
 * what was expected. valibot's own words ("Expected string but received 12") never reach anyone.
 */
import * as v from "valibot";
import { type Finding, headAt, keyAt, type Path, type Place, valueAt } from "./finding.ts";
import { nearest } from "./nearest.ts";
import { fleetSchema, ROLES } from "./schema.ts";
import { SECRET_FORM } from "./secret.ts";
import { choicesOf, entriesOf, expectationOf, inner, isMapping, itemOf, type Schema, schemaAt } from "./shape.ts";
import { printable } from "./source.ts";
import { subjectOf } from "./subject.ts";
import { unknownKeys } from "./unknown-keys.ts";

type Issue = v.BaseIssue<unknown>;

/** What the text behind the value says about a place. */
export interface View {
  /** True where a secret stands, which no sentence may repeat. */
  hides(place: Place): boolean;
  /** Places of one offset are one piece of text, that the value may hold several times by alias. */
  offset(place: Place): number;
}

/** Everything about the value's shape: unknown keys, missing keys, wrong types, bad values. */
export function shapeFindings(fleet: unknown, view: View): Finding[] {
  const unknown = unknownKeys(fleetSchema, fleet, (place) => view.hides(place));
  const absence = (path: Path) => `${view.offset(headAt(...path.slice(0, -1)))} ${path.at(-1)}`;
  const explained = new Set(unknown.flatMap(({ meant }) => (meant === undefined ? [] : [absence(meant)])));
  const findings = new Map<string, Finding>();
  for (const issue of issuesOf(fleet)) {
    const path = pathOf(issue);
    const place = JSON.stringify(path);
    // The first issue of a place tells it all; a key that was mistyped is not missing on top of that.
    if (isUnknownKey(issue) || findings.has(place)) continue;
    if (explained.size > 0 && issue.input === undefined && explained.has(absence(path))) continue;
    const finding = findingOf(fleet, issue, path);
    const isSecret = issue.input !== undefined && finding.code !== "FLEET_PLAIN_SECRET" && view.hides(finding.at);
    findings.set(place, isSecret ? withoutValue(fleet, finding, path) : finding);
  }
  return [...unknown.map(({ finding }) => finding), ...findings.values()];
}

/** A node whose role is mistyped is also read as what it probably is, to tell of its other mistakes as well. */
function issuesOf(fleet: unknown): Issue[] {
  const issues: Issue[] = v.safeParse(fleetSchema, fleet).issues ?? [];
  const roles = issues.filter((issue) => issue.type === "variant" && pathOf(issue).at(-1) === "role");
  const meant = new Map(
    roles.flatMap((issue) => {
      const role = typeof issue.input === "string" ? nearest(issue.input, Object.keys(ROLES)) : undefined;
      return role === undefined ? [] : [[pathOf(issue)[1], role] as const];
    }),
  );
  if (meant.size === 0 || !isMapping(fleet) || !Array.isArray(fleet.nodes)) return issues;
  const nodes = fleet.nodes.map((node: unknown, index) =>
    meant.has(index) && isMapping(node) ? { ...node, role: meant.get(index) } : node,
  );
  const more: Issue[] = v.safeParse(fleetSchema, { ...fleet, nodes }).issues ?? [];
  return [...issues, ...more];
}

function pathOf(issue: Issue): Path {
  return (issue.path ?? []).map(({ key }) => key as string | number);
}

function isUnknownKey(issue: Issue): boolean {
  return issue.type === "strict_object" && issue.expected === "never";
}

function findingOf(fleet: unknown, issue: Issue, path: Path): Finding {
  const schema = schemaAt(fleetSchema, fleet, path);
  if (issue.input === undefined && path.length > 0) return missingKey(fleet, schema, path);
  const choices = schema === undefined ? undefined : choicesOf(schema);
  const [expected = "", help] = issue.message.split("\n");
  if (expected === SECRET_FORM && isScalar(issue.input)) return plainSecret(fleet, path);
  if (choices !== undefined && isScalar(issue.input)) return badChoice(fleet, issue.input, choices, path);
  if (issue.kind === "schema") return wrongType(fleet, issue.input, schema, path);
  return {
    code: "FLEET_BAD_VALUE",
    message: `${subjectOf(fleet, path)} is ${shown(issue.input)}`,
    at: valueAt(...path),
    expected,
    help,
  };
}

function withoutValue(fleet: unknown, finding: Finding, path: Path): Finding {
  return {
    ...finding,
    code: "FLEET_PLAIN_SECRET",
    message: `${subjectOf(fleet, path)} holds a secret`,
    help: "keep secrets out of this file",
  };
}

function missingKey(fleet: unknown, schema: Schema | undefined, path: Path): Finding {
  const holder = path.slice(0, -1);
  const key = String(path.at(-1));
  return {
    code: "FLEET_MISSING_KEY",
    message: `${subjectOf(fleet, holder)} has no \`${key}\``,
    at: headAt(...holder),
    expected: schema === undefined ? undefined : expectationOf(schema),
    help: `add \`${key}:\` to ${holder.length === 0 ? "the file" : "it"}`,
  };
}

function plainSecret(fleet: unknown, path: Path): Finding {
  return {
    code: "FLEET_PLAIN_SECRET",
    message: `${subjectOf(fleet, path)} is written out, and this file is no place for a secret`,
    at: valueAt(...path),
    expected: SECRET_FORM,
    help: "say where it is kept: `env:` and the name of a variable, or `file:` and an absolute path",
  };
}

function badChoice(fleet: unknown, found: unknown, choices: readonly string[], path: Path): Finding {
  return {
    code: "FLEET_BAD_CHOICE",
    message: `${subjectOf(fleet, path)} is ${shown(found)}`,
    at: valueAt(...path),
    expected: `one of ${choices.join(", ")}`,
    help: adviceOnChoice(found, choices),
  };
}

function adviceOnChoice(found: unknown, choices: readonly string[]): string | undefined {
  const word = String(found);
  if (choices.includes(word))
    return typeof found === "string" ? "leave out the quotes" : `put it in quotes: \`"${word}"\``;
  const number = /\d+/.exec(word)?.[0];
  const near = nearest(word, choices) ?? choices.find((choice) => choice === number);
  return near === undefined ? undefined : `did you mean \`${near}\`?`;
}

function wrongType(fleet: unknown, found: unknown, schema: Schema | undefined, path: Path): Finding {
  return {
    code: "FLEET_WRONG_TYPE",
    message: `${subjectOf(fleet, path)} is ${typeof found === "string" ? "the text " : ""}${shown(found)}`,
    at: found === null ? keyOrValue(path) : valueAt(...path),
    expected: schema === undefined ? undefined : expectationOf(schema),
    help: schema === undefined ? undefined : adviceOnType(found, schema),
  };
}

function keyOrValue(path: Path): Place {
  return typeof path.at(-1) === "string" ? keyAt(...path) : valueAt(...path);
}

function adviceOnType(found: unknown, schema: Schema): string | undefined {
  const { type } = inner(schema);
  if (type === "array") return adviceOnList(found, itemOf(schema));
  if (Array.isArray(found) && entriesOf(schema) === undefined) return "write one value, without brackets or dashes";
  if (type === "string" && (typeof found === "number" || typeof found === "boolean")) {
    const issue = v.safeParse(schema, String(found)).issues?.[0];
    return issue === undefined ? `put it in quotes: \`"${found}"\`` : issue.message.split("\n")[1];
  }
  const number = type === "number" && typeof found === "string" ? /^\d+(\.\d+)?/.exec(found)?.[0] : undefined;
  if (number === undefined) return undefined;
  return number === found ? "leave out the quotes" : `write the number alone: \`${number}\``;
}

function adviceOnList(found: unknown, item: Schema | undefined): string | undefined {
  if (isMapping(found) && Object.keys(found).some((key) => key.startsWith("-"))) {
    return "write a space after the dash: `- name: …`";
  }
  const isOneWord = typeof found === "string" && /^\S{1,60}$/.test(found);
  if (isOneWord && item !== undefined && entriesOf(item) === undefined) return `write \`[${printable(found)}]\``;
  const isOfMappings = item !== undefined && entriesOf(item) !== undefined;
  return `start each entry with a dash and a space${isOfMappings ? ": `- name: …`" : ""}`;
}

function isScalar(value: unknown): boolean {
  return typeof value !== "object";
}

/** A value as it appears in a sentence. */
function shown(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (isMapping(value)) return "a mapping";
  const text = printable(String(value));
  if (typeof value === "string" && text === "") return "empty text";
  return `${typeof value === "number" ? "the number " : ""}\`${text.length > 60 ? `${text.slice(0, 59)}…` : text}\``;
}
