/** A place in the table of rounds, and where the arrow keys lead from it. */

export interface Place {
  startSlot: number;
  /** 0 to 11. */
  index: number;
}

const LAST = 11;

/** Where `key` leads from `place`, in rows that begin at `starts` from top to bottom; `undefined` if nowhere. */
export function moved({ startSlot, index }: Place, key: string, starts: readonly number[]): Place | undefined {
  const row = starts.indexOf(startSlot);
  switch (key) {
    case "ArrowLeft":
      return index > 0 ? { startSlot, index: index - 1 } : undefined;
    case "ArrowRight":
      return index < LAST ? { startSlot, index: index + 1 } : undefined;
    case "ArrowUp":
      return inRow(starts[row - 1], index);
    case "ArrowDown":
      return row === -1 ? undefined : inRow(starts[row + 1], index);
    case "Home":
      return { startSlot, index: 0 };
    case "End":
      return { startSlot, index: LAST };
    default:
      return undefined;
  }
}

function inRow(startSlot: number | undefined, index: number): Place | undefined {
  return startSlot === undefined ? undefined : { startSlot, index };
}

/** The index of `place` if it lies in that row. */
export function sameRow(place: Place | undefined, startSlot: number): number | undefined {
  return place?.startSlot === startSlot ? place.index : undefined;
}
