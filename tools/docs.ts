/** `npm run docs`: writes the documents that are made from the code. A test fails while one of them is out of date. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatedDocs, ROOT } from "./reference/generated-docs.ts";

for (const [path, content] of Object.entries(generatedDocs())) {
  writeFileSync(join(ROOT, path), content);
  process.stdout.write(`${path}\n`);
}
