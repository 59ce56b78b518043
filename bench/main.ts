/** `npm run bench -- NAME [--json] [--quick]`: measures, and says which goals are met. */
import { Argument, Command } from "commander";
import { columns } from "../src/kit/columns.ts";
import { type Figure, machine, type Report } from "./figures.ts";
import { sign } from "./sign.ts";
import { start } from "./start.ts";
import { watch } from "./watch.ts";

/** To add a bench, write it in a file of its own and list it here. Progress goes to stderr. */
const BENCHES: Readonly<Record<string, (quick: boolean, say: (text: string) => void) => Promise<Figure[]>>> = {
  sign,
  start,
  watch,
};

await new Command("bench")
  .addArgument(new Argument("<name>", "what to measure").choices(Object.keys(BENCHES)))
  .option("--json", "print one JSON object")
  .option("--quick", "a shorter run: figures are rougher, goals the same")
  .action(async (name: string, { json = false, quick = false }: { json?: boolean; quick?: boolean }) => {
    const figures = (await BENCHES[name]?.(quick, (text) => process.stderr.write(`${text}\n`))) ?? [];
    const report: Report = { bench: name, machine: machine(quick), figures };
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : table(report));
    if (figures.some(({ ok }) => !ok)) process.exitCode = 1;
  })
  .parseAsync();

function table({ bench, machine: { cpu, cores, memoryGiB, node, quick }, figures }: Report): string {
  const rows = figures.map(({ name, value, unit, goal, ok, against }) => [
    ok ? "✓" : "✗",
    name,
    `${value} ${unit}`,
    goal,
    against === undefined ? "" : `against ${against}`,
  ]);
  const heading = `${bench}${quick ? ", quick" : ""}: ${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}`;
  return `${heading}\n${columns(rows).join("\n")}\n`;
}
