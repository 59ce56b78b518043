/**
 * The known word nearest to a mistyped one, for "did you mean".
 *
 * Distance counts insertions, deletions, replacements and swaps of neighbours (Damerau–Levenshtein, no
 * substring edited twice). A word with more than about a third of its letters wrong gets no suggestion: a bad
 * guess costs the reader more than none.
 */

/** Candidates looked at; a list longer than that is no typing aid, and comparing with all of it takes long. */
const MAX_CANDIDATES = 200;

/** The candidate nearest to `word`, the first one of equals; undefined where none is near enough. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const wanted = fold(word);
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates.slice(0, MAX_CANDIDATES)) {
    const known = fold(candidate);
    const allowed = Math.floor((Math.max(wanted.length, known.length) + 1) / 3);
    if (Math.abs(wanted.length - known.length) > allowed) continue;
    const distance = editDistance(wanted, known);
    if (distance <= allowed && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Upper and lower case, `-` and `_` are how people vary one word, so they cost nothing. */
function fold(word: string): string {
  return word.slice(0, 64).toLowerCase().replaceAll(/[-_ ]/g, "");
}

function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = at(last, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1);
      let distance = Math.min(at(last, column) + 1, at(current, column - 1) + 1, replaced);
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        distance = Math.min(distance, at(beforeLast, column - 2) + 1);
      }
      current.push(distance);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
