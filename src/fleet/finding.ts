/**
 * A mistake as the checks tell it: at a path in the declared value, not yet at a line and column. The checks
 * stay plain functions over plain values this way; load.ts looks up the lines.
 */
import type { ProblemFacts } from "../kit/problem.ts";

/** Keys and list positions from the top of the file: `["nodes", 0, "host"]`. */
export type Path = readonly (string | number)[];

export interface Place {
  path: Path;
  /**
   * What of it to point at: the `key`, the `value`, or for a mapping as a whole its `head`, that is its name or
   * else its first line.
   */
  part: "key" | "value" | "head";
}

export interface Finding extends Omit<ProblemFacts, "where" | "cause"> {
  at: Place;
  /** Further places that it concerns. */
  also?: readonly { at: Place; note: string }[];
}

/** The place of a value. */
export function valueAt(...path: Path): Place {
  return { path, part: "value" };
}

/** The place of a key. */
export function keyAt(...path: Path): Place {
  return { path, part: "key" };
}

/** The place of a mapping as a whole. */
export function headAt(...path: Path): Place {
  return { path, part: "head" };
}
