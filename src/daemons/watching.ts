/** The watch loops of a fleet, with the board that shows what they find and the record that keeps it. */
import { Board } from "../api/board.ts";
import { Past } from "../api/past.ts";
import type { StateView } from "../api/views.ts";
import type { Fleet } from "../fleet/schema.ts";
import { Problem } from "../kit/problem.ts";
import type { Database } from "../record/database.ts";
import { Recorder } from "../record/recorder.ts";
import { runWatch } from "../watch/run.ts";
import { type WatchTarget, watchTargets } from "../watch/target.ts";
import type { Tell } from "./news.ts";

export interface Watching {
  board: Board;
  past: Past;
  targets: readonly WatchTarget[];
  stop(): Promise<void>;
}

/** Shown again after a restart. */
const REMEMBERED = { rounds: 24, happenings: 100 };

/** Throws `UP_NOTHING_TO_WATCH`. */
export async function watchFleet(facts: {
  fleet: Fleet;
  mode: StateView["mode"];
  database: Pick<Database, "reader" | "writer">;
  tell: Tell;
}): Promise<Watching> {
  const { fleet, mode, database, tell } = facts;
  const targets = watchTargets(fleet);
  if (targets.length === 0) throw nothingToWatch();
  const past = new Past(database.reader, targets);
  // before anything runs that would have to be stopped
  const rounds = await Promise.all(targets.map((target) => past.rounds(target, { limit: REMEMBERED.rounds })));
  const happenings = await past.happenings(REMEMBERED.happenings);
  const recorder = new Recorder(database.writer, (isWriting, problem) => {
    board.setRecording(isWriting);
    if (problem !== undefined) tell({ kind: "trouble", problem });
  });
  const running = targets.map((target) =>
    runWatch(target, (watch, event) => {
      const { chainId } = watch.target;
      if (event.kind === "round") recorder.round(chainId, event.round);
      for (const { chain: _, ...happening } of board.take(watch, event)) recorder.happening({ chainId, ...happening });
    }),
  );
  const board = new Board({ fleet, mode, watches: running.map(({ watch }) => watch) });
  // it has just been read; the recorder tells when that changes
  board.setRecording(true);
  board.remember(
    rounds.flatMap((newestFirst) => newestFirst.reverse()),
    happenings,
  );
  return {
    board,
    past,
    targets,
    async stop() {
      for (const { stop } of running) stop();
      board.stop();
      await recorder.stop();
    },
  };
}

function nothingToWatch(): Problem {
  return new Problem({
    code: "UP_NOTHING_TO_WATCH",
    message: "the fleet has no node that can be watched",
    expected: "at least one live node with an `http` or `p2p` address",
    help: "give a node its address, or remove its `status: planned`",
  });
}
