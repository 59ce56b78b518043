/**
 * The reference of every key in a fleet file, in Markdown, made from the schema. It is the second half of
 * docs/fleet.md; the tutorial above it is written by hand.
 */
import * as v from "valibot";
import { fleetSchema } from "./schema.ts";
import {
  choicesOf,
  type Entries,
  entriesOf,
  expectationOf,
  inner,
  isOptional,
  itemOf,
  type Schema,
  variantsOf,
} from "./shape.ts";

/** The line in docs/fleet.md after which everything is generated. */
export const REFERENCE_MARKER = "<!-- From here on generated from src/fleet/schema.ts: UPDATE=1 npm test -->";

/** Markdown, one chapter for each section of the file. Ends in a newline. */
export function fleetReference(): string {
  const sections = Object.entries(entriesOf(fleetSchema) ?? {});
  return `${["# Every key", ...sections.map(([name, schema]) => section(name, schema))].join("\n\n")}\n`;
}

function section(name: string, schema: Schema): string {
  const item = itemOf(schema);
  const content = item ?? schema;
  const kind = item === undefined ? "A mapping" : "A list";
  const intro = `${v.getDescription(inner(schema)) ?? ""} ${kind}, ${isOptional(schema) ? "optional" : "required"}.`;
  const variants = variantsOf(content);
  const tables =
    variants === undefined
      ? [table(entriesOf(content) ?? {})]
      : variants.options.map((option) => variant(option, variants.key));
  return [`## \`${name}\``, intro.trim(), ...tables].join("\n\n");
}

function variant(option: Schema, key: string): string {
  const entries = entriesOf(option) ?? {};
  const kinds = choicesOf(entries[key] ?? option) ?? [];
  return `### With the ${key} ${kinds.map((kind) => `\`${kind}\``).join(", ")}\n\n${table(entries)}`;
}

function table(entries: Entries): string {
  return ["| key | | value | meaning |", "|---|---|---|---|", ...rows(entries, "")].join("\n");
}

function rows(entries: Entries, prefix: string): string[] {
  const shapes = new Map<string, string>();
  return Object.entries(entries).flatMap(([key, schema]) => {
    const below = entriesOf(itemOf(schema) ?? schema);
    const name = `${prefix}${key}`;
    if (below === undefined) return [row(name, schema, formOf(schema))];
    const isList = itemOf(schema) !== undefined;
    const shape = rows(below, "").join("\n");
    const twin = shapes.get(shape);
    if (twin !== undefined) return [row(name, schema, `a mapping like \`${twin}\``)];
    shapes.set(shape, name);
    return [
      row(name, schema, isList ? "a list of mappings" : "a mapping"),
      ...rows(below, isList ? `${name}[].` : `${name}.`),
    ];
  });
}

function row(name: string, schema: Schema, form: string): string {
  const cells = [`\`${name}\``, need(schema), form, meaning(schema)];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function need(schema: Schema): string {
  if (!isOptional(schema)) return "required";
  const fallback: unknown = v.getDefault(schema);
  return typeof fallback === "string" ? `default \`${fallback}\`` : "optional";
}

function formOf(schema: Schema): string {
  const item = itemOf(schema);
  if (item !== undefined) return `a list, each ${formOf(item)}`;
  const choices = choicesOf(schema);
  if (choices === undefined) return expectationOf(schema);
  return choices.map((choice) => `\`${choice}\``).join(", ");
}

function meaning(schema: Schema): string {
  const described = inner(schema);
  const examples = v.getExamples(described).map((example: unknown) => `\`${asYaml(example)}\``);
  const description = v.getDescription(described) ?? "";
  return examples.length === 0 ? description : `${description} Example: ${examples.join(" or ")}`.trim();
}

function asYaml(example: unknown): string {
  return Array.isArray(example) ? `[${example.join(", ")}]` : String(example);
}
