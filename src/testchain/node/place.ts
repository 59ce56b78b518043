/**
 * A place in nodeos's source, as its log lines and error bodies name it: `file:line:method`. The line is that
 * of the recorded version (1.3.0-dev) where a recording shows one; without one it is 0.
 */
export interface Place {
  file: string;
  line: number;
  method: string;
}

/** Reads `controller.cpp:3637:log_applied` or, where the line is not known, `controller.cpp:log_applied`. */
export function parsePlace(at: string): Place {
  const [file = "", second = "", third] = at.split(":");
  return third === undefined ? { file, line: 0, method: second } : { file, line: Number(second), method: third };
}
