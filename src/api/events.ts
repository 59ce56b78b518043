/**
 * The live stream: server-sent events. Who connects gets the whole `state` first, then each `update`; who is
 * cut off connects again, as browsers do by themselves, and begins anew.
 */
import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { Board } from "./board.ts";
import type { UpdateView } from "./views.ts";

/** More than this many at once are asked to come back later. */
const MAX_STREAMS = 200;
/** A reader this many messages behind is cut off, lest it fill our memory. */
const MAX_BEHIND = 100;
/**
 * A quiet stream says the time now and then: a reader can tell it from one that is cut, and proxies do not close it.
 * Readers may count on it.
 */
const HEARTBEAT_MS = 5_000;

export class EventStreams {
  private readonly board: Board;
  private readonly endings = new Set<() => void>();

  constructor(board: Board) {
    this.board = board;
  }

  /** Answers one request with the stream. */
  open(context: Context): Response {
    if (this.endings.size >= MAX_STREAMS) {
      context.header("Retry-After", "30");
      return context.text("too many readers at once, try again later", 503);
    }
    return streamSSE(context, async (stream) => {
      const waiting: { event: string; data: string }[] = [{ event: "state", data: JSON.stringify(this.board.state()) }];
      let wake = (): void => {};
      let isOver = false;
      const end = (): void => {
        isOver = true;
        wake();
      };
      this.endings.add(end);
      stream.onAbort(end);
      const send = (json: string): void => {
        waiting.push({ event: "update", data: json });
        if (waiting.length > MAX_BEHIND) end();
        wake();
      };
      const stopListening = this.board.listen((_, json) => send(json));
      const heartbeat = setInterval(() => send(JSON.stringify(aliveAt(Date.now()))), HEARTBEAT_MS);
      while (!isOver) {
        const message = waiting.shift();
        if (message !== undefined) await stream.writeSSE(message);
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
      clearInterval(heartbeat);
      stopListening();
      this.endings.delete(end);
    });
  }

  /** Ends every stream. */
  close(): void {
    for (const end of this.endings) end();
  }
}

/** An update in which nothing has changed. */
function aliveAt(now: number): UpdateView {
  return { now };
}
