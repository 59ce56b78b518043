/** One round as a row: when it began, whose it was, twelve cells, what came of it. */
import { Component, Fragment } from "preact";
import type { RoundView, SlotView } from "../../api/views.ts";
import type { Language } from "../settings/language.ts";
import { useLanguage } from "../settings/language-context.ts";
import { SlotDetails, slotSentence } from "./slot-details.tsx";

const SLOT_MS = 500;

interface RoundRowFacts {
  round: RoundView;
  isNewest: boolean;
  /** Index of the slot whose details are shown. */
  shown: number | undefined;
  /** Index of the slot that the tab key stops at. */
  tabStop: number | undefined;
}

/**
 * Most rows stay as they are from one message to the next, and are not drawn again. What is drawn is not kept by
 * `useMemo` for it: that remembers the page around it too, and so, row by row, every page there ever was.
 */
export class RoundRow extends Component<RoundRowFacts> {
  override shouldComponentUpdate(next: RoundRowFacts): boolean {
    const { round, isNewest, shown, tabStop } = this.props;
    return next.round !== round || next.isNewest !== isNewest || next.shown !== shown || next.tabStop !== tabStop;
  }

  override render() {
    return <Row {...this.props} />;
  }
}

function Row({ round, isNewest, shown, tabStop }: RoundRowFacts) {
  const language = useLanguage();
  const { labels, format } = language;
  const odd = oddCounts(round, language);
  const isUnderWay = isNewest && round.slots.some(({ state }) => state === "due");
  return (
    <tr data-ours={round.ours} data-under-way={isUnderWay} data-odd={odd.length > 0} data-bad={isBad(round)}>
      <td class="begins">
        {isUnderWay ? <b>{labels.rounds.underWay}</b> : <time>{format.time(round.startsAt)}</time>}
      </td>
      <th scope="row">
        {round.producer}
        {round.ours && <span class="badge ours">{labels.ours}</span>}
      </th>
      {round.slots.map((slot, index) => (
        <Slot
          key={index}
          slot={slot}
          place={`${round.startSlot}+${index}`}
          index={index}
          at={round.startsAt + index * SLOT_MS}
          isShown={index === shown}
          isTabStop={index === tabStop}
        />
      ))}
      <td class="result">
        {labels.rounds.produced(round.slots.filter(({ state }) => state === "produced" || state === "late").length)}
        {odd.map((count) => (
          <Fragment key={count}>
            {" · "}
            <span>{count}</span>
          </Fragment>
        ))}
      </td>
    </tr>
  );
}

interface SlotFacts {
  slot: SlotView;
  place: string;
  index: number;
  at: number;
  isShown: boolean;
  isTabStop: boolean;
}

function Slot({ slot, place, index, at, isShown, isTabStop }: SlotFacts) {
  const language = useLanguage();
  return (
    <td
      class="slot"
      data-slot={place}
      data-state={slot.state}
      data-certainty={slot.certainty}
      data-half={index < 6 ? "first" : "second"}
      tabIndex={isTabStop ? 0 : -1}
    >
      {/* the details say all of it again, in more words */}
      {isShown ? <span class="cell" /> : <span class="cell" role="img" aria-label={slotSentence(slot, language)} />}
      {isShown && <SlotDetails slot={slot} position={index + 1} at={at} />}
    </td>
  );
}

function isBad({ slots }: RoundView): boolean {
  return slots.some(({ state }) => state === "missed" || state === "orphaned");
}

/** What is to be said of the slots that did not go as they should. */
function oddCounts({ slots }: RoundView, { labels }: Language): string[] {
  return (["missed", "orphaned", "late", "unknown"] as const).flatMap((odd) => {
    const number = slots.filter(({ state }) => state === odd).length;
    return number === 0 ? [] : [labels.rounds.counts[odd](number)];
  });
}
