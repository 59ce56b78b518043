/** `atalaya watch`: a line for each finished round and each thing that happens, until it is interrupted. */
import { Readable } from "node:stream";
import { Command } from "commander";
import type { HappeningView, RoundView, StateView, UpdateView } from "../../api/views.ts";
import { messageOf, Problem } from "../../kit/problem.ts";
import { english } from "../../words/english.ts";
import { clock, paint, paintLevel, print } from "../output.ts";
import { open, type SourceOptions, withSource } from "../source.ts";
import { letter } from "./rounds.ts";

export function watchCommand(): Command {
  return withSource(new Command("watch"))
    .description("print rounds and happenings as they come, until Ctrl-C")
    .option("--json", "print each message of /api/events as a line of JSON")
    .addHelpText("after", "\nIt ends with 0 at Ctrl-C, and with 69 when the portal ends the stream.")
    .action(async (options: SourceOptions & { json?: true }) => {
      // Ctrl-C is how this command ends, not how it fails
      process.once("SIGINT", () => process.exit());
      const answer = await open(options, "/api/events");
      const printer = new Printer();
      for await (const data of messagesOf(answer)) {
        if (options.json) print(data);
        else printer.take(JSON.parse(data) as UpdateView);
      }
    });
}

/** The data of each server-sent event. Never ends well: throws `CLI_STREAM_ENDED`. */
async function* messagesOf({ body, url }: Response): AsyncGenerator<string> {
  let reason = "";
  try {
    let rest = "";
    for await (const text of Readable.fromWeb(body ?? new ReadableStream()).setEncoding("utf8")) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.startsWith("data: ")) yield line.slice("data: ".length);
    }
  } catch (thrown) {
    reason = `: ${messageOf(thrown)}`;
  }
  throw new Problem({
    code: "CLI_STREAM_ENDED",
    message: `the portal has ended the stream${reason}`,
    where: url,
    help: "see whether Atalaya still runs there, and run this command again",
  });
}

class Printer {
  private readonly printed = new Set<string>();
  /** Rounds under way. */
  private readonly open = new Set<string>();
  /** Happenings of a round that is not over: what is said of it still grows, and is told once. */
  private readonly waiting = new Map<string, HappeningView>();
  /** What was there before is not told as news. */
  private isFirst = true;

  /** The first message is the whole state, which has the same lists. */
  take(update: UpdateView | StateView): void {
    for (const round of update.rounds ?? []) this.round(round);
    if (!this.isFirst) for (const happening of update.happenings ?? []) this.waiting.set(happening.id, happening);
    this.isFirst = false;
    for (const [id, happening] of this.waiting) {
      if (happening.kind === "round" && this.open.has(`${happening.chain}/${happening.facts.startSlot}`)) continue;
      this.waiting.delete(id);
      print(happeningLine(happening));
    }
  }

  /** A round is printed once, when nothing in it is due any more. */
  private round(round: RoundView): void {
    const key = `${round.chain}/${round.startSlot}`;
    if (round.slots.some(({ state }) => state === "due")) {
      this.open.add(key);
      return;
    }
    this.open.delete(key);
    if (this.printed.has(key)) return;
    this.printed.add(key);
    if (this.isFirst) return;
    const slots = round.slots.map(({ state }) => letter(state)).join("");
    print(`${clock(round.startsAt)}  ${slots}  ${round.ours ? paint("bold", round.producer) : round.producer}`);
  }
}

function happeningLine(happening: HappeningView): string {
  return `${clock(happening.at)}  ${paintLevel(happening.level, english.happening(happening))}`;
}
