/** When the page shows that a node went or came, by the clock of this machine, which the browser shares. */
import type { Page } from "playwright-core";

/** How a node's row says that it is seen: `data-seen` of parts/node-row.tsx. */
export type Seen = "up" | "partly" | "down";

/**
 * Resolves to the instant, ms since 1970, at which the node's row first says one of `seen`; that of now, if it says so
 * already. It is taken by the page's own observer of changes, so that no time is lost in asking.
 */
export function shownAt(page: Page, node: string, ...seen: Seen[]): Promise<number> {
  // as text, since the browser's types are not ours
  return page.evaluate(`new Promise((resolve) => {
    const look = () => {
      const row = document.querySelector('[data-node="${node}"]');
      if (!${JSON.stringify(seen)}.includes(row?.dataset.seen)) return;
      observer.disconnect();
      resolve(Date.now());
    };
    const observer = new MutationObserver(look);
    observer.observe(document.body, { subtree: true, childList: true, attributes: true });
    look();
  })`);
}
