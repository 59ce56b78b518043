/**
 * Two things about child processes that Node leaves to the system: that they end when we are killed, and
 * whether a process that an earlier run noted is still the same one.
 */
import { existsSync, readFileSync } from "node:fs";

/** A command and its first arguments. */
export type Program = readonly [string, ...string[]];

const SETPRIV = "/usr/bin/setpriv";

/**
 * The same command, which the kernel sends `signal` when the thread that started it ends, however it ends. On
 * systems without `setpriv` (part of Debian's base) the command as it is.
 */
export function endingWithUs([command, ...args]: Program, signal: "TERM" | "INT" | "KILL"): Program {
  return existsSync(SETPRIV) ? [SETPRIV, "--pdeathsig", signal, "--", command, ...args] : [command, ...args];
}

/**
 * Whether process `pid` runs and has `argument` in its command line: pids are used again. Without `/proc`
 * nobody can tell, and a stranger must not be signalled: false.
 */
export function runsWith(pid: number, argument: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(argument);
  } catch {
    return false;
  }
}
