/**
 * The text of a fleet file with its line numbers, and the only way to show a piece of it: spans that hold a
 * secret come out as asterisks, tabs as arrows, control characters as `?`, and a very long line is cut around
 * the place that is meant.
 */
import { LineCounter } from "yaml";
import type { ProblemFacts } from "../kit/problem.ts";
import { FleetProblem, type Mark } from "./fleet-problem.ts";

/** Offsets into the text, end excluded. */
export interface Span {
  start: number;
  end: number;
}

/** A line longer than this is shown in part. */
const MAX_SHOWN_COLUMNS = 100;

export class Source {
  readonly file: string;
  readonly text: string;
  private readonly masked: string;
  private readonly secrets: readonly string[];
  private readonly lines = new LineCounter();

  /** `secrets`: spans of `text` that must never be shown. */
  constructor(file: string, text: string, secrets: readonly Span[]) {
    this.file = file;
    this.text = text;
    this.masked = mask(text, secrets);
    this.secrets = secrets.map(({ start, end }) => text.slice(start, end)).filter(({ length }) => length >= 6);
    this.lines.addNewLine(0);
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", end + 1)) this.lines.addNewLine(end + 1);
  }

  /** A problem at a place in this file, optionally with further places and what is to be seen there. */
  problem(facts: ProblemFacts, at: Span, also: readonly { at: Span; note: string }[] = []): FleetProblem {
    const mark = this.mark(at);
    const where = `${this.file}:${mark.line}:${mark.column}`;
    return new FleetProblem({ ...this.scrubbed(facts), where }, [
      mark,
      ...also.map(({ at, note }) => ({ ...this.mark(at), note })),
    ]);
  }

  /** Line of an offset, counted from 1. */
  lineAt(offset: number): number {
    return this.lines.linePos(Math.min(offset, this.text.trimEnd().length)).line;
  }

  /** True where the span touches a secret. */
  hides(span: Span): boolean {
    return this.masked.slice(span.start, span.end) !== this.text.slice(span.start, span.end);
  }

  /** Checks do not repeat what is hidden, nor control characters; should one do so after all, this is the last door. */
  private scrubbed(facts: ProblemFacts): ProblemFacts {
    const scrub = (text: string) =>
      printable(this.secrets.reduce((rest, secret) => rest.replaceAll(secret, "***"), text));
    return {
      ...facts,
      message: scrub(facts.message),
      ...(facts.expected === undefined ? {} : { expected: scrub(facts.expected) }),
      ...(facts.help === undefined ? {} : { help: scrub(facts.help) }),
    };
  }

  private mark(span: Span): Mark {
    const start = Math.min(span.start, this.text.trimEnd().length);
    const { line, col: column } = this.lines.linePos(start);
    const lineStart = start - column + 1;
    const newline = this.masked.indexOf("\n", start);
    const lineEnd = newline === -1 ? this.masked.length : newline;
    const whole = printable(this.masked.slice(lineStart, lineEnd).trimEnd().replaceAll("\t", "→"));
    const length = Math.max(1, Math.min(span.end, lineStart + whole.length) - start);
    if (whole.length <= MAX_SHOWN_COLUMNS) return { line, column, length, text: whole, textColumn: 1 };
    const from = Math.max(0, Math.min(column - 1 - MAX_SHOWN_COLUMNS / 4, whole.length - MAX_SHOWN_COLUMNS));
    const text = whole.slice(from, from + MAX_SHOWN_COLUMNS);
    const visible = Math.max(1, Math.min(length, from + text.length - (column - 1)));
    return { line, column, length: visible, text, textColumn: from + 1 };
  }
}

/** One character for one, so that columns stay right. */
export function printable(text: string): string {
  return text.replaceAll("\t", " ").replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, "?");
}

function mask(text: string, secrets: readonly Span[]): string {
  let masked = "";
  let done = 0;
  for (const { start, end } of secrets.toSorted((one, other) => one.start - other.start)) {
    if (end <= done) continue;
    const from = Math.max(start, done);
    masked += text.slice(done, from) + text.slice(from, end).replaceAll(/[^\r\n]/g, "*");
    done = end;
  }
  return masked + text.slice(done);
}
