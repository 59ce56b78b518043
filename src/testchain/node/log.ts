/**
 * nodeos's log on stderr, in its line format, so that whatever reads nodeos's logs reads these:
 * `<level 5> <time> <thread 9> <file:line 29> <method 20> ] <message>`.
 */
import { writeSync } from "node:fs";
import { formatTimePoint } from "../../chain/time.ts";

export type Level = "debug" | "info" | "warn" | "error";

export interface NodeLog {
  /** `place` is `file.cpp:method` of the line in nodeos that says the same. */
  write(level: Level, thread: string, place: string, message: string): void;
}

/** Writes to a file descriptor; `debug` lines are left out unless asked for. */
export function nodeLog(now: () => number, debug = false, fd = 2): NodeLog {
  return {
    write(level, thread, place, message) {
      if (level === "debug" && !debug) return;
      const colon = place.indexOf(":");
      const file = `${place.slice(0, colon).slice(0, 22).padEnd(22)}:1`.padEnd(29);
      const method = place
        .slice(colon + 1)
        .slice(0, 20)
        .padEnd(20);
      const line = `${level.padEnd(5)} ${formatTimePoint(now())} ${thread.padEnd(9)} ${file} ${method} ] ${message}\n`;
      try {
        writeSync(fd, line);
      } catch {
        // a full pipe or a closed terminal must not stop the node
      }
    },
  };
}

/** Characters 8..23 of a block id, as nodeos logs it. */
export function shortId(id: string): string {
  return `${id.slice(8, 24)}...`;
}
