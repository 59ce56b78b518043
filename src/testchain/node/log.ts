/**
 * nodeos's log on stderr, in its line format, so that whatever reads nodeos's logs reads these:
 * `<level 5> <time> <thread 9> <file:line 29> <method 20> ] <message>`.
 */
import { writeSync } from "node:fs";
import { formatTimePoint } from "../../chain/time.ts";
import { parsePlace } from "./place.ts";

export type Level = "debug" | "info" | "warn" | "error";

export interface NodeLog {
  /** `place` is where nodeos says the same, as {@link parsePlace} reads it. */
  write(level: Level, thread: string, place: string, message: string): void;
}

/** Writes to a file descriptor; `debug` lines are left out unless asked for. */
export function nodeLog(now: () => number, debug = false, fd = 2): NodeLog {
  return {
    write(level, thread, place, message) {
      if (level === "debug" && !debug) return;
      const line = formatLine(now(), level, thread, place, message);
      try {
        writeSync(fd, line);
      } catch {
        // a full pipe or a closed terminal must not stop the node
      }
    },
  };
}

/** One line, with its end: file names are cut at 22 characters and method names at 20, as nodeos cuts them. */
export function formatLine(nowMs: number, level: Level, thread: string, place: string, message: string): string {
  const { file, line, method } = parsePlace(place);
  const source = `${file.slice(0, 22)}:${line}`.padEnd(29);
  return `${level.padEnd(5)} ${formatTimePoint(nowMs)} ${thread.padEnd(9)} ${source} ${method.slice(0, 20).padEnd(20)} ] ${message}\n`;
}

/** Characters 8..23 of a block id, as nodeos logs it. */
export function shortId(id: string): string {
  return `${id.slice(8, 24)}...`;
}
