/** What the read-only endpoints of `/v1/chain` have in common. */
import { isName } from "../../../chain/name.ts";
import { PRIORITY } from "../main-thread.ts";
import { type Body, type Endpoint, textField, unreadable } from "./endpoint.ts";

export const CHAIN_PLUGIN = "chain_plugin.cpp";

/** An endpoint of category `chain_ro`, on the main thread unless it is one of those that nodeos moved off it. */
export function chainReader(
  name: string,
  body: Endpoint["body"],
  handle: Endpoint["handle"],
  thread: "main" | "http" = "main",
): Endpoint {
  const endpoint = { path: `/v1/chain/${name}`, category: "chain_ro", status: 200, body, handle } as const;
  return thread === "main" ? { ...endpoint, priority: PRIORITY.mediumLow } : endpoint;
}

/** An account name of a request. Throws as nodeos does for one that is none. */
export function nameField(body: Body, field: string): string {
  const name = textField(body, field);
  if (isName(name)) return name;
  const message = `Name not properly normalized (name: ${name.slice(0, 40)}, normalized: ) `;
  throw unreadable(message, "name.cpp:13:set");
}
