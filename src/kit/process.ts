/**
 * Three things about processes that Node leaves to the system: that children end when we are killed, whether a process
 * that an earlier run noted is still the same one, and whose child it is.
 */
import { existsSync, readFileSync, readlinkSync } from "node:fs";

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
  return commandLine(pid)?.includes(argument) ?? false;
}

/** The command and arguments of a process; `undefined` when there is none, or nobody can tell. */
export function commandLine(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return undefined;
  }
}

/** Whether process `pid` was started by a living process that runs the program that we run. */
export function isChildOfOurKind(pid: number): boolean {
  try {
    // the command's name, in brackets, may hold anything; the state and the parent follow
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const parent = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
    return readlinkSync(`/proc/${parent}/exe`) === readlinkSync("/proc/self/exe");
  } catch {
    return false;
  }
}
