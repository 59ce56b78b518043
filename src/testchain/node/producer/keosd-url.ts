/**
 * Where a `KEOSD:` provider points, as nodeos reads it: `http://host:port/path`, used as it is with its query
 * dropped, or `unix://` and the path of a socket.
 */
import { statSync } from "node:fs";

export interface KeosdTarget {
  path: string;
  hostHeader: string;
  /** For `connect`: a TCP address, or the path of a unix socket. */
  address: { host: string; port: number } | { path: string };
}

const HTTP_PORT = 80;

/** Throws for what is no URL, or a scheme that nodeos's client does not speak. */
export function parseKeosdUrl(url: string): KeosdTarget {
  if (url.startsWith("unix://")) {
    // to nodeos the socket's path is the URL's host, and its Host header says so
    const path = url.slice("unix://".length);
    return { path: "/", hostHeader: path, address: { path } };
  }
  const { protocol, hostname, port, pathname } = new URL(url);
  if (protocol !== "http:") throw new Error(`a KEOSD url is http or unix, not ${protocol.slice(0, -1)}`);
  const number = Number(port || HTTP_PORT);
  return {
    path: pathname,
    hostHeader: number === HTTP_PORT ? hostname : `${hostname}:${number}`,
    address: { host: hostname, port: number },
  };
}

/**
 * True where nodeos's client never returns: it looks for the socket in a `unix://` URL from the end, and goes
 * on looking for ever when the whole of it is not one (a path behind the socket, or no socket there yet).
 */
export function hangsNodeos({ address }: KeosdTarget): boolean {
  return "path" in address && statSync(address.path, { throwIfNoEntry: false })?.isSocket() !== true;
}
