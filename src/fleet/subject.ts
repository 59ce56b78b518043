/**
 * What a path in a fleet file is called in a sentence: "node `bp-b`", "`hardware.cpu` of host `sj-1`",
 * "the organisation". Entries of a list go by their name where it is fit to print, else by their number.
 */
import type { Path } from "./finding.ts";
import { isMapping } from "./shape.ts";

/** Sections of a fleet file and what one entry of each is called. */
export const SECTIONS = {
  chains: "chain",
  sites: "site",
  hosts: "host",
  nodes: "node",
  peers: "peer",
  pairs: "pair",
  hostnames: "hostname",
  people: "person",
} as const;
export type Section = keyof typeof SECTIONS;

/** The thing at a path, as the subject of a sentence. */
export function subjectOf(fleet: unknown, path: Path): string {
  const [section, index, ...rest] = path;
  if (section === undefined) return "the fleet";
  if (section === "organisation") return withKeys("the organisation", path.slice(1));
  if (typeof index !== "number") return `\`${section}\``;
  return withKeys(entrySubject(fleet, String(section), index), rest);
}

function entrySubject(fleet: unknown, section: string, index: number): string {
  const list = isMapping(fleet) ? fleet[section] : undefined;
  const entry: unknown = Array.isArray(list) ? list[index] : undefined;
  const name = isMapping(entry) ? entry.name : undefined;
  const noun = Object.hasOwn(SECTIONS, section) ? SECTIONS[section as Section] : section;
  return isPrintableName(name) ? `${noun} \`${name}\`` : `${noun} number ${index + 1}`;
}

/** Positions in lists inside an entry are left out: the line shown says which one it is. */
function withKeys(thing: string, keys: Path): string {
  const dotted = keys.filter((key) => typeof key === "string").join(".");
  return dotted === "" ? thing : `\`${dotted}\` of ${thing}`;
}

/** True for names of the forms that a good file has; anything else is better not repeated. */
export function isPrintableName(name: unknown): name is string {
  return typeof name === "string" && /^[a-z0-9][a-z0-9.-]{0,62}$/.test(name);
}
