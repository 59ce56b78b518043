/** Fills in what a well-formed fleet leaves to other places in it, and freezes the result. */
import type { DeclaredFleet, Fleet } from "./schema.ts";

/** Wants a fleet that the rules found nothing wrong with. */
export function completeFleet(declared: DeclaredFleet): Fleet {
  const accounts = new Map(declared.chains.map((chain) => [chain.name, chain.account]));
  return frozen({
    ...declared,
    pairs: declared.pairs.map((pair) => ({ ...pair, account: pair.account ?? accounts.get(pair.chain) ?? "" })),
    hostnames: declared.hostnames.map((hostname) => ({
      ...hostname,
      serves: [...new Set(hostname.serves.flatMap((served) => nodesServed(declared, served)))],
    })),
  });
}

function nodesServed(declared: DeclaredFleet, served: string): string[] {
  const role = /^role:(.+)$/.exec(served)?.[1];
  if (role === undefined) return [served];
  return declared.nodes.filter((node) => node.role === role).map((node) => node.name);
}

/** Aliases make parts of the value shared, so some may be frozen already. */
function frozen<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.values(value).forEach(frozen);
  return Object.freeze(value);
}
