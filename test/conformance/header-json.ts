/** A block header as nodeos prints it, turned back into one whose id can be hashed. */
import type { BlockHeader } from "../../src/chain/block/header.ts";
import { parseBlockTime } from "../../src/chain/time.ts";

export interface HeaderJson {
  timestamp: string;
  producer: string;
  confirmed: number;
  previous: string;
  transaction_mroot: string;
  action_mroot: string;
  schedule_version: number;
  header_extensions?: [number, string][];
  producer_signature: string;
}

/** Not for headers of the old kind that announce a schedule inside (`new_producers`). */
export function headerOf(json: HeaderJson): BlockHeader {
  return {
    slot: parseBlockTime(json.timestamp),
    producer: json.producer,
    confirmed: json.confirmed,
    previous: json.previous,
    transactionMroot: json.transaction_mroot,
    actionMroot: json.action_mroot,
    scheduleVersion: json.schedule_version,
    extensions: (json.header_extensions ?? []).map(([type, data]) => ({ type, data: Buffer.from(data, "hex") })),
  };
}
