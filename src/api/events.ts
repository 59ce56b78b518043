/**
 * The live stream: server-sent events. Who connects gets the whole `state` first, then each `update`; who is
 * cut off connects again, as browsers do by themselves, and begins anew.
 */
import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import type { Board } from "./board.ts";
import type { UpdateView } from "./views.ts";

/** More than this many at once are asked to come back later. */
export const MAX_STREAMS = 200;
/** A reader this many messages behind is cut off, lest it fill our memory. */
export const MAX_BEHIND = 100;
/**
 * A quiet stream says the time now and then: a reader can tell it from one that is cut, and proxies do not close it.
 * Readers may count on it.
 */
const HEARTBEAT_MS = 5_000;

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  // nginx would gather the stream instead of passing it on
  "x-accel-buffering": "no",
};

export class EventStreams {
  private readonly board: Board;
  private readonly endings = new Set<() => void>();

  constructor(board: Board) {
    this.board = board;
  }

  /** Streams that are open now. */
  get size(): number {
    return this.endings.size;
  }

  /** Answers one request with the stream. */
  open(context: Context): Response {
    if (this.endings.size >= MAX_STREAMS) {
      context.header("Retry-After", "30");
      return context.text("too many readers at once, try again later", 503);
    }
    if (context.req.method === "HEAD") return context.body(null, 200, HEADERS);
    const encoder = new TextEncoder();
    // absent where there is no connection, as in tests that need none
    const { outgoing } = (context.env ?? {}) as Partial<HttpBindings>;
    let end = (): void => {};
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          const send = (event: string, json: string): void => {
            const hasRoom = (controller.desiredSize ?? 0) > 0;
            if (hasRoom) controller.enqueue(encoder.encode(`event: ${event}\ndata: ${json}\n\n`));
            else cut();
          };
          const cut = (): void => {
            finish();
            outgoing?.destroy();
          };
          const { state, stop } = this.board.follow((_, json) => send("update", json));
          const heartbeat = setInterval(() => send("update", JSON.stringify(aliveAt(Date.now()))), HEARTBEAT_MS);
          end = () => {
            clearInterval(heartbeat);
            stop();
            this.endings.delete(finish);
          };
          const finish = (): void => {
            end();
            controller.close();
          };
          this.endings.add(finish);
          send("state", JSON.stringify(state));
        },
        // the reader is gone
        cancel: () => end(),
      },
      new CountQueuingStrategy({ highWaterMark: MAX_BEHIND }),
    );
    return context.body(stream, 200, HEADERS);
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
