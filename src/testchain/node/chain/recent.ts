/** What the state remembers for transactions to come: ids of recent blocks, and of transactions until they expire. */
import { blockNumOf } from "../../../chain/block/header.ts";
import { timeOf } from "../../../chain/time.ts";
import type { Tables } from "./tables.ts";

/** Remembers a block's id for transactions that refer to it (TAPOS): by the low 16 bits of its number. */
export function rememberBlock(tables: Tables, id: string): void {
  tables.set("summary", String(blockNumOf(id) & 0xffff), id);
}

/** Forgets transactions whose expiry has passed: they are refused for being expired instead. */
export function expireTransactions(tables: Tables, slot: number): void {
  const seconds = Math.floor(timeOf(slot) / 1000);
  for (const [id, expiration] of tables.entries<number>("transaction")) {
    if (expiration < seconds) tables.delete("transaction", id);
  }
}
