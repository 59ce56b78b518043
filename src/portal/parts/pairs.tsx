/** Our failover pairs: which node produces, whether the other could, and why it is judged so. */
import type { NodeView, PairView } from "../../api/views.ts";
import { useLanguage } from "../settings/language-context.ts";
import { Mark } from "./mark.tsx";
import { Production } from "./production.tsx";

export function Pairs({ pairs, nodes }: { pairs: readonly PairView[]; nodes: readonly NodeView[] }) {
  const { labels } = useLanguage();
  if (pairs.length === 0) return null;
  return (
    <section class="panel pairs" aria-labelledby="pairs">
      <h2 id="pairs">{labels.pairs.heading}</h2>
      <p class="explanation">{labels.pairs.explanation}</p>
      {pairs.map((pair) => (
        <Pair key={pair.name} pair={pair} nodes={nodes} />
      ))}
    </section>
  );
}

function Pair({ pair, nodes }: { pair: PairView; nodes: readonly NodeView[] }) {
  const { labels, words } = useLanguage();
  const members = (["primary", "secondary"] as const).map((part) => ({ part, name: pair[part] }));
  return (
    <article class="pair" data-level={pair.level} aria-labelledby={`pair-${pair.name}`}>
      <h3 id={`pair-${pair.name}`}>
        {pair.name} <span class="aside">{`${labels.pairs.account} ${pair.account}`}</span>
      </h3>
      <p class="reason">
        <Mark level={pair.level} />
        {words.pair(pair)}
      </p>
      <ul>
        {members.map(({ part, name }) => (
          <li key={part} data-active={pair.active === name}>
            <span class="part">{labels.pairs[part]}</span>
            <b>{name}</b>
            <Production node={nodes.find((node) => node.name === name)} />
          </li>
        ))}
      </ul>
    </article>
  );
}
