/** The program: reads the command line, runs one command, says what went wrong in words and by its exit code. */
import { readFileSync } from "node:fs";
import { CommanderError } from "commander";
import { report } from "../fleet/report.ts";
import { messageOf, Problem } from "../kit/problem.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { hasColours, print } from "./output.ts";
import { makeProgram } from "./program.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

const wantsJson = process.argv.includes("--json");
/** Its work is not its output: it goes on when the terminal is closed or whoever read it has left. */
const isMainJob = process.argv[2] === "up";

process.stdout.on("error", (cause: NodeJS.ErrnoException) => {
  if (isMainJob) return;
  // `head` has seen enough
  if (cause.code === "EPIPE") process.exit(EXIT.ok);
  process.exit(
    say(new Problem({ code: "CLI_OUTPUT_LOST", message: `the output was lost: ${messageOf(cause)}`, cause })),
  );
});
process.stderr.on("error", () => {});
process.on("uncaughtException", (thrown) => {
  process.exit(tell(thrown));
});

try {
  await makeProgram(version).parseAsync();
} catch (thrown) {
  process.exitCode = tell(thrown);
}

/** Says what was thrown; returns the exit code for it. */
function tell(thrown: unknown): number {
  if (thrown instanceof CommanderError) {
    // help and version end this way too, and commander has said everything already
    if (thrown.exitCode === 0) return EXIT.ok;
    const message = thrown.message.replace(/^error: /, "");
    if (wantsJson) printError(new Problem({ code: "CLI_NOT_UNDERSTOOD", message }));
    return EXIT.usage;
  }
  const problem = thrown instanceof Problem ? thrown : defect(thrown);
  if (wantsJson) printError(problem);
  return say(problem);
}

/** With `--json` even a failure is JSON, on one line lest it break a stream of such lines. */
function printError(error: Problem): void {
  print(JSON.stringify({ error }));
}

function say(problem: Problem): number {
  process.stderr.write(report(problem, { colour: hasColours(process.stderr) }));
  return exitCodeOf(problem);
}

function defect(thrown: unknown): Problem {
  return new Problem({
    code: "CLI_DEFECT",
    message: messageOf(thrown),
    help: "this is a defect of Atalaya: please report the command and this message",
    cause: thrown,
  });
}
