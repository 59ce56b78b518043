/** What the command line's exit codes mean; docs/cli.md lists them. */
import type { Problem } from "../kit/problem.ts";

export const EXIT = {
  /** Done. */
  ok: 0,
  /** What was asked about is wrong: a mistake in a file, a node that fails. */
  failed: 1,
  /** The command was not understood. */
  usage: 64,
  /** Something that is needed does not answer: no Atalaya here, no such node, no database. */
  unavailable: 69,
  /** A defect of Atalaya. */
  defect: 70,
  /** Ended at once by a second Ctrl-C, as shells have it for SIGINT. */
  interrupted: 130,
} as const;

const UNAVAILABLE = /^(UP_NOT_RUNNING|UP_SILENT|UP_NOT_OURS|UP_BUSY|NODE_|P2P_|RECORD_|CLI_NO_ANSWER|CLI_STREAM_ENDED)/;

export function exitCodeOf({ code }: Problem): number {
  if (code === "CLI_DEFECT") return EXIT.defect;
  // what is not even an address cannot fail to answer
  if (/_BAD_(URL|ADDRESS)$/.test(code)) return EXIT.failed;
  return UNAVAILABLE.test(code) ? EXIT.unavailable : EXIT.failed;
}
