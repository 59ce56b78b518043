/**
 * Looks into the schema itself: which keys a mapping may have, what a value at a path should be. Errors about
 * unknown keys, suggestions and the reference are made from it, so they never disagree with what is checked.
 */
import type * as v from "valibot";
import type { Path } from "./finding.ts";

export type Schema = v.GenericSchema;
export type Entries = Readonly<Record<string, Schema>>;

/** The schema without `optional` around it. */
export function inner(schema: Schema): Schema {
  return schema.type === "optional" ? inner((schema as Schema & { wrapped: Schema }).wrapped) : schema;
}

/** True where a key may be left out. */
export function isOptional(schema: Schema): boolean {
  return schema.type === "optional";
}

/** Schema of a list's entries. */
export function itemOf(schema: Schema): Schema | undefined {
  const list = inner(schema);
  return list.type === "array" ? (list as Schema & { item: Schema }).item : undefined;
}

/** The words a value may be, where it is one of a few. */
export function choicesOf(schema: Schema): string[] | undefined {
  const choice = inner(schema);
  if (choice.type === "literal") return [String((choice as Schema & { literal: unknown }).literal)];
  return choice.type === "picklist" ? (choice as Schema & { options: unknown[] }).options.map(String) : undefined;
}

/** The mappings that one of several may be, told apart by a key. */
export function variantsOf(schema: Schema): { key: string; options: Schema[] } | undefined {
  const variant = inner(schema);
  return variant.type === "variant" ? (variant as Schema & { key: string; options: Schema[] }) : undefined;
}

/** Keys of a mapping. Of several kinds of mapping the one that `value` says it is, else all keys of all kinds. */
export function entriesOf(schema: Schema, value?: unknown): Entries | undefined {
  const mapping = inner(schema);
  if (mapping.type === "strict_object") return (mapping as Schema & { entries: Entries }).entries;
  const variants = variantsOf(mapping);
  if (variants === undefined) return undefined;
  const kind = isMapping(value) ? value[variants.key] : undefined;
  const candidates = variants.options.map((option) => entriesOf(option) ?? {});
  const chosen = candidates.find((entries) => choicesOf(entries[variants.key] ?? NOTHING)?.includes(String(kind)));
  if (chosen !== undefined) return chosen;
  const choices = candidates.flatMap((entries) => choicesOf(entries[variants.key] ?? NOTHING) ?? []);
  return { ...Object.assign({}, ...candidates), [variants.key]: { ...NOTHING, type: "picklist", options: choices } };
}

/** What should stand at a path of `value`. */
export function schemaAt(schema: Schema, value: unknown, path: Path): Schema | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return schema;
  const entries = entriesOf(schema, value);
  const next = typeof step === "number" ? itemOf(schema) : own(entries, step);
  const below =
    isMapping(value) || Array.isArray(value) ? (value as Record<string | number, unknown>)[step] : undefined;
  return next === undefined ? undefined : schemaAt(next, below, rest);
}

/** The entry of that very key; never something an object inherits. */
export function own<Value>(record: Readonly<Record<string, Value>> | undefined, key: string): Value | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}

/** True for what YAML calls a mapping. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is expected there, in words. */
export function expectationOf(schema: Schema): string {
  const choices = choicesOf(schema);
  if (choices !== undefined) return `one of ${choices.join(", ")}`;
  const entries = entriesOf(schema);
  if (entries !== undefined) {
    const required = Object.keys(entries).filter((key) => !isOptional(entries[key] ?? NOTHING));
    return required.length > 0
      ? `a mapping with ${required.join(", ")}`
      : `a mapping of ${Object.keys(entries).join(", ")}`;
  }
  const { message } = inner(schema) as Schema & { message?: unknown };
  return typeof message === "string" ? message : "a value";
}

const NOTHING = { kind: "schema", type: "never" } as Schema;
