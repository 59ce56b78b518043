/** What is kept on disk about a network besides its nodes' data: ports and keys, made once. */
import { randomInt } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import * as v from "valibot";
import { messageOf, Problem } from "../../kit/problem.ts";
import { makeFinalizerKey, makeKey } from "./keys.ts";
import type { NetworkSpec } from "./spec.ts";

const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));
const keyPair = { publicKey: v.string(), privateKey: v.string() };

const savedSchema = v.strictObject({
  /** Held while the network runs, so that nobody else runs it. */
  guard: v.optional(port),
  ports: v.record(v.string(), v.strictObject({ http: port, p2p: port })),
  /** Port of each link, by `dialer>listener`. */
  links: v.record(v.string(), port),
  /** By account. */
  keys: v.record(v.string(), v.strictObject(keyPair)),
  /** By node. */
  finalizers: v.record(v.string(), v.strictObject({ ...keyPair, proof: v.string() })),
});
export type Saved = v.InferOutput<typeof savedSchema>;

/** `undefined` when there is no such file. Throws `TESTCHAIN_SAVED_BROKEN` for one that we did not write whole. */
export function readSaved(file: string): Saved | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return v.parse(savedSchema, JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    const issue = v.isValiError(cause) ? cause.issues[0] : undefined;
    const at = issue === undefined ? "" : `${v.getDotPath(issue) ?? "the whole of it"}: `;
    throw new Problem({
      code: "TESTCHAIN_SAVED_BROKEN",
      message: `the test chain's ports and keys cannot be read: ${at}${messageOf(cause)}`,
      where: file,
      help: "delete the directory it is in to begin a new chain: without its keys this one cannot go on",
      cause,
    });
  }
}

/** Writes all of it or nothing. */
export function writeSaved(file: string, saved: Saved): void {
  writeFileSync(`${file}.tmp`, JSON.stringify(saved, null, 2), { mode: 0o600 });
  renameSync(`${file}.tmp`, file);
}

/** Adds what a saved network lacks for its spec. `springUtil` makes BLS keys; without it they are stand-ins. */
export async function completed(
  before: Saved | undefined,
  spec: NetworkSpec,
  springUtil: string | undefined,
): Promise<Saved & { guard: number }> {
  const saved: Saved = before ?? { ports: {}, links: {}, keys: {}, finalizers: {} };
  const accounts = [
    "eosio",
    ...spec.schedule,
    ...(spec.accounts ?? []),
    ...spec.nodes.flatMap((node) => node.producers ?? []),
  ];
  for (const account of accounts) saved.keys[account] ??= makeKey();
  const taken = new Set([
    ...Object.values(saved.ports).flatMap(({ http, p2p }) => [http, p2p]),
    ...Object.values(saved.links),
    ...(saved.guard === undefined ? [] : [saved.guard]),
  ]);
  const another = async () => {
    const free = await freePort(taken);
    taken.add(free);
    return free;
  };
  for (const node of spec.nodes) {
    if (node.finalizer) saved.finalizers[node.name] ??= makeFinalizerKey(springUtil);
    saved.ports[node.name] ??= { http: await another(), p2p: await another() };
    for (const listener of node.dials) saved.links[`${node.name}>${listener}`] ??= await another();
  }
  return { ...saved, guard: saved.guard ?? (await another()) };
}

/** Below the range that the system gives to outgoing connections, or a restart might find its port taken. */
const PORTS = { from: 20_000, to: 32_000 };

/** A port that nothing listens on now, that outgoing connections never take, and that is none of `taken`. */
export async function freePort(taken: ReadonlySet<number> = new Set()): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (taken.has(port)) continue;
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
