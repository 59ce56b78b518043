/** Starts the page: follows the server's stream and draws what it says. */
import { render } from "preact";
import { useEffect, useReducer } from "preact/hooks";
import { isOutdated } from "./live/newer-page.ts";
import { type News, NOTHING_YET, withNews } from "./live/picture.ts";
import { follow } from "./live/stream.ts";
import { Page } from "./page.tsx";
import { applyTheme, rememberedTheme } from "./settings/theme.ts";

/** The server says something every 5 s at least. */
const SILENCE_MS = 12_000;
const RETRY_MS = { first: 500, most: 5_000 };

applyTheme(rememberedTheme());

function Live() {
  const [picture, tell] = useReducer(withNews, NOTHING_YET);
  useEffect(() => {
    let wasLost = false;
    return follow({
      open: () => new EventSource("/api/events"),
      tell(news: News) {
        tell(news);
        if (news.kind === "state" && wasLost) void reloadIfOutdated();
        wasLost = news.kind === "lost";
      },
      silenceMs: SILENCE_MS,
      retryMs: RETRY_MS,
    });
  }, []);
  return <Page picture={picture} />;
}

async function reloadIfOutdated(): Promise<void> {
  if (await isOutdated(new URL(import.meta.url).pathname)) location.reload();
}

const root = document.getElementById("page");
if (root !== null) render(<Live />, root);
