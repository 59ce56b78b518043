/**
 * The rounds of a chain, newest first: a row each, a cell for each of its twelve slots. Cells say more of themselves
 * under the pointer, at a tap, and to the keyboard: the table is one stop of the tab key, arrows move inside it.
 */
import { Fragment, type RefObject } from "preact";
import { useRef, useState } from "preact/hooks";
import type { RoundView } from "../../api/views.ts";
import { useLanguage } from "../settings/language-context.ts";
import { Legend } from "./legend.tsx";
import { RoundRow } from "./round-row.tsx";
import { moved, type Place, sameRow } from "./slot-place.ts";

/** A narrow page shows this many until it is asked for more; a wide one shows all. */
const FEW_ROUNDS = 8;
const SLOT_MS = 500;
const SLOTS_PER_ROUND = 12;

/** `rounds` are oldest first, as the API has them. */
export function Rounds({ chain, rounds }: { chain: string; rounds: readonly RoundView[] }) {
  const { labels } = useLanguage();
  const table = useRef<HTMLTableElement>(null);
  const [focused, setFocused] = useState<Place>();
  const [showsAll, setShowsAll] = useState(false);
  const [hovered, setHovered] = useState<Place>();
  const newestFirst = rounds.toReversed();
  const starts = newestFirst.map(({ startSlot }) => startSlot);
  const shown = hovered ?? focused;
  // a round that was pushed out takes the focus with it
  const tabStop = starts.includes(focused?.startSlot ?? Number.NaN) ? focused : { startSlot: starts[0] ?? 0, index: 0 };

  const onKeyDown = (event: KeyboardEvent): void => {
    const place = placeOf(event.target);
    if (event.key === "Escape") {
      setFocused(undefined);
      setHovered(undefined);
      return;
    }
    const next = place && moved(place, event.key, starts);
    if (next === undefined) return;
    event.preventDefault();
    focus(table, next);
  };

  return (
    <section class="rounds" aria-labelledby={`rounds-${chain}`}>
      <h3 id={`rounds-${chain}`}>{labels.rounds.heading}</h3>
      <p class="explanation">{labels.rounds.explanation}</p>
      {rounds.length === 0 ? (
        <p class="none">{labels.rounds.none}</p>
      ) : (
        <table
          ref={table}
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: ARIA lets a table be a grid
          role="grid"
          aria-labelledby={`rounds-${chain}`}
          data-all={showsAll}
          onKeyDown={onKeyDown}
          onFocusIn={({ target }) => setFocused(placeOf(target))}
          onFocusOut={() => setFocused(undefined)}
          onPointerOver={({ target }) => setHovered(placeOf(target))}
          onPointerLeave={() => setHovered(undefined)}
          onClick={({ target }) => focus(table, placeOf(target))}
        >
          <thead class="only-heard">
            <tr>
              <th scope="col">{labels.rounds.columns.begins}</th>
              <th scope="col">{labels.rounds.columns.producer}</th>
              {Array.from({ length: 12 }, (_, i) => (
                <th key={i} scope="col">
                  {i + 1}
                </th>
              ))}
              <th scope="col">{labels.rounds.columns.result}</th>
            </tr>
          </thead>
          <tbody>
            {newestFirst.map((round, i) => (
              <Fragment key={round.startSlot}>
                <RoundRow
                  round={round}
                  isNewest={i === 0}
                  shown={sameRow(shown, round.startSlot)}
                  tabStop={sameRow(tabStop, round.startSlot)}
                />
                <Gap round={round} before={newestFirst[i + 1]} />
              </Fragment>
            ))}
          </tbody>
        </table>
      )}
      {rounds.length > FEW_ROUNDS && (
        <button type="button" class="more" aria-expanded={showsAll} onClick={() => setShowsAll(!showsAll)}>
          {showsAll ? labels.rounds.fewer : labels.rounds.more(rounds.length)}
        </button>
      )}
      {rounds.length > 0 && <Legend />}
    </section>
  );
}

/** Says that between a round and the one before it some were not watched. */
function Gap({ round, before }: { round: RoundView; before: RoundView | undefined }) {
  const { labels, format } = useLanguage();
  const slots = before === undefined ? 0 : round.startSlot - before.startSlot - SLOTS_PER_ROUND;
  if (slots <= 0) return null;
  return (
    <tr class="gap">
      <td colSpan={SLOTS_PER_ROUND + 3}>{labels.rounds.gap(format.span(slots * SLOT_MS))}</td>
    </tr>
  );
}

/** The slot whose cell this element is, or lies in. */
function placeOf(target: EventTarget | null): Place | undefined {
  const cell = target instanceof Element ? target.closest<HTMLElement>("[data-slot]") : null;
  const [startSlot, index] = cell?.dataset.slot?.split("+") ?? [];
  return startSlot === undefined ? undefined : { startSlot: Number(startSlot), index: Number(index) };
}

function focus(table: RefObject<HTMLTableElement | null>, place: Place | undefined): void {
  if (place === undefined) return;
  table.current?.querySelector<HTMLElement>(`[data-slot="${place.startSlot}+${place.index}"]`)?.focus();
}
