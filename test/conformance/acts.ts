/** Actions that nodeos itself carries out on any chain, with or without a contract. */
import type { Json } from "../../src/chain/abi/builtin.ts";
import type { Action } from "../../src/chain/transaction.ts";
import { nativeSerializer } from "../../src/testchain/node/contracts/system.ts";

/** `actor` may be anyone: whether that is allowed is what a case is about. */
export function native(name: string, data: Json, actor: string): Action {
  return {
    account: "eosio",
    name,
    authorization: [{ actor, permission: "active" }],
    data: nativeSerializer.encodeAction(name, data),
  };
}

/** Allowed for `account` alone; changes nothing that anyone looks at, and differs from any other one. */
export function harmless(account: string, actor: string = account): Action {
  const permission = `p${Math.random()
    .toString(36)
    .replace(/[^a-z]/g, "")
    .slice(0, 9)}`;
  const auth = {
    threshold: 1,
    keys: [],
    accounts: [{ permission: { actor: account, permission: "active" }, weight: 1 }],
    waits: [],
  };
  return native("updateauth", { account, permission, parent: "active", auth }, actor);
}

/** Clears an account's ABI, which only the account may; run by whoever is not, it fails while it is executed. */
export function foreignSetabi(account: string, actor: string): Action {
  return native("setabi", { account, abi: "" }, actor);
}
