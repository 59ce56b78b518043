/** CPU time and memory of a process and all it started, from /proc. */
import { readdirSync, readFileSync } from "node:fs";

export interface Usage {
  pid: number;
  /** The program and what tells it from others of its kind. */
  name: string;
  cpuSeconds: number;
  /** Resident memory; pages shared by several processes count in each. */
  rssBytes: number;
  /** Resident memory in which a shared page counts once, spread over its users. */
  pssBytes: number;
}

const TICKS_PER_SECOND = 100;

/** The process `root` and its descendants that live now. */
export function processTree(root: number): Usage[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    const stat = Number.isInteger(pid) ? statOf(pid) : undefined;
    if (stat !== undefined) parents.set(pid, stat.parent);
  }
  const isOurs = (pid: number | undefined): boolean => pid !== undefined && (pid === root || isOurs(parents.get(pid)));
  return [...parents.keys()].filter(isOurs).flatMap((pid) => usageOf(pid) ?? []);
}

function usageOf(pid: number): Usage | undefined {
  const stat = statOf(pid);
  if (stat === undefined) return undefined;
  const rollup = read(`/proc/${pid}/smaps_rollup`);
  const bytes = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(rollup)?.[1] ?? 0) * 1024;
  return {
    pid,
    name: nameOf(pid),
    cpuSeconds: stat.ticks / TICKS_PER_SECOND,
    rssBytes: bytes("Rss"),
    pssBytes: bytes("Pss"),
  };
}

function statOf(pid: number): { parent: number; ticks: number } | undefined {
  // the name, in brackets, may hold anything
  const fields = read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ");
  if (fields === undefined || fields.length < 13) return undefined;
  return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
}

function nameOf(pid: number): string {
  const words = read(`/proc/${pid}/cmdline`).split("\0").join(" ").trim();
  if (words.includes("src/testchain/node/main.ts")) return `node ${/nodes\/([a-z]+)\//.exec(words)?.[1] ?? ""}`;
  if (words.includes("src/cli/main.ts")) return "atalaya";
  return words.includes("postgres")
    ? `postgres ${/^postgres: (\S+( \S+)?)/.exec(words)?.[1] ?? "server"}`
    : words.slice(0, 40);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // it ended meanwhile, or is not ours to look at
    return "";
  }
}
