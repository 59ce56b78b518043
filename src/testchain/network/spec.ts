/** What a test network consists of: its nodes, who dials whom, who produces, and how the chain begins. */
import type { NodeSetup } from "./config-ini.ts";

export interface NodeSpec {
  name: string;
  producers?: readonly string[];
  /** Nodes it dials, by name. */
  dials: readonly string[];
  /** It has a BLS key and votes once a policy names it. */
  finalizer?: boolean;
  pauseOnStartup?: boolean;
  /** Resumed when the whole network is up, though it starts paused: the active one of a pair. */
  active?: boolean;
  /** Produces on a stale head when the whole chain is started: one node must, whoever is due may. */
  startsChain?: boolean;
  voteTimeoutMs?: number;
  /** Signs through a remote signer instead of a key of its own. */
  signerUrl?: string;
  keosdTimeoutMs?: number;
  extra?: NodeSetup["extra"];
}

export interface NetworkSpec {
  nodes: readonly NodeSpec[];
  /**
   * `bare`: block 1 knows only `eosio`, as on a real new chain; everything else is up to the caller, or to
   * `boot()`. `savanna` and `legacy`: with producers, accounts, a token and (Savanna) finalizers. The test
   * chain has them from block 1 on; a chain of real nodes is booted.
   */
  start: "bare" | "savanna" | "legacy";
  /** Producer accounts in the order of the schedule; for a booted start. */
  schedule: readonly string[];
  /** Names of nodes whose finalizers make the policy; for a booted Savanna start. */
  finalizers?: readonly string[];
  /** Further accounts, with a balance each; for a booted start. */
  accounts?: readonly string[];
}

/** Whom a node's finalizer votes for: its first producer account, else the node itself. */
export function finalizerName(node: NodeSpec): string {
  return node.producers?.[0] ?? node.name;
}

/**
 * The same nodes and links for real nodes that have no contracts: the chain's only producer is `eosio`, which the
 * pair produces for in turn (the nodes that share an account with the active one, or with the one that starts the
 * chain when none is active). The active one starts the chain; all others only follow. No finalizers, no token.
 */
export function soloSpec(spec: NetworkSpec): NetworkSpec {
  const first = spec.nodes.find(({ active }) => active) ?? spec.nodes.find(({ startsChain }) => startsChain);
  const shared = new Set(first?.producers ?? []);
  return {
    start: "bare",
    schedule: ["eosio"],
    accounts: spec.accounts ?? [],
    nodes: spec.nodes.map((node) => {
      const { producers = [], startsChain, finalizer, ...rest } = node;
      if (!producers.some((producer) => shared.has(producer))) return omitProduction(rest);
      return { ...rest, producers: ["eosio"], startsChain: node === first };
    }),
  };
}

/** A node that produces nothing has nothing to pause or to sign. */
function omitProduction(node: Omit<NodeSpec, "producers" | "startsChain" | "finalizer">): NodeSpec {
  const { pauseOnStartup, active, signerUrl, ...rest } = node;
  return rest;
}

/** For real nodes with contracts: the first that starts the chain produces for `eosio` until the schedule takes over. */
export function bootedSpec(spec: NetworkSpec, canVote: boolean): NetworkSpec {
  const first = spec.start === "bare" ? undefined : spec.nodes.find(({ startsChain }) => startsChain);
  const nodes = spec.nodes.map((node) => ({
    ...node,
    ...(node === first ? { producers: [...(node.producers ?? []), "eosio"] } : {}),
    ...(canVote ? {} : { finalizer: false }),
  }));
  if (canVote) return { ...spec, nodes };
  return { ...spec, nodes, finalizers: [], start: spec.start === "savanna" ? "legacy" : spec.start };
}
