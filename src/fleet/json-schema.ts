/**
 * The fleet file's schema for editors: with it, an editor completes keys, shows what they mean and underlines
 * mistakes while one types. It says less than loading does; `atalaya fleet check` has the last word.
 *
 * A generated copy is in schema/fleet.schema.json; a fleet file points to it in its first line.
 */
import { type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import { fleetSchema } from "./schema.ts";

/** JSON Schema, draft 7, which is what editors understand best. */
export function fleetJsonSchema(): JsonSchema {
  const { $schema, ...schema } = toJsonSchema(fleetSchema, {
    typeMode: "input",
    // Checks in code have a pattern beside them where one can say as much.
    ignoreActions: ["raw_check", "guard"],
  });
  return {
    ...($schema === undefined ? {} : { $schema }),
    title: "Fleet of a block producer",
    description: "Declares the whole operation of an Antelope block producer for Atalaya. Reference: docs/fleet.md",
    ...schema,
  };
}
