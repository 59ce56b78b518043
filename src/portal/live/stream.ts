/**
 * Follows the server's stream of events and never gives up. A browser by itself stops for good when it is answered
 * with an error, as it is while the server starts, and does not notice a server that falls silent: so a stream
 * that ends or is silent for too long is closed here, and another is opened.
 */
import type { StateView, UpdateView } from "../../api/views.ts";
import type { News } from "./picture.ts";

/** What is used of the browser's `EventSource`. */
export interface Source {
  addEventListener(type: string, listener: (event: { data?: string }) => void): void;
  close(): void;
}

export interface StreamFacts {
  open(): Source;
  tell(news: News): void;
  /** The server says something at least every 5 s. */
  silenceMs: number;
  /** Wait before the next attempt: doubled each time that fails, up to `most`. */
  retryMs: { first: number; most: number };
}

/** Returns how to stop. */
export function follow({ open, tell, silenceMs, retryMs }: StreamFacts): () => void {
  let source: Source | undefined;
  let heardAt = 0;
  let waitMs = retryMs.first;
  let retry: ReturnType<typeof setTimeout> | undefined;

  const connect = (): void => {
    retry = undefined;
    heardAt = Date.now();
    const opened = open();
    source = opened;
    const heard = (read: () => News): void => {
      if (source !== opened) return;
      heardAt = Date.now();
      try {
        tell(read());
        waitMs = retryMs.first;
      } catch {
        // not what the API says: someone else answers there
        lose();
      }
    };
    opened.addEventListener("state", ({ data = "" }) => {
      heard(() => ({ kind: "state", state: JSON.parse(data) as StateView, at: heardAt }));
    });
    opened.addEventListener("update", ({ data = "" }) => {
      heard(() => ({ kind: "update", update: JSON.parse(data) as UpdateView, at: heardAt }));
    });
    opened.addEventListener("error", () => source === opened && lose());
  };
  const lose = (): void => {
    source?.close();
    source = undefined;
    tell({ kind: "lost" });
    retry = setTimeout(connect, waitMs);
    waitMs = Math.min(waitMs * 2, retryMs.most);
  };
  // by the time of day, which goes on while a laptop sleeps, unlike timers
  const silence = setInterval(
    () => {
      if (source !== undefined && Date.now() - heardAt > silenceMs) lose();
    },
    Math.min(1000, silenceMs),
  );

  connect();
  return () => {
    clearInterval(silence);
    clearTimeout(retry);
    source?.close();
    source = undefined;
  };
}
