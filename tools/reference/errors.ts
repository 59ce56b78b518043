/** docs/errors.md: every problem code, what it means, how the program ends with it and where it comes from. */
import { EXIT, exitCodeOf } from "../../src/cli/exit-code.ts";
import { report } from "../../src/fleet/report.ts";
import { Problem } from "../../src/kit/problem.ts";
import { FAMILIES, type Family } from "./problem-codes.ts";

const EXAMPLE = new Problem({
  code: "API_PORT_IN_USE",
  message: "port 8080 is in use by another program",
  where: "127.0.0.1:8080",
  help: "stop that program (`ss -ltnp 'sport = :8080'` names it), or choose another port with --port",
});

const INTRODUCTION = `# Errors

<!-- Generated from src and tools/reference/problem-codes.ts by \`npm run docs\`: change it there. -->

What goes wrong is told as a problem: a code that never changes its meaning, a sentence with what was found, where it was found, what was expected, and what to do.

\`\`\`text
${report(EXAMPLE).trimEnd()}
\`\`\`

Match the code in scripts, never the sentence. With \`--json\`, and in answers of the API, a problem is \`{ "error": { code, message, where?, expected?, help? } }\`; the API never says where. The last column is the exit code of a command that ends with it. What only the library raises reaches an operator inside of another problem.`;

/** Markdown; ends in a newline. `thrown`: files by code. */
export function errorReference(thrown: ReadonlyMap<string, readonly string[]>): string {
  return `${[INTRODUCTION, ...FAMILIES.map((family) => chapter(family, thrown))].join("\n\n")}\n`;
}

function chapter({ title, codes }: Family, thrown: ReadonlyMap<string, readonly string[]>): string {
  const rows = Object.entries(codes).map(([code, meaning]) => {
    const files = (thrown.get(code) ?? []).map((path) => `[${path}](../src/${path})`);
    return `| \`${code}\` | ${meaning} | ${files.join(", ")} | ${exitCode(code)} |`;
  });
  return [`## ${title}`, ["| code | meaning | raised in | exit |", "|---|---|---|---|", ...rows].join("\n")].join(
    "\n\n",
  );
}

function exitCode(code: string): number {
  return code === "CLI_NOT_UNDERSTOOD" ? EXIT.usage : exitCodeOf(new Problem({ code, message: "" }));
}
