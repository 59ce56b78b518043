/** The program: reads the command line, runs one command, says what went wrong in words and by its exit code. */
import { readFileSync } from "node:fs";
import { CommanderError } from "commander";
import { report } from "../fleet/report.ts";
import { messageOf, Problem } from "../kit/problem.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { hasColours } from "./output.ts";
import { makeProgram } from "./program.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

try {
  await makeProgram(version).parseAsync();
} catch (thrown) {
  process.exitCode = tell(thrown);
}

function tell(thrown: unknown): number {
  // commander has said it already; help and version end this way too
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (thrown instanceof Problem) {
    process.stderr.write(report(thrown, { colour: hasColours(process.stderr) }));
    return exitCodeOf(thrown);
  }
  const defect = new Problem({
    code: "CLI_DEFECT",
    message: messageOf(thrown),
    help: "this is a defect of Atalaya: please report the command and this message",
  });
  process.stderr.write(report(defect, { colour: hasColours(process.stderr) }));
  return EXIT.defect;
}
