/** `atalaya rounds`: rounds of the record, newest last, twelve letters each. */
import { Command, InvalidArgumentError } from "commander";
import type { PastRoundView, SlotState } from "../../api/views.ts";
import { columns } from "../../kit/columns.ts";
import { clock, paint, paintLevel, print, printJson } from "../output.ts";
import { read, type SourceOptions, withSource } from "../source.ts";

interface RoundsOptions extends SourceOptions {
  chain?: string;
  producer?: string;
  limit: string;
  json?: true;
}

export function roundsCommand(): Command {
  return withSource(new Command("rounds"))
    .description("show past rounds: who produced, what was late, missed or orphaned")
    .option("--chain <name>", "chain, as the fleet file names it; the first one by default")
    .option("--producer <account>", "only this producer's rounds")
    .option("--limit <n>", "how many, 1 to 1000", wholeNumber, "20")
    .option("--json", "print JSON: what /api/rounds answers")
    .addHelpText("after", `\nEach slot is a letter: ${LEGEND}.`)
    .action(async ({ chain, producer, limit, json, ...source }: RoundsOptions) => {
      const rounds = await read<PastRoundView[]>(source, "/api/rounds", Array.isArray, { chain, producer, limit });
      if (json) printJson(rounds);
      else print(roundsText(rounds.toReversed()));
    });
}

const LETTERS: Readonly<Record<SlotState, string>> = {
  produced: "█",
  late: "l",
  missed: "m",
  orphaned: "o",
  due: "·",
  unknown: "?",
};
const LEGEND = "█ produced, l late, m missed, o orphaned, · due, ? not watched";

function roundsText(rounds: readonly PastRoundView[]): string {
  if (rounds.length === 0) return "the record holds no such round yet";
  const lines = columns(
    rounds.map(({ startsAt, producer, slots, final }) => [
      clock(startsAt),
      producer,
      slots.map(letter).join(""),
      final ? "" : paint("dim", "not final"),
    ]),
  );
  return `${lines.join("\n")}\n${paint("dim", LEGEND)}\n`;
}

export function letter(state: SlotState): string {
  const text = LETTERS[state];
  if (state === "produced") return paintLevel("ok", text);
  if (state === "late") return paintLevel("warning", text);
  return state === "missed" || state === "orphaned" ? paintLevel("critical", text) : paint("dim", text);
}

/** For options that are whole numbers from 1 up; they stay text, for the query. */
export function wholeNumber(text: string): string {
  if (/^[1-9]\d{0,8}$/.test(text)) return text;
  throw new InvalidArgumentError("It must be a whole number from 1 up.");
}
