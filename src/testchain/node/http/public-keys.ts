/** A list of public keys in a request. */
import type { Json } from "../../../chain/abi/builtin.ts";
import { formatPublicKey, parsePublicKey } from "../../../chain/keys/text.ts";
import { messageOf } from "../../../kit/problem.ts";
import { unreadable } from "./endpoint.ts";

/** In `EOS…` form; none when there is no list. Throws as nodeos does for a body that it cannot read. */
export function publicKeys(list: Json | undefined): string[] {
  if (!Array.isArray(list)) return [];
  try {
    return list.map((key) => formatPublicKey(parsePublicKey(String(key))));
  } catch (thrown) {
    throw unreadable(messageOf(thrown), "public_key.cpp:parse_base58");
  }
}
