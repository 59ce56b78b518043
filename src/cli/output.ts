/** What commands print: text for people with colours on a terminal only, or JSON for programs. */
import { styleText } from "node:util";
import type { Level } from "../api/views.ts";

type Style = Parameters<typeof styleText>[0];

/** Colours if `stream` is a terminal that shows them; `NO_COLOR` and `FORCE_COLOR` have their say. */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, text, { stream });
}

export function hasColours(stream: NodeJS.WriteStream): boolean {
  return paint("red", "x", stream) !== "x";
}

const LEVEL_STYLE: Readonly<Record<Level, Style>> = { ok: "green", warning: "yellow", critical: "red", unknown: "dim" };

export function paintLevel(level: Level, text: string): string {
  return paint(LEVEL_STYLE[level], text);
}

export function print(text: string): void {
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** The time of day, in the reader's zone. */
export function clock(ms: number): string {
  return new Date(ms).toLocaleTimeString("en-GB");
}
