/** The state at one block as text: what `shared_memory.bin` and snapshots of the test chain hold. */
import { decodeHeader, writeHeader } from "../../../chain/block/header.ts";
import { IncrementalMerkle } from "../../../chain/block/merkle.ts";
import { LegacyPast } from "../../../chain/block/signing.ts";
import { pack } from "../../../chain/codec/writer.ts";
import type { BlockState, Consensus } from "../consensus/block-state.ts";
import { tallyFor } from "../consensus/make-state.ts";
import type { ChainStart } from "./genesis-state.ts";
import { seal, unseal } from "./sealed.ts";
import { Tables } from "./tables.ts";

/** A state with the block it belongs to. */
interface SavedState {
  chainId: string;
  root: { id: string; num: number; header: string; raw: string; consensus: Consensus };
  tables: ReturnType<Tables["dump"]>;
}

export function encodeState({ chainId, tables, root }: ChainStart): string {
  const header = pack((writer) => writeHeader(writer, root.header)).toString("hex");
  const saved: SavedState = {
    chainId,
    root: { id: root.id, num: root.num, header, raw: root.raw.toString("hex"), consensus: root.consensus },
    tables: tables.dump(),
  };
  const text = JSON.stringify(saved, (_, value: unknown) => {
    if (typeof value === "bigint") return { $bigint: value.toString() };
    if (value instanceof LegacyPast)
      return { $past: value.blockIds.toJSON(), scheduleHash: value.scheduleHash.toString("hex") };
    return value;
  });
  return seal(text);
}

/** Throws for anything that {@link encodeState} did not write. */
export function decodeState(text: string): ChainStart {
  const { chainId, root, tables } = JSON.parse(unseal(text), (_, value) => {
    if (typeof value?.$bigint === "string") return BigInt(value.$bigint);
    if (value?.$past !== undefined) {
      return new LegacyPast(IncrementalMerkle.from(value.$past), Buffer.from(value.scheduleHash, "hex"));
    }
    return value;
  }) as SavedState;
  const header = decodeHeader(Buffer.from(root.header, "hex"));
  const state: BlockState = {
    id: root.id,
    num: root.num,
    slot: header.slot,
    previous: header.previous,
    header,
    block: undefined,
    raw: Buffer.from(root.raw, "hex"),
    consensus: root.consensus,
    tally: tallyFor(root.consensus),
    applied: true,
  };
  return { chainId, tables: Tables.load(tables), root: state };
}
