/** What a bench reports: figures with their goals, and the machine that they were measured on. */
import { cpus, totalmem } from "node:os";

export interface Figure {
  /** What was measured, in words. */
  name: string;
  value: number;
  unit: string;
  /** The bar as text, like "≤ 20 s"; "for comparison" where there is none. */
  goal: string;
  ok: boolean;
  /** What it stands beside: the same work done another way, in the same run. */
  against?: string;
}

export interface Report {
  bench: string;
  machine: { cpu: string; cores: number; memoryGiB: number; node: string; quick: boolean };
  figures: Figure[];
}

/** A figure that must not be above `most`. */
export function atMost(name: string, value: number, most: number, unit: string, against?: string): Figure {
  return figure(name, value, unit, `≤ ${most} ${unit}`, value <= most, against);
}

/** A figure that is only there to be compared with. */
export function comparison(name: string, value: number, unit: string, against?: string): Figure {
  return figure(name, value, unit, "for comparison", true, against);
}

function figure(name: string, value: number, unit: string, goal: string, ok: boolean, against?: string): Figure {
  return { name, value: Number(value.toPrecision(4)), unit, goal, ok, ...(against !== undefined && { against }) };
}

export function machine(quick: boolean): Report["machine"] {
  const [first] = cpus();
  return {
    cpu: first?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    quick,
  };
}

/** The value below which `share` of them lie: 0.5 is the median. NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
