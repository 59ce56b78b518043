/** What is kept on disk about a network besides its nodes' data: ports and keys, made once. */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { type FinalizerKey, type KeyPair, makeFinalizerKey, makeKey } from "./keys.ts";
import type { NetworkSpec } from "./spec.ts";

export interface Saved {
  ports: Record<string, { http: number; p2p: number }>;
  /** Port of each link, by `dialer>listener`. */
  links: Record<string, number>;
  /** By account. */
  keys: Record<string, KeyPair>;
  /** By node. */
  finalizers: Record<string, FinalizerKey>;
}

/** Adds what a saved network lacks for its spec. `springUtil` makes BLS keys; without it they are stand-ins. */
export async function completed(
  before: Saved | undefined,
  spec: NetworkSpec,
  springUtil: string | undefined,
): Promise<Saved> {
  const saved: Saved = before ?? { ports: {}, links: {}, keys: {}, finalizers: {} };
  const accounts = [
    "eosio",
    ...spec.schedule,
    ...(spec.accounts ?? []),
    ...spec.nodes.flatMap((node) => node.producers ?? []),
  ];
  for (const account of accounts) saved.keys[account] ??= makeKey();
  for (const node of spec.nodes) {
    if (node.finalizer) saved.finalizers[node.name] ??= makeFinalizerKey(springUtil);
    saved.ports[node.name] ??= { http: await freePort(), p2p: await freePort() };
    for (const listener of node.dials) saved.links[`${node.name}>${listener}`] ??= await freePort();
  }
  return saved;
}

/** Below the range that the system gives to outgoing connections, or a restart might find its port taken. */
const PORTS = { from: 20_000, to: 32_000 };

/** A port that nothing listens on now, and that outgoing connections never take. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
