/** One chain: where it is, who produces, when it is our turn; then its rounds. */
import type { ChainView, RoundView } from "../../api/views.ts";
import { useLanguage } from "../settings/language-context.ts";
import { CopyButton } from "./copy-button.tsx";
import { type Duty, dutyAt, latestRound, turnOf } from "./duty.ts";
import { Fact } from "./fact.tsx";
import { Rounds } from "./rounds.tsx";

/** Fewer observers than this cannot judge blocks. */
const QUORUM = 2;
/** A head of this age is what one sees on a chain that goes well: it needs no number that flickers. */
const FRESH_MS = 2_000;

/** `rounds` are those of this chain, oldest first; `now` is the server's time. */
export function Chain({ chain, rounds, now }: { chain: ChainView; rounds: RoundView[]; now: number }) {
  const { labels, words } = useLanguage();
  const round = latestRound(chain.name, rounds);
  const duty = dutyAt(now, chain, round);
  return (
    <section class="panel chain" aria-labelledby={`chain-${chain.name}`}>
      <header>
        <h2 id={`chain-${chain.name}`}>{labels.chain.heading(chain.name)}</h2>
        <p>
          {chain.consensus !== "unknown" && (
            <span class="consensus">
              <span class="only-heard">{labels.chain.consensus} </span>
              {words.consensus[chain.consensus]}
            </span>
          )}
          <span class="id">
            <span class="only-heard">{labels.chain.id} </span>
            <code title={chain.id}>{`${chain.id.slice(0, 8)}…${chain.id.slice(-4)}`}</code>
            <CopyButton text={chain.id} of={labels.chain.id} />
          </span>
          <Seen observers={chain.observers} />
        </p>
      </header>
      <Facts chain={chain} round={round} duty={duty} now={now} />
      <Schedule chain={chain} onDuty={duty?.producer} />
      <Rounds chain={chain.name} rounds={rounds} />
    </section>
  );
}

function Seen({ observers: { visible, watched } }: Pick<ChainView, "observers">) {
  const { labels } = useLanguage();
  const isFew = visible < QUORUM;
  return (
    <span class="seen" data-few={isFew}>
      {labels.chain.seenOf(visible, watched)}
      {isFew && `, ${labels.chain.tooFew}`}
    </span>
  );
}

interface FactsFacts {
  chain: ChainView;
  round: RoundView | undefined;
  duty: Duty | undefined;
  now: number;
}

function Facts({ chain, round, duty, now }: FactsFacts) {
  const { labels, format } = useLanguage();
  const { head, lib } = chain;
  return (
    <dl class="facts">
      <Fact name={labels.chain.head} value={head === undefined ? "–" : format.number(head.num)}>
        {head === undefined
          ? labels.chain.noHead
          : `${labels.chain.by(head.producer)}, ${now - head.at < FRESH_MS ? labels.chain.justNow : format.ago(now - head.at)}`}
      </Fact>
      <Fact name={labels.chain.lib} value={lib === undefined ? "–" : format.number(lib.num)}>
        {lib !== undefined && head !== undefined && labels.chain.behindHead(Math.max(0, head.num - lib.num))}
      </Fact>
      <Fact name={labels.chain.onDuty} value={duty?.producer ?? labels.chain.notKnown}>
        {duty !== undefined && labels.chain.afterwards(duty.next.producer, format.countdown(duty.next.inMs))}
      </Fact>
      {chain.accounts.map((account) => (
        <Turn key={account} account={account} chain={chain} round={round} now={now} />
      ))}
    </dl>
  );
}

interface TurnFacts {
  account: string;
  chain: ChainView;
  round: RoundView | undefined;
  now: number;
}

function Turn({ account, chain, round, now }: TurnFacts) {
  const { labels, format } = useLanguage();
  const inMs = turnOf(account, now, chain, round);
  const { producers } = chain.schedule;
  const isScheduled = producers.length === 0 || producers.includes(account);
  const value =
    inMs === undefined
      ? isScheduled
        ? labels.chain.notKnown
        : labels.chain.notScheduled
      : inMs === 0
        ? labels.chain.now
        : labels.chain.inSpan(format.countdown(inMs));
  return (
    <Fact name={labels.chain.nextTurn} value={value}>
      {labels.chain.of(account)}
    </Fact>
  );
}

function Schedule({ chain: { schedule, accounts }, onDuty }: { chain: ChainView; onDuty: string | undefined }) {
  const { labels } = useLanguage();
  if (schedule.producers.length === 0) return null;
  return (
    <div class="schedule">
      <h3>{labels.chain.schedule(schedule.version)}</h3>
      <ol>
        {schedule.producers.map((producer) => (
          <li key={producer} data-ours={accounts.includes(producer)} aria-current={producer === onDuty || undefined}>
            {producer}
          </li>
        ))}
      </ol>
    </div>
  );
}
