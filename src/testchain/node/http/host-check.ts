/** nodeos's check of the `Host` header: the address that was connected to, or a name it is told of. Guards against rebound DNS. */
import { isIP } from "node:net";

/**
 * `local` is the address of the connection on our side. An address in the header must be that one, whatever
 * the port; a name must be an alias. So `localhost` is refused unless it is one.
 */
export function isHostAllowed(header: string, local: string, aliases: readonly string[]): boolean {
  const host = hostOf(header);
  return isIP(host) === 0
    ? host !== "" && aliases.some((alias) => hostOf(alias) === host)
    : plain(host) === plain(local);
}

/** Without the port, and without the brackets of an IPv6 address. */
function hostOf(text: string): string {
  return /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? text.replace(/:\d+$/, "");
}

/** An IPv4 address as it is, also where the socket says it in IPv6. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, "");
}
