/** What one watch loop looks at: the nodes of one chain, and which accounts and pairs on it are ours. */
import type { ChainNode, Fleet, FleetNode, Peer } from "../fleet/schema.ts";

export interface WatchedNode {
  name: string;
  /** Ours; a peer's word alone counts less. */
  ours: boolean;
  /** Base address of its HTTP API. */
  http?: string | undefined;
  /** Where `/v1/producer/paused` is answered, when that is a listener of its own. */
  producerApi?: string | undefined;
  p2p?: { host: string; port: number } | undefined;
}

export interface WatchedPair {
  name: string;
  account: string;
  primary: string;
  secondary: string;
}

export interface WatchTarget {
  chain: string;
  chainId: string;
  /** Producer accounts of ours. */
  accounts: readonly string[];
  nodes: readonly WatchedNode[];
  pairs: readonly WatchedPair[];
}

/** One target for each chain of a fleet that has a node to look at: live nodes of ours, and peers. */
export function watchTargets(fleet: Fleet): WatchTarget[] {
  const targets = fleet.chains.map((chain): WatchTarget => {
    const pairs = fleet.pairs.filter((pair) => pair.chain === chain.name);
    const accounts = [chain.account, ...pairs.map(({ account }) => account)].filter((account) => account !== undefined);
    return {
      chain: chain.name,
      chainId: chain.id,
      accounts: [...new Set(accounts)],
      nodes: [...fleet.nodes.filter(isLiveChainNode), ...fleet.peers]
        .filter((node) => node.chain === chain.name && (node.http !== undefined || node.p2p !== undefined))
        .map(watchedNode),
      pairs: pairs.map(({ name, account, primary, secondary }) => ({ name, account, primary, secondary })),
    };
  });
  return targets.filter(({ nodes }) => nodes.length > 0);
}

function watchedNode(node: ChainNode | Peer): WatchedNode {
  return {
    name: node.name,
    ours: "role" in node,
    http: node.http,
    ...("producerApi" in node && { producerApi: node.producerApi }),
    p2p: node.p2p === undefined ? undefined : hostAndPort(node.p2p),
  };
}

function isLiveChainNode(node: FleetNode): node is ChainNode {
  return "chain" in node && node.status === "live";
}

/** `10.77.0.11:9876` or `[2001:db8::1]:9876`, as the fleet's schema lets through. */
function hostAndPort(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(address.slice(colon + 1)) };
}
