/** The page: what the stream says, laid out. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { StateView } from "../api/views.ts";
import { type Picture, serverTime } from "./live/picture.ts";
import { Chain } from "./parts/chain.tsx";
import { Demo } from "./parts/demo.tsx";
import { Fleet } from "./parts/fleet.tsx";
import { Foot } from "./parts/foot.tsx";
import { Happenings } from "./parts/happenings.tsx";
import { Headline } from "./parts/headline.tsx";
import { Pairs } from "./parts/pairs.tsx";
import { TopBar } from "./parts/top-bar.tsx";
import { troublesOf } from "./parts/troubles.ts";
import { type LanguageCode, languageOf, rememberedLanguage, rememberLanguage } from "./settings/language.ts";
import { LanguageContext } from "./settings/language-context.ts";
import { chooseTheme, rememberedTheme, type Theme } from "./settings/theme.ts";

export function Page({ picture }: { picture: Picture }) {
  const [code, setCode] = useState<LanguageCode>(rememberedLanguage);
  const [theme, setTheme] = useState<Theme>(rememberedTheme);
  const language = useMemo(() => languageOf(code), [code]);
  const now = serverTime(picture, useBrowserTime());
  const { state, link } = picture;
  useTitle(picture, now);
  useEffect(() => {
    document.documentElement.lang = code;
  }, [code]);
  return (
    <LanguageContext.Provider value={language}>
      <a class="skip" href="#state">
        {language.labels.skip}
      </a>
      <TopBar
        picture={picture}
        theme={theme}
        onTheme={(chosen) => {
          chooseTheme(chosen);
          setTheme(chosen);
        }}
        onLanguage={(chosen) => {
          rememberLanguage(chosen);
          setCode(chosen);
        }}
      />
      <main id="state" data-link={link}>
        <Headline picture={picture} now={now} />
        {/* what is old is shown as it was: nobody knows how it went on */}
        {state !== undefined && <Everything state={state} now={link === "lost" ? state.now : now} />}
      </main>
      <Foot />
    </LanguageContext.Provider>
  );
}

function Everything({ state, now }: { state: StateView; now: number }) {
  return (
    <div class="everything">
      <div class="chains">
        {state.chains.map((chain) => (
          <Chain
            key={chain.name}
            chain={chain}
            rounds={state.rounds.filter((round) => round.chain === chain.name)}
            now={now}
          />
        ))}
      </div>
      <div class="operation">
        <Pairs pairs={state.pairs} nodes={state.nodes} />
        <Happenings happenings={state.happenings} namesChain={state.chains.length > 1} now={now} />
        {state.mode === "demo" && <Demo />}
      </div>
      <Fleet state={state} now={now} />
    </div>
  );
}

/** The browser's clock, twice a second. */
function useBrowserTime(): number {
  const [, setTicks] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTicks((ticks) => ticks + 1), 500);
    return () => clearInterval(timer);
  }, []);
  return Date.now();
}

/** The title says from another tab that something is wrong. */
function useTitle({ state, link }: Picture, now: number): void {
  const troubles = state === undefined || link === "lost" ? [] : troublesOf(state, now);
  const sign = link === "lost" ? "⚠ " : troubles.length > 0 ? `(${troubles.length}) ` : "";
  const title = `${sign}Atalaya${state === undefined ? "" : ` · ${state.organisation}`}`;
  useEffect(() => {
    document.title = title;
  }, [title]);
}
