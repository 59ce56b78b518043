/** What one watch loop looks at: the nodes of one chain, and which accounts and pairs on it are ours. */
export interface WatchedNode {
  name: string;
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
