/** Addresses of the p2p options: `host:port`, then what may be asked of the connection and a rate. */

/** What travels on a connection besides the housekeeping. */
export type Traffic = "both" | "blocks" | "transactions";

export interface PeerAddress {
  host: string;
  port: number;
  traffic: Traffic;
}

/** nodeos's limit on an address, in characters. */
export const MAX_ADDRESS = 384;
const ADDRESS = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s]*):(\d{1,5})(?::(blk|trx))?(?::[\d.]+[A-Za-z/]*)?$/;

/**
 * Reads `host:port[:trx|:blk][:<rate-cap>]`, the host empty for all interfaces and in brackets when it is IPv6.
 * The rate is not kept: nothing here is slow enough to need it. `undefined` for anything else.
 */
export function parsePeerAddress(text: string): PeerAddress | undefined {
  const parts = text.length <= MAX_ADDRESS ? ADDRESS.exec(text) : null;
  const port = Number(parts?.[2]);
  if (parts === null || port > 65_535) return undefined;
  const host = (parts[1] as string).replace(/^\[|\]$/g, "");
  return { host, port, traffic: parts[3] === "blk" ? "blocks" : parts[3] === "trx" ? "transactions" : "both" };
}

/** What a handshake's `p2p_address` asks us to send: `:blk` or `:trx` behind the port. */
export function trafficAskedFor(p2pAddress: string): Traffic {
  const kind = /^[^ ]+:(blk|trx)( |$)/.exec(p2pAddress)?.[1];
  return kind === "blk" ? "blocks" : kind === "trx" ? "transactions" : "both";
}

/** The suffix that asks for it. */
export function trafficSuffix(traffic: Traffic): string {
  return traffic === "blocks" ? ":blk" : traffic === "transactions" ? ":trx" : "";
}
