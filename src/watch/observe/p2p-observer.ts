/** Watches one node through its p2p port, and keeps at it: a lost connection is opened again, ever less eagerly. */
import { PeerMonitor } from "../../chain/p2p/monitor.ts";
import type { Problem } from "../../kit/problem.ts";
import { type Observation, seenBlock } from "../observation.ts";

const RETRY_MS = { first: 250, most: 10_000 };

export interface Observer {
  stop(): void;
}

export function observeP2p(
  node: string,
  address: { host: string; port: number },
  chainId: string,
  take: (observation: Observation) => void,
): Observer {
  const observer = `${node}/p2p`;
  let monitor: PeerMonitor | undefined;
  let retry: NodeJS.Timeout | undefined;
  let waitMs = RETRY_MS.first;
  let stopped = false;
  const down = (problem: Problem): void => {
    take({ kind: "down", node, observer, problem, at: Date.now() });
    if (stopped) return;
    retry = setTimeout(open, waitMs);
    waitMs = Math.min(waitMs * 2, RETRY_MS.most);
  };
  const open = (): void => {
    monitor = new PeerMonitor(
      { ...address, chainId },
      {
        handshake(hello) {
          waitMs = RETRY_MS.first;
          const at = Date.now();
          take({ kind: "up", node, observer, latencyMs: 0, at });
          take({
            kind: "head",
            node,
            observer,
            headNum: hello.headNum,
            headId: hello.headId,
            headSlot: undefined,
            libNum: hello.rootNum,
            libId: hello.rootId,
            at,
          });
        },
        block({ id, header, producerSignature, receivedAt }) {
          const block = seenBlock(id, header, producerSignature);
          take({ kind: "block", node, observer, block, at: receivedAt, exact: true });
        },
        clock(measured) {
          take({ kind: "clock", node, ...measured, at: Date.now() });
        },
        closed: down,
      },
    );
  };
  open();
  return {
    stop() {
      stopped = true;
      clearTimeout(retry);
      monitor?.close();
    },
  };
}
