/** What happened, newest first. */
import { useState } from "preact/hooks";
import type { HappeningView } from "../../api/views.ts";
import { useLanguage } from "../settings/language-context.ts";
import { Mark } from "./mark.tsx";

/** Shown until more is asked for. */
const FEW = 12;

interface HappeningsFacts {
  happenings: readonly HappeningView[];
  /** There are several chains, so that it has to be said which one is meant. */
  namesChain: boolean;
  /** The server's time. */
  now: number;
}

export function Happenings({ happenings, namesChain, now }: HappeningsFacts) {
  const { labels } = useLanguage();
  const [showsAll, setShowsAll] = useState(false);
  const shown = showsAll ? happenings : happenings.slice(0, FEW);
  return (
    <section class="panel happenings" aria-labelledby="happenings">
      <h2 id="happenings">{labels.happenings.heading}</h2>
      {happenings.length === 0 ? (
        <p class="none">{labels.happenings.none}</p>
      ) : (
        <ol>
          {shown.map((happening) => (
            <Happening key={happening.id} happening={happening} namesChain={namesChain} now={now} />
          ))}
        </ol>
      )}
      {happenings.length > FEW && (
        <button type="button" aria-expanded={showsAll} onClick={() => setShowsAll(!showsAll)}>
          {showsAll ? labels.happenings.fewer : labels.happenings.more(happenings.length)}
        </button>
      )}
    </section>
  );
}

interface HappeningFacts {
  happening: HappeningView;
  namesChain: boolean;
  now: number;
}

function Happening({ happening, namesChain, now }: HappeningFacts) {
  const { words, format } = useLanguage();
  return (
    <li data-level={happening.level} data-kind={happening.kind}>
      <Mark level={happening.level} />
      <span class="what">
        {namesChain && <b>{happening.chain} </b>}
        {words.happening(happening)}
      </span>
      <time dateTime={new Date(happening.at).toISOString()}>
        {format.full(happening.at)} <span class="aside">{format.ago(now - happening.at)}</span>
      </time>
    </li>
  );
}
