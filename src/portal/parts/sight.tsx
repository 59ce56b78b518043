/** Whether a node can be seen in one way; if not, why, and since when. */
import type { SightView } from "../../api/views.ts";
import { useLanguage } from "../settings/language-context.ts";
import { Mark } from "./mark.tsx";

/** `now` is the server's time. */
export function Sight({ sight, latencyMs, now }: { sight: SightView; latencyMs?: number | undefined; now: number }) {
  const { labels, words, format } = useLanguage();
  switch (sight.state) {
    case "up":
      return (
        <span class="sight" data-sight="up">
          <Mark level="ok" silent />
          {latencyMs === undefined ? labels.fleet.seen : format.ms(latencyMs)}
        </span>
      );
    case "down":
      return (
        <span class="sight" data-sight="down">
          <Mark level="critical" silent />
          {words.sightProblem[sight.problem ?? "other"]}
          {sight.since !== undefined && <span class="aside">{labels.fleet.since(format.span(now - sight.since))}</span>}
        </span>
      );
    case "never":
      return (
        <span class="sight" data-sight="never">
          {labels.fleet.notYetSeen}
        </span>
      );
    case "unwatched":
      return (
        <span class="sight" data-sight="unwatched">
          {labels.fleet.notWatched}
        </span>
      );
  }
}
