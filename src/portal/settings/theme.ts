/** Dark or light: as the reader's system has it, or as chosen here. */
import { recall, remember } from "./stored.ts";

export const THEMES = ["system", "dark", "light"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "atalaya.theme";

export function rememberedTheme(): Theme {
  return recall(KEY, THEMES) ?? "system";
}

/** Applies a theme and remembers it. */
export function chooseTheme(theme: Theme): void {
  remember(KEY, theme);
  applyTheme(theme);
}

export function applyTheme(theme: Theme): void {
  const { dataset } = document.documentElement;
  if (theme === "system") delete dataset.theme;
  else dataset.theme = theme;
}
