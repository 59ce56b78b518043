/** The recordings of a real nodeos (test/fixtures, see ORIGIN.md there), read for the tests that use them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const RECORDED = join(import.meta.dirname, "fixtures", "nodeos-1.3.0-dev");

/** The recorded chain's id, as its node states it. */
export const RECORDED_CHAIN_ID = "add9519882f3ae329fd6feebb8fd62e8ee27dfa95a8643c1f75d914f4b08e7aa";

/** One HTTP exchange, bodies as text. */
export interface Exchange {
  name: string;
  request: { method: string; path: string; body: string };
  response: { status: number; headers: Record<string, string>; body: string };
}

/** Every file of the recordings, relative to {@link RECORDED}. */
export function recordedFiles(): string[] {
  return readdirSync(RECORDED, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(RECORDED.length + 1))
    .sort();
}

export function recordedBytes(path: string): Buffer {
  return readFileSync(join(RECORDED, path));
}

export function recordedJson(path: string): unknown {
  return JSON.parse(recordedBytes(path).toString("utf8"));
}

/** `name` as in ORIGIN.md: `send_transaction.expired`. */
export function exchange(name: string): Exchange {
  return { name, ...(recordedJson(`http/${name}.json`) as Omit<Exchange, "name">) };
}

/** The body of a recorded answer, parsed. */
export function answer(name: string): unknown {
  return JSON.parse(exchange(name).response.body);
}

export type Direction = "dialer" | "listener";

/** The payloads of the frames that one side of the recorded p2p connection sent. */
export function p2pPayloads(from: Direction): Buffer[] {
  const bytes = recordedBytes(`p2p/from-${from}.bin`);
  const payloads: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32LE(at);
    payloads.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return payloads;
}

/** The serialised blocks that passed over the recorded p2p connection, by number, each once: 2 to 227. */
export function p2pBlocks(): Buffer[] {
  const signedBlock = 7;
  const byNumber = new Map<number, Buffer>();
  for (const payload of [...p2pPayloads("listener"), ...p2pPayloads("dialer")]) {
    if (payload[0] !== signedBlock) continue;
    const block = payload.subarray(1);
    // behind slot, producer and `confirmed` stands the parent's id, which begins with its number
    byNumber.set(block.readUInt32BE(4 + 8 + 2) + 1, block);
  }
  return [...byNumber].sort(([left], [right]) => left - right).map(([, block]) => block);
}

/** One message of the recorded state-history session. */
export interface ShipMessage {
  from: "client" | "server";
  payload: Buffer;
}

export function shipMessages(): ShipMessage[] {
  const bytes = recordedBytes("ship/stream.bin");
  const messages: ShipMessage[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 6 + bytes.readUInt32LE(at + 2);
    messages.push({ from: bytes[at] === 0 ? "client" : "server", payload: bytes.subarray(at + 6, end) });
    at = end;
  }
  return messages;
}

/** A `Produced block` or `Received block` line of a recorded log. */
export interface LoggedBlock {
  what: "Produced" | "Received";
  /** When the line was written, ms. */
  at: number;
  num: number;
  /** Hex digits 8 to 23 of the id: that much nodeos writes. */
  idPart: string;
  /** As written, UTC without a zone. */
  timestamp: string;
  producer: string;
}

const BLOCK_LINE =
  /^info {2}(\S+) .*\] (Produced|Received) block ([0-9a-f]{16})\.\.\. #(\d+) @ (\S+) signed by ([a-z1-5.]+) /gm;

export function loggedBlocks(path: string): LoggedBlock[] {
  return [...recordedBytes(path).toString("utf8").matchAll(BLOCK_LINE)].map((line) => {
    const [, at = "", what, idPart = "", num, timestamp = "", producer = ""] = line;
    return {
      what: what as LoggedBlock["what"],
      at: Date.parse(`${at}Z`),
      num: Number(num),
      idPart,
      timestamp,
      producer,
    };
  });
}
