/** `atalaya watch`: a line for each finished round and each thing that happens, until it is interrupted. */
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { Command } from "commander";
import type { HappeningView, RoundView, StateView, UpdateView } from "../../api/views.ts";
import { english } from "../../words/english.ts";
import { clock, paint, paintLevel, print } from "../output.ts";
import { open, type SourceOptions, withSource } from "../source.ts";
import { letter } from "./rounds.ts";

export function watchCommand(): Command {
  return withSource(new Command("watch"))
    .description("print rounds and happenings as they come, until Ctrl-C")
    .option("--json", "print each message of /api/events as a line of JSON")
    .action(async (options: SourceOptions & { json?: true }) => {
      const { body } = await open(options, "/api/events");
      if (body === null) return;
      const printer = new Printer();
      for await (const line of createInterface({ input: Readable.fromWeb(body) })) {
        const data = /^data: ?(.*)$/.exec(line)?.[1];
        if (data === undefined) continue;
        if (options.json) print(data);
        else printer.take(JSON.parse(data) as UpdateView);
      }
    });
}

class Printer {
  private readonly rounds = new Set<string>();
  /** What was there before is not told as news. */
  private isFirst = true;

  /** The first message is the whole state, which has the same lists. */
  take(update: UpdateView | StateView): void {
    for (const round of update.rounds ?? []) this.round(round);
    if (!this.isFirst) for (const happening of update.happenings ?? []) print(happeningLine(happening));
    this.isFirst = false;
  }

  /** A round is printed once, when nothing in it is due any more. */
  private round(round: RoundView): void {
    const key = `${round.chain}/${round.startSlot}`;
    if (this.rounds.has(key) || round.slots.some(({ state }) => state === "due")) return;
    this.rounds.add(key);
    if (this.isFirst) return;
    const slots = round.slots.map(({ state }) => letter(state)).join("");
    print(`${clock(round.startsAt)}  ${slots}  ${round.ours ? paint("bold", round.producer) : round.producer}`);
  }
}

function happeningLine(happening: HappeningView): string {
  return `${clock(happening.at)}  ${paintLevel(happening.level, english.happening(happening))}`;
}
