/**
 * How things are, in one line that can be read from across the room, and why. It is spoken to screen readers when it
 * changes; so nothing in it may change that is not news, like the seconds since something.
 */
import type { StateView } from "../../api/views.ts";
import type { Picture } from "../live/picture.ts";
import { useLanguage } from "../settings/language-context.ts";
import { Mark } from "./mark.tsx";
import { levelOf, type Trouble, troublesOf } from "./troubles.ts";

/** `now` is the server's time. */
export function Headline({ picture, now }: { picture: Picture; now: number }) {
  const { state, link } = picture;
  const troubles = state === undefined ? [] : troublesOf(state, now);
  const level = link === "live" ? levelOf(troubles) : "unknown";
  return (
    <section class="headline" data-level={level} aria-labelledby="headline">
      <div role="status">
        {state === undefined || link !== "live" ? (
          <Cut picture={picture} />
        ) : (
          <Judged state={state} troubles={troubles} />
        )}
      </div>
      {link === "lost" && state !== undefined && <LastAlive at={state.now} now={now} />}
    </section>
  );
}

function Cut({ picture: { link, state } }: { picture: Picture }) {
  const { labels } = useLanguage();
  const isLost = link === "lost";
  return (
    <>
      <h2 id="headline">
        <Mark level="unknown" silent />
        {labels.headline[isLost ? "lost" : "opening"]}
      </h2>
      {isLost && (
        <p>
          {state === undefined && `${labels.lost.neverAlive} `}
          {labels.lost.tryingAgain}
        </p>
      )}
    </>
  );
}

function LastAlive({ at, now }: { at: number; now: number }) {
  const { labels, format } = useLanguage();
  return <p>{labels.lost.lastAlive(format.time(at), format.ago(now - at))}</p>;
}

function Judged({ state, troubles }: { state: StateView; troubles: readonly Trouble[] }) {
  const { labels, format } = useLanguage();
  const level = levelOf(troubles);
  return (
    <>
      <h2 id="headline">
        <Mark level={level} silent />
        {labels.headline[level]}
      </h2>
      {troubles.length === 0 ? (
        <Quiet state={state} />
      ) : (
        <ul class="troubles">
          {troubles.map((trouble) => {
            const sentence = labels.trouble(trouble, format);
            return (
              <li key={sentence}>
                <Mark level={trouble.level} />
                {sentence}
              </li>
            );
          })}
        </ul>
      )}
    </>
  );
}

function Quiet({ state: { chains, pairs } }: { state: StateView }) {
  const { labels } = useLanguage();
  const watched = chains.reduce((sum, { observers }) => sum + observers.watched, 0);
  const hasAccounts = chains.some(({ accounts }) => accounts.length > 0);
  const sentences = [
    labels.quiet.seen(watched),
    ...(pairs.length > 0 ? [labels.quiet.pairs] : []),
    ...(hasAccounts ? [labels.quiet.blocks] : []),
  ];
  return <p>{sentences.join(" ")}</p>;
}
