/** The documents that are made from the code, by their paths in the checkout. */
import { join } from "node:path";
import { makeProgram } from "../../src/cli/program.ts";
import { cliReference } from "./cli.ts";
import { errorReference } from "./errors.ts";
import { thrownCodes } from "./thrown-codes.ts";

export const ROOT = join(import.meta.dirname, "../..");

export function generatedDocs(): Readonly<Record<string, string>> {
  return {
    "docs/cli.md": cliReference(makeProgram("")),
    "docs/errors.md": errorReference(thrownCodes(join(ROOT, "src"))),
  };
}
