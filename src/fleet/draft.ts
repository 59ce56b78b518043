/**
 * A declared value that may be wrong anywhere, as the rules read it: what has the right shape is there, the
 * rest is not, and the schema has told of it already. So one mistyped key never hides the mistakes around it.
 */
import * as v from "valibot";
import { fleetSchema } from "./schema.ts";
import { isMapping, isOptional } from "./shape.ts";
import { SECTIONS, type Section } from "./subject.ts";
import { domain, isOwnName } from "./text-form.ts";

/** One entry of a section. */
export interface Entry {
  section: Section;
  index: number;
  /** Undefined where it has none, or one that is not text. */
  name: string | undefined;
  value: Readonly<Record<string, unknown>>;
}

const OPTIONAL = new Set(
  Object.entries(fleetSchema.entries).flatMap(([key, schema]) => (isOptional(schema) ? key : [])),
);

interface SectionIndex {
  entries: readonly Entry[];
  byName: ReadonlyMap<string, Entry>;
  names: readonly string[];
  isComplete: boolean;
}

export class Draft {
  /** The declared value as it was written. */
  readonly fleet: unknown;
  private readonly sections: ReadonlyMap<Section, SectionIndex>;

  constructor(fleet: unknown) {
    this.fleet = fleet;
    const sections = Object.keys(SECTIONS) as Section[];
    this.sections = new Map(sections.map((section) => [section, indexOf(fleet, section)]));
  }

  /** The entries of a section that are mappings. */
  entries(section: Section): readonly Entry[] {
    return this.sections.get(section)?.entries ?? [];
  }

  /** The first entry of that name. */
  named(section: Section, name: string | undefined): Entry | undefined {
    return name === undefined ? undefined : this.sections.get(section)?.byName.get(name);
  }

  /** Every name in a section, once. */
  names(section: Section): readonly string[] {
    return this.sections.get(section)?.names ?? [];
  }

  /** True where every entry has a good name, so that a name which is not among them cannot be one of them. */
  isComplete(section: Section): boolean {
    return this.sections.get(section)?.isComplete ?? false;
  }

  /** The organisation's domain, if it is one. */
  domain(): string | undefined {
    const organisation = isMapping(this.fleet) ? this.fleet.organisation : undefined;
    const declared = isMapping(organisation) ? organisation.domain : undefined;
    return v.is(domain, declared) ? declared : undefined;
  }
}

function indexOf(fleet: unknown, section: Section): SectionIndex {
  const list: unknown = isMapping(fleet) ? fleet[section] : undefined;
  const items: readonly unknown[] = Array.isArray(list) ? list : [];
  const entries = items.flatMap((value, index) =>
    isMapping(value) ? [{ section, index, name: textOf(value.name), value }] : [],
  );
  const byName = new Map<string, Entry>();
  for (const entry of entries.toReversed()) if (entry.name !== undefined) byName.set(entry.name, entry);
  const named = entries.filter(({ name }) => name !== undefined && isOwnName(name)).length;
  const names = [...new Set(entries.flatMap(({ name }) => name ?? []))];
  // A section that may be left out and is left out holds nothing, and that is all it holds.
  const isKnown = Array.isArray(list) || (list === undefined && OPTIONAL.has(section));
  return { entries, byName, names, isComplete: isKnown && named === items.length };
}

/** A value of an entry, if it is text. */
export function text(entry: Entry | undefined, key: string): string | undefined {
  return entry === undefined ? undefined : textOf(entry.value[key]);
}

/** The texts among the values of a list. */
export function texts(entry: Entry, key: string): { index: number; text: string }[] {
  const list = entry.value[key];
  if (!Array.isArray(list)) return [];
  return list.flatMap((value: unknown, index) => (typeof value === "string" ? [{ index, text: value }] : []));
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
