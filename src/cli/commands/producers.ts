/** `atalaya producers`: how each producer did lately. */
import { Command } from "commander";
import type { ProducerSummary } from "../../api/views.ts";
import { columns } from "../../kit/columns.ts";
import { paint, paintLevel, print, printJson } from "../output.ts";
import { read, type SourceOptions, withSource } from "../source.ts";
import { wholeNumber } from "./rounds.ts";

interface ProducersOptions extends SourceOptions {
  chain?: string;
  hours: string;
  json?: true;
}

export function producersCommand(): Command {
  return withSource(new Command("producers"))
    .description("show how each producer did: rounds, and slots produced, late, missed, orphaned")
    .option("--chain <name>", "chain, as the fleet file names it; the first one by default")
    .option("--hours <n>", "how many hours to look back", wholeNumber, "24")
    .option("--json", "print JSON: what /api/producers answers")
    .action(async ({ chain, hours, json, ...source }: ProducersOptions) => {
      const producers = await read<ProducerSummary[]>(source, "/api/producers", Array.isArray, { chain, hours });
      if (json) printJson(producers);
      else print(producersText(producers));
    });
}

const HEADINGS = ["producer", "rounds", "produced", "late", "missed", "orphaned", "not watched"];

function producersText(producers: readonly ProducerSummary[]): string {
  if (producers.length === 0) return "the record holds no round of that time";
  const rows = producers.map(({ producer, rounds, produced, late, missed, orphaned, unknown }) => [
    producer,
    String(rounds),
    String(produced),
    late > 0 ? paintLevel("warning", String(late)) : "0",
    missed > 0 ? paintLevel("critical", String(missed)) : "0",
    orphaned > 0 ? paintLevel("critical", String(orphaned)) : "0",
    String(unknown),
  ]);
  return columns([HEADINGS.map((heading) => paint("dim", heading)), ...rows], [1, 2, 3, 4, 5, 6]).join("\n");
}
