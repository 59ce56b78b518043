/**
 * Problems as text for a terminal: the sentence, the place in the file with its line, what was expected, what
 * to do. Any {@link Problem} can be shown; those of a fleet file also show the file.
 *
 * Nothing here writes anywhere or looks at the terminal: whether there are colours is the caller's to say.
 */
import { styleText } from "node:util";
import type { Problem } from "../kit/problem.ts";
import { FleetProblem, FleetProblems, type Mark } from "./fleet-problem.ts";

export interface ReportOptions {
  /** ANSI colours; none by default. */
  colour?: boolean;
  /** Problems shown before the rest is only counted; 20 by default. */
  limit?: number;
}

/** The problem, or all problems of a file with their count at the end. Ends in a newline. */
export function report(problem: Problem, options: ReportOptions = {}): string {
  const paint = painter(options.colour ?? false);
  if (!(problem instanceof FleetProblems)) return reportOne(problem, paint);
  const { problems, file } = problem;
  const shown = problems.slice(0, options.limit ?? 20);
  const parts = shown.map((each) => reportOne(each, paint));
  if (problems.length > 1) {
    const rest = problems.length - shown.length;
    parts.push(`${problems.length} problems in ${file}${rest > 0 ? `, ${rest} of them not shown` : ""}\n`);
  }
  return parts.join("\n");
}

type Paint = (style: "red" | "blue" | "cyan" | "bold", text: string) => string;

function painter(colour: boolean): Paint {
  return colour ? (style, text) => styleText(style, text, { validateStream: false }) : (_, text) => text;
}

function reportOne(problem: Problem, paint: Paint): string {
  const lines = [`${paint("red", `error[${problem.code}]`)}: ${paint("bold", problem.message)}`];
  const marks = problem instanceof FleetProblem ? problem.marks : [];
  const width = Math.max(0, ...marks.map((mark) => String(mark.line).length));
  if (problem.where !== undefined) lines.push(`${" ".repeat(width + 1)}${paint("blue", "-->")} ${problem.where}`);
  if (marks.length > 0) lines.push(...frame(marks, width, paint));
  if (problem.expected !== undefined) lines.push(`  ${paint("cyan", "expected:")} ${problem.expected}`);
  if (problem.help !== undefined) lines.push(`  ${paint("cyan", "help:")} ${problem.help}`);
  return `${lines.join("\n")}\n`;
}

/** The marked lines in the order of the file, `^` under the place to mend and `-` under the others. */
function frame(marks: readonly Mark[], width: number, paint: Paint): string[] {
  const gutter = (label: string) => paint("blue", ` ${label.padStart(width)} |`);
  const lines = [gutter("")];
  let previousLine: number | undefined;
  for (const mark of marks.toSorted((one, other) => one.line - other.line || one.column - other.column)) {
    if (previousLine !== undefined && mark.line > previousLine + 1)
      lines.push(paint("blue", `${" ".repeat(width)}...`));
    if (mark.line !== previousLine) lines.push(`${gutter(String(mark.line))} ${mark.text}`.trimEnd());
    const isFirst = mark === marks[0];
    const pointer = (isFirst ? "^" : "-").repeat(mark.length) + (mark.note === undefined ? "" : ` ${mark.note}`);
    const indent = " ".repeat(mark.column - mark.textColumn);
    lines.push(`${gutter("")} ${indent}${paint(isFirst ? "red" : "blue", pointer)}`);
    previousLine = mark.line;
  }
  return lines;
}
