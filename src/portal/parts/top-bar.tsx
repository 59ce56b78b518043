/** The first line of the page: whose it is, whether it is live, and the reader's choices. */
import type { Picture } from "../live/picture.ts";
import { LANGUAGES, type LanguageCode, languageName } from "../settings/language.ts";
import { useLanguage } from "../settings/language-context.ts";
import { THEMES, type Theme } from "../settings/theme.ts";
import { Tower } from "./tower.tsx";

interface TopBarFacts {
  picture: Picture;
  theme: Theme;
  onTheme(theme: Theme): void;
  onLanguage(code: LanguageCode): void;
}

export function TopBar({ picture, theme, onTheme, onLanguage }: TopBarFacts) {
  const { labels, code } = useLanguage();
  const { link, state } = picture;
  const other = LANGUAGES.find((language) => language !== code) ?? code;
  return (
    <header class="top-bar">
      <Tower lit={link === "live"} />
      <div class="who">
        <h1>{state?.organisation ?? "Atalaya"}</h1>
        {state !== undefined && (
          <p>
            Atalaya
            {state.mode === "demo" && <span class="badge">{labels.demo.badge}</span>}
          </p>
        )}
      </div>
      <p class="link" data-link={link}>
        {labels.link[link]}
      </p>
      <div class="choices">
        <button type="button" lang={other} onClick={() => onLanguage(other)}>
          {languageName(other)}
        </button>
        <label>
          <span class="only-heard">{labels.theme.name}</span>
          <select value={theme} onChange={({ currentTarget }) => onTheme(themeOf(currentTarget.value))}>
            {THEMES.map((choice) => (
              <option key={choice} value={choice}>
                {`${labels.theme.name}: ${labels.theme[choice]}`}
              </option>
            ))}
          </select>
        </label>
      </div>
    </header>
  );
}

function themeOf(value: string): Theme {
  return THEMES.find((theme) => theme === value) ?? "system";
}
