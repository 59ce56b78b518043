/** What the marks of the rounds mean. */
import { useState } from "preact/hooks";
import type { Certainty, SlotState } from "../../api/views.ts";
import { useLanguage } from "../settings/language-context.ts";

const STATES: readonly SlotState[] = ["produced", "late", "missed", "orphaned", "unknown", "due"];
const CERTAINTIES: readonly Certainty[] = ["provisional", "canonical", "final"];

export function Legend() {
  const { labels } = useLanguage();
  // decided once: from then on it is as the reader has left it
  const [isWide] = useState(() => matchMedia("(min-width: 44rem)").matches);
  return (
    <details class="legend" open={isWide}>
      <summary>{labels.legend.heading}</summary>
      <ul>
        {STATES.map((state) => (
          <li key={state}>
            <span class="slot" data-state={state} data-certainty={state === "due" ? "provisional" : "final"}>
              <span class="cell" />
            </span>
            {labels.legend.state[state]}
          </li>
        ))}
        {CERTAINTIES.map((certainty) => (
          <li key={certainty}>
            <span class="slot" data-state="produced" data-certainty={certainty}>
              <span class="cell" />
            </span>
            {labels.legend.certainty[certainty]}
          </li>
        ))}
      </ul>
    </details>
  );
}
