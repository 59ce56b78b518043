/** The addresses that a node serves HTTP on, and which categories of endpoints each one answers. */
import { rmSync } from "node:fs";
import type { Server } from "node:http";
import { isAbsolute, join } from "node:path";
import { OptionsError } from "../options.ts";
import { endpointCategories } from "./endpoint.ts";

const ALL: ReadonlySet<string> = new Set(endpointCategories);

export interface ListenSettings {
  /** `host:port`, empty for none, or `http-category-address` to use only the category listeners. */
  address: string;
  /** `<category>,<host:port or path of a unix socket>` */
  categories: readonly string[];
  /** A socket that answers everything. */
  unixSocket: string | undefined;
  /** Relative paths of sockets begin here. */
  dataDir: string;
}

export interface ListenPlan {
  /** `host:port`, or an absolute path. */
  address: string;
  categories: ReadonlySet<string>;
}

/** Throws {@link OptionsError} for what nodeos refuses at start. */
export function planListeners({ address, categories, unixSocket, dataDir }: ListenSettings): ListenPlan[] {
  const absolute = (path: string) => (isAbsolute(path) ? path : join(dataDir, path));
  if (address !== "http-category-address") {
    if (categories.length > 0) {
      throw new OptionsError(
        "http-category-address can only be configured when http-server-address is set as `http-category-address`",
      );
    }
    const addresses = [address, ...(unixSocket === undefined || unixSocket === "" ? [] : [absolute(unixSocket)])];
    return addresses.filter((each) => each !== "").map((each) => ({ address: each, categories: ALL }));
  }
  if (unixSocket !== undefined && unixSocket !== "") {
    throw new OptionsError("`unix-socket-path` must be left unspecified when `http-category-address` is used");
  }
  const byAddress = new Map<string, Set<string>>();
  for (const spec of categories) {
    const comma = spec.indexOf(",");
    const category = spec.slice(0, Math.max(comma, 0));
    if (!ALL.has(category)) throw new OptionsError(`invalid category name '${category}' in http-category-address`);
    const given = spec.slice(comma + 1);
    const where = /^(\/|\.\/|\.\.\/)/.test(given) ? absolute(given) : given;
    byAddress.set(where, (byAddress.get(where) ?? new Set()).add(category));
  }
  return [...byAddress].map(([where, set]) => ({ address: where, categories: set }));
}

/** Resolves when the server listens. Rejects with the system's error. */
export function listenOn(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    if (isAbsolute(address)) {
      rmSync(address, { force: true });
      server.listen(address, resolve);
    } else {
      const colon = address.lastIndexOf(":");
      const host = address.slice(0, colon).replace(/^\[|\]$/g, "");
      server.listen(Number(address.slice(colon + 1)), host === "" ? undefined : host, resolve);
    }
  });
}
