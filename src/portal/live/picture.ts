/**
 * What the page knows: the last state of everything, and whether news still comes. Pure: messages in, a new picture
 * out. Its lists stay as short as the server's, however long the page is left open.
 */
import type { HappeningView, RoundView, StateView, UpdateView } from "../../api/views.ts";

/** As many as the server shows of each chain. */
const SHOWN_ROUNDS = 24;
/** As many as the server shows. */
const SHOWN_HAPPENINGS = 100;

export type News =
  | { kind: "state"; state: StateView; at: number }
  | { kind: "update"; update: UpdateView; at: number }
  /** The stream is cut; it is opened again. */
  | { kind: "lost" };

export interface Picture {
  link: "opening" | "live" | "lost";
  state?: StateView;
  /** When the last message came, by the browser's clock, ms since 1970. */
  heardAt?: number;
}

export const NOTHING_YET: Picture = { link: "opening" };

export function withNews(picture: Picture, news: News): Picture {
  switch (news.kind) {
    case "state":
      return { link: "live", state: news.state, heardAt: news.at };
    case "update":
      // changes of something unknown say nothing
      if (picture.state === undefined) return picture;
      return { link: "live", state: withUpdate(picture.state, news.update), heardAt: news.at };
    case "lost":
      return { ...picture, link: "lost" };
  }
}

/** The server's time, going on from its last message by the browser's clock, which may be set differently. */
export function serverTime({ state, heardAt }: Picture, browserTime: number): number {
  if (state === undefined || heardAt === undefined) return browserTime;
  return state.now + Math.max(0, browserTime - heardAt);
}

export function withUpdate(state: StateView, update: UpdateView): StateView {
  return {
    ...state,
    now: update.now,
    recording: update.recording ?? state.recording,
    chains: replaced(state.chains, update.chains, byName),
    nodes: replaced(state.nodes, update.nodes, byName),
    pairs: replaced(state.pairs, update.pairs, byName),
    rounds: update.rounds === undefined ? state.rounds : lastOfEachChain(replaced(state.rounds, update.rounds, bySlot)),
    happenings:
      update.happenings === undefined
        ? state.happenings
        : newestFirst(replaced(state.happenings, update.happenings, ({ id }) => id)),
  };
}

const byName = ({ name }: { name: string }): string => name;
const bySlot = ({ chain, startSlot }: RoundView): string => `${chain}/${startSlot}`;

/** Items that changed take the place of what they were; new ones come last. */
function replaced<Item>(items: Item[], changed: Item[] | undefined, keyOf: (item: Item) => string): Item[] {
  if (changed === undefined) return items;
  const byKey = new Map(items.map((item) => [keyOf(item), item]));
  for (const item of changed) byKey.set(keyOf(item), item);
  return [...byKey.values()];
}

function lastOfEachChain(rounds: RoundView[]): RoundView[] {
  const byChain = Map.groupBy(rounds, ({ chain }) => chain);
  return [...byChain.values()].flatMap((ofChain) =>
    ofChain.sort((a, b) => a.startSlot - b.startSlot).slice(-SHOWN_ROUNDS),
  );
}

function newestFirst(happenings: HappeningView[]): HappeningView[] {
  return happenings.sort((a, b) => b.at - a.at).slice(0, SHOWN_HAPPENINGS);
}
