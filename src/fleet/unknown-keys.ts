/**
 * Keys that nothing reads. Each is an error: a mistyped key that is silently ignored is a setting that one
 * believes in and does not have.
 *
 * The schema would tell of the first one in each mapping only; people want to hear of all at once.
 */
import { type Finding, keyAt, type Path, type Place } from "./finding.ts";
import { nearest } from "./nearest.ts";
import { choicesOf, type Entries, entriesOf, inner, isMapping, itemOf, own, type Schema, variantsOf } from "./shape.ts";
import { printable } from "./source.ts";
import { subjectOf } from "./subject.ts";

export interface UnknownKey {
  finding: Finding;
  /** The key that was probably meant, so that its absence need not be told as well. */
  meant?: Path;
}

/** Every unknown key of a declared value, at any depth. A hidden one is not spelled out. */
export function unknownKeys(schema: Schema, fleet: unknown, isHidden: (place: Place) => boolean): UnknownKey[] {
  return walk(schema, fleet, []);

  function walk(schema: Schema, value: unknown, path: Path): UnknownKey[] {
    const item = itemOf(schema);
    if (item !== undefined) {
      return Array.isArray(value) ? value.flatMap((each, index) => walk(item, each, [...path, index])) : [];
    }
    const entries = entriesOf(schema, value);
    if (entries === undefined || !isMapping(value)) return [];
    return Object.entries(value).flatMap(([key, below]) => {
      const known = own(entries, key);
      return known === undefined ? [unknown(schema, entries, value, path, key)] : walk(known, below, [...path, key]);
    });
  }

  function unknown(schema: Schema, entries: Entries, siblings: object, path: Path, key: string): UnknownKey {
    const holder = path.length === 0 ? "at the top of the file" : `in ${subjectOf(fleet, path)}`;
    const keys = Object.keys(entries);
    const at = keyAt(...path, key);
    const missing = nearest(
      key,
      keys.filter((known) => !Object.hasOwn(siblings, known)),
    );
    const below = missing === undefined ? keyBelow(entries, key) : undefined;
    const given = missing === undefined ? nearest(key, keys) : undefined;
    return {
      finding: {
        code: "FLEET_UNKNOWN_KEY",
        message: isHidden(at) ? `unknown key ${holder}` : `unknown key \`${printable(key).slice(0, 40)}\` ${holder}`,
        at,
        expected: `one of ${keys.join(", ")}`,
        help:
          (missing === undefined ? undefined : `did you mean \`${missing}\`?`) ??
          (given === undefined ? undefined : `\`${given}\` is given as well: remove this one`) ??
          (below === undefined ? undefined : `\`${key}\` belongs under \`${below}\``) ??
          adviceElsewhere(schema, key) ??
          "remove it, or make it a comment with `#`",
      },
      ...(missing === undefined ? {} : { meant: [...path, missing] }),
      ...(below === undefined ? {} : { meant: [...path, below, key] }),
    };
  }
}

/** The key under which an unknown one would be right. */
function keyBelow(entries: Entries, key: string): string | undefined {
  return Object.keys(entries).find((name) => own(entriesOf(inner(entries[name] as Schema)), key) !== undefined);
}

/** What to do about a key that is right elsewhere, or that is no key at all. */
function adviceElsewhere(schema: Schema, key: string): string | undefined {
  if (key === "<<") return "merge keys are not part of YAML 1.2: give the whole value an anchor and repeat it by alias";
  if (key.startsWith("-")) return "write a space after the dash";
  const variants = variantsOf(schema);
  const takers = variants?.options.filter((option) => own(entriesOf(option), key) !== undefined) ?? [];
  if (variants !== undefined && takers.length > 0) {
    const kinds = takers.flatMap((option) => kindsOf(option, variants.key));
    return `only a node with the ${variants.key} ${either.format(kinds)} has \`${key}\``;
  }
  return undefined;
}

const either = new Intl.ListFormat("en-GB", { type: "disjunction" });

function kindsOf(option: Schema, key: string): string[] {
  const kind = own(entriesOf(option), key);
  return kind === undefined ? [] : (choicesOf(kind) ?? []);
}
