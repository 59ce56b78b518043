/** Every name that refers to something must be the name of something. */
import { type Draft, type Entry, text, texts } from "../draft.ts";
import { type Finding, type Path, valueAt } from "../finding.ts";
import { nearest } from "../nearest.ts";
import { ROLES } from "../schema.ts";
import { SECTIONS, type Section, subjectOf } from "../subject.ts";
import { isOwnName } from "../text-form.ts";
import type { Rule } from "./rule.ts";

/** Which key of which section names an entry of which other section. */
const REFERENCES = [
  { from: "sites", key: "caretaker", to: "people" },
  { from: "hosts", key: "site", to: "sites" },
  { from: "nodes", key: "host", to: "hosts" },
  { from: "nodes", key: "chain", to: "chains" },
  { from: "peers", key: "chain", to: "chains" },
  { from: "pairs", key: "chain", to: "chains" },
  { from: "pairs", key: "primary", to: "nodes" },
  { from: "pairs", key: "secondary", to: "nodes" },
  { from: "hostnames", key: "serves", to: "nodes" },
] as const satisfies readonly { from: Section; key: string; to: Section }[];

/** Names must exist; so must at least one node of a role that a hostname serves. */
export const references: Rule = (draft) =>
  REFERENCES.flatMap(({ from, key, to }) =>
    draft.entries(from).flatMap((entry) => namesIn(entry, key).flatMap((name) => dangling(draft, entry, to, name))),
  );

interface Name {
  text: string;
  path: Path;
}

function namesIn(entry: Entry, key: string): Name[] {
  const path = [entry.section, entry.index, key];
  const single = text(entry, key);
  if (single !== undefined) return [{ text: single, path }];
  return texts(entry, key).map(({ text, index }) => ({ text, path: [...path, index] }));
}

function dangling(draft: Draft, entry: Entry, to: Section, { text: name, path }: Name): Finding[] {
  const role = /^role:([a-z0-9-]+)$/.exec(name)?.[1];
  if (role !== undefined) return unservedRole(draft, entry, role, path);
  // What is not in the form of a name was told already; an entry without a name might be the one that is meant.
  if (!isOwnName(name) || !draft.isComplete(to) || draft.named(to, name) !== undefined) return [];
  const known = draft.names(to);
  const near = nearest(name, known);
  const thing = SECTIONS[to];
  return [
    {
      code: "FLEET_UNKNOWN_NAME",
      message: `${subjectOf(draft.fleet, path.slice(0, 2))} names ${thing} \`${name}\`, which does not exist`,
      at: valueAt(...path),
      expected:
        known.length > 1 && known.length <= 12 ? `one of ${known.join(", ")}` : (known[0] ?? `the name of a ${thing}`),
      help: near === undefined ? `declare it under \`${to}\`` : `the nearest ${thing} is \`${near}\``,
    },
  ];
}

function unservedRole(draft: Draft, entry: Entry, role: string, path: Path): Finding[] {
  const roles = [...new Set(draft.entries("nodes").flatMap((node) => text(node, "role") ?? []))];
  const isJudgeable = draft.isComplete("nodes") && roles.every((each) => Object.hasOwn(ROLES, each));
  if (roles.includes(role) || !isJudgeable) return [];
  const near = nearest(role, roles);
  return [
    {
      code: "FLEET_UNKNOWN_NAME",
      message: `${subjectOf(draft.fleet, [entry.section, entry.index])} serves nodes of the role \`${role}\`, and there are none`,
      at: valueAt(...path),
      expected: `a role that some node has: ${roles.map((each) => `role:${each}`).join(", ")}`,
      help:
        near === undefined
          ? `declare a node with \`role: ${role}\`, or name another one`
          : `did you mean \`role:${near}\`?`,
    },
  ];
}
