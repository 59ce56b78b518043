/** Accounts of the state. */
import { AbiSerializer, decodeAbi } from "../../../chain/abi/serializer.ts";
import type { Row, Tables } from "./tables.ts";

export interface AccountRow {
  /** Slot of the block that created it. */
  created: number;
  privileged: boolean;
  /** Name of the built-in contract that it runs, empty for none. */
  contract: string;
  /** Hex; empty for none. */
  code: string;
  codeHash: string;
  abi: string;
  /** Slot of the last `setcode`, 0 for never. */
  codeUpdated: number;
}

export function getAccount(tables: Tables, name: string): AccountRow | undefined {
  return tables.get<Row>("account", name) as unknown as AccountRow | undefined;
}

export function putAccount(tables: Tables, name: string, row: AccountRow): void {
  tables.set("account", name, { ...row });
}

/** The ABI that the chain stores for an account, `undefined` when it has none. */
export function abiOf(tables: Tables, account: string): AbiSerializer | undefined {
  const abi = getAccount(tables, account)?.abi ?? "";
  return abi === "" ? undefined : new AbiSerializer(decodeAbi(Buffer.from(abi, "hex")));
}
