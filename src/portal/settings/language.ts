/** The reader's language: what the browser prefers, or as chosen here; with all texts and formats in it. */
import { english as englishWords } from "../../words/english.ts";
import { spanish as spanishWords } from "../../words/spanish.ts";
import type { Words } from "../../words/words.ts";
import { type Format, formatFor } from "../format.ts";
import { english } from "../labels/english.ts";
import type { Labels } from "../labels/labels.ts";
import { spanish } from "../labels/spanish.ts";
import { recall, remember } from "./stored.ts";

export const LANGUAGES = ["en", "es"] as const;
export type LanguageCode = (typeof LANGUAGES)[number];

export interface Language {
  code: LanguageCode;
  labels: Labels;
  words: Words;
  format: Format;
}

const KEY = "atalaya.language";

const TEXTS: Readonly<Record<LanguageCode, { labels: Labels; words: Words }>> = {
  en: { labels: english, words: englishWords },
  es: { labels: spanish, words: spanishWords },
};

export function rememberedLanguage(): LanguageCode {
  return recall(KEY, LANGUAGES) ?? preferred(navigator.languages);
}

export function rememberLanguage(code: LanguageCode): void {
  remember(KEY, code);
}

export const languageName = (code: LanguageCode): string => TEXTS[code].labels.languageName;

export function languageOf(code: LanguageCode): Language {
  return { code, ...TEXTS[code], format: formatFor(localeFor(code, navigator.languages)) };
}

/** The first of the browser's languages that we speak; English if there is none. */
export function preferred(browser: readonly string[]): LanguageCode {
  for (const tag of browser) {
    const spoken = LANGUAGES.find((code) => isOf(code, tag));
    if (spoken !== undefined) return spoken;
  }
  return "en";
}

/** The language as the reader's region writes it: numbers differ between es-CR and es-ES. */
export function localeFor(code: LanguageCode, browser: readonly string[]): string {
  return browser.find((tag) => isOf(code, tag)) ?? code;
}

function isOf(code: LanguageCode, tag: string): boolean {
  return tag.toLowerCase().split("-")[0] === code;
}
