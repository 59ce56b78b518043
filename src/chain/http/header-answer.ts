/** Block headers as nodeos prints them, turned into what can be hashed: an id is believed only when it is the header's. */
import * as v from "valibot";
import { type BlockHeader, blockId } from "../block/header.ts";
import { slotOf } from "../time.ts";
import { hash, maybe, name, time, u32 } from "./endpoint.ts";

const extension = v.tuple([u32, v.pipe(v.string(), v.regex(/^([0-9a-f]{2})*$/))]);

/** What every print of a header has. */
export const headerFields = {
  timestamp: time,
  producer: name,
  confirmed: u32,
  previous: hash,
  transaction_mroot: hash,
  action_mroot: hash,
  schedule_version: u32,
};
const headerEntries = {
  ...headerFields,
  /** Only before WTMSIG_BLOCK_SIGNATURES. */
  new_producers: maybe(
    v.object({
      version: u32,
      producers: v.array(v.object({ producer_name: name, block_signing_key: v.string() })),
    }),
  ),
  header_extensions: v.optional(v.array(extension), []),
};
const printedHeader = v.object(headerEntries);

function headerOf(printed: v.InferOutput<typeof printedHeader>): BlockHeader {
  const { new_producers: newProducers } = printed;
  return {
    slot: slotOf(printed.timestamp),
    producer: printed.producer,
    confirmed: printed.confirmed,
    previous: printed.previous,
    transactionMroot: printed.transaction_mroot,
    actionMroot: printed.action_mroot,
    scheduleVersion: printed.schedule_version,
    newProducers: newProducers === null ? undefined : legacySchedule(newProducers),
    extensions: printed.header_extensions.map(([type, data]) => ({ type, data: Buffer.from(data, "hex") })),
  };
}

function legacySchedule({ version, producers }: NonNullable<v.InferOutput<typeof printedHeader>["new_producers"]>) {
  return { version, producers: producers.map((one) => ({ name: one.producer_name, key: one.block_signing_key })) };
}

/** The header among whatever else nodeos prints of a block. */
export const blockHeader = v.pipe(printedHeader, v.transform(headerOf));

/** The answer of `get_block_header`: a header with its id, which must be the header's own, and its signature. */
export const identifiedHeader = v.pipe(
  v.object({
    id: hash,
    signed_block_header: v.object({ ...headerEntries, producer_signature: v.string() }),
  }),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const { id, signed_block_header: printed } = dataset.value;
    const header = headerOf(printed);
    const own = idOf(header);
    if (own === id) return { id, header, producerSignature: printed.producer_signature };
    addIssue({ message: `block ${id} is said to have a header that is ${own ?? "none that can be serialised"}` });
    return NEVER;
  }),
);

/** `undefined` for values that fit their JSON types and not their binary ones. */
function idOf(header: BlockHeader): string | undefined {
  try {
    return blockId(header);
  } catch {
    return undefined;
  }
}
