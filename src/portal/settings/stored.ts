/** A choice of the reader's that this browser remembers. Where it may not store anything, it lasts as long as the page. */

/** What was chosen before, if it is still one of the choices. */
export function recall<Choice extends string>(key: string, choices: readonly Choice[]): Choice | undefined {
  try {
    const stored = localStorage.getItem(key);
    return choices.find((choice) => choice === stored);
  } catch {
    return undefined;
  }
}

export function remember(key: string, choice: string): void {
  try {
    localStorage.setItem(key, choice);
  } catch {
    // storage is switched off
  }
}
