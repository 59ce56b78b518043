/** Runs a watch loop on real nodes: opens an observer for every way of seeing each node, keeps the time, fills gaps. */
import { HttpObserver } from "./observe/http-observer.ts";
import { type Observer, observeP2p } from "./observe/p2p-observer.ts";
import type { WatchTarget } from "./target.ts";
import { Watch, type WatchEvent } from "./watch.ts";

const BACKFILL_EVERY_MS = 1000;
/** Headers fetched at once for blocks that passed unseen. */
const BACKFILL_AT_ONCE = 20;

export interface RunningWatch {
  watch: Watch;
  stop(): void;
}

/** `tell` hears of each change, from the next turn of the event loop on. */
export function runWatch(target: WatchTarget, tell: (watch: Watch, event: WatchEvent) => void): RunningWatch {
  const watch: Watch = new Watch(target, Date.now(), (event) => tell(watch, event));
  const observers: Observer[] = [];
  const http: HttpObserver[] = [];
  const inPair = new Set(target.pairs.flatMap(({ primary, secondary }) => [primary, secondary]));
  for (const node of target.nodes) {
    if (node.p2p !== undefined) {
      observers.push(observeP2p(node.name, node.p2p, target.chainId, (seen) => watch.take(seen)));
    }
    if (node.http !== undefined) {
      const options = {
        chainId: target.chainId,
        askPaused: inPair.has(node.name),
        fetchBlocks: node.p2p === undefined,
      };
      http.push(new HttpObserver(node, node.http, options, (seen) => watch.take(seen)));
    }
  }
  let timer: NodeJS.Timeout;
  const tick = (): void => {
    watch.tick(Date.now());
    timer = setTimeout(tick, Math.max(1, watch.nextTick(Date.now()) - Date.now()));
  };
  timer = setTimeout(tick, 0);
  const backfill = setInterval(() => {
    const missing = watch.tree.missingParents().slice(0, BACKFILL_AT_ONCE);
    missing.forEach(({ id }, i) => {
      // any node may have it; one that does not simply fails to answer
      http[i % http.length]?.fetchBlock(id).catch(() => {});
    });
  }, BACKFILL_EVERY_MS);
  return {
    watch,
    stop() {
      clearTimeout(timer);
      clearInterval(backfill);
      for (const observer of [...observers, ...http]) observer.stop();
    },
  };
}
