/** What a daemon says while it works, for whoever started it to print. */
import type { Problem } from "../kit/problem.ts";

export type News =
  /** A step begins that takes a moment. */
  | { kind: "doing"; text: string }
  /** It is done; or something worth a line happened. */
  | { kind: "done"; text: string }
  | { kind: "note"; text: string }
  /** Something went wrong that does not stop us. */
  | { kind: "trouble"; problem: Problem };

export type Tell = (news: News) => void;
