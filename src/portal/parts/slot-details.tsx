/** All that is known of one slot. */
import type { SlotView } from "../../api/views.ts";
import type { Language } from "../settings/language.ts";
import { useLanguage } from "../settings/language-context.ts";

export function SlotDetails({ slot, position, at }: { slot: SlotView; position: number; at: number }) {
  const { labels, words, format } = useLanguage();
  const known = [
    ...(slot.num === undefined ? [] : [labels.rounds.block(format.number(slot.num))]),
    ...lateness(slot, { labels, format }),
  ];
  return (
    <div class="slot-details" role="tooltip">
      <p>
        <b>{words.slotState[slot.state]}</b> · {labels.rounds.slot(position)} · {format.slotTime(at)}
      </p>
      {known.length > 0 && <p>{known.join(", ")}</p>}
      {slot.state !== "due" && <p>{labels.rounds.certaintyMeans[slot.certainty]}</p>}
    </div>
  );
}

/** The same in few words: `produced, block 22, 336 ms before its time, provisional`. */
export function slotSentence(slot: SlotView, { labels, words, format }: Language): string {
  return [
    words.slotState[slot.state],
    ...(slot.num === undefined ? [] : [labels.rounds.block(format.number(slot.num))]),
    ...lateness(slot, { labels, format }),
    ...(slot.state === "due" ? [] : [labels.rounds.certainty[slot.certainty]]),
  ].join(", ");
}

function lateness({ latenessMs }: SlotView, { labels, format }: Pick<Language, "labels" | "format">): string[] {
  if (latenessMs === undefined) return [];
  const ms = format.ms(Math.abs(latenessMs));
  return [latenessMs > 0 ? labels.rounds.late(ms) : labels.rounds.early(ms)];
}
