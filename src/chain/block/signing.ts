/**
 * What a producer signs, and who signed.
 *
 * Savanna: the block id itself. Legacy: sha256(sha256(header digest ‖ merkle root of all earlier block
 * ids) ‖ hash of the newest schedule), so checking a legacy signature needs the chain's past, which
 * {@link LegacyPast} carries along.
 */
import { Problem } from "../../kit/problem.ts";
import { Reader } from "../codec/reader.ts";
import { sha256Pair } from "../hash.ts";
import { recoverPublicKey } from "../keys/k1.ts";
import { type BlockHeader, blockId, HEADER_EXTENSION, headerDigest, isSavanna } from "./header.ts";
import type { IncrementalMerkle } from "./merkle.ts";
import { legacyScheduleHash, readSchedule, type SigningAuthority, satisfies, scheduleHash } from "./schedule.ts";

/** The state behind a legacy block: ids of all blocks up to its parent, and the schedule hash in force. */
export class LegacyPast {
  readonly blockIds: IncrementalMerkle;
  readonly scheduleHash: Buffer;

  constructor(blockIds: IncrementalMerkle, newestScheduleHash: Buffer) {
    this.blockIds = blockIds;
    this.scheduleHash = newestScheduleHash;
  }

  /** The digest that the producer of `header` signs. */
  digest(header: BlockHeader): Buffer {
    return sha256Pair(
      sha256Pair(headerDigest(header), this.blockIds.root),
      announcedScheduleHash(header) ?? this.scheduleHash,
    );
  }

  /** The past of the block behind `header`. */
  after(header: BlockHeader, id: string): LegacyPast {
    return new LegacyPast(
      this.blockIds.appended(Buffer.from(id, "hex")),
      announcedScheduleHash(header) ?? this.scheduleHash,
    );
  }
}

function announcedScheduleHash(header: BlockHeader): Buffer | undefined {
  if (header.newProducers !== undefined) return legacyScheduleHash(header.newProducers);
  const extension = header.extensions.find(({ type }) => type === HEADER_EXTENSION.producerSchedule);
  return extension === undefined ? undefined : scheduleHash(readSchedule(new Reader(extension.data)));
}

/** The digest that was signed. `past` is needed for legacy blocks only. */
export function signingDigest(header: BlockHeader, past?: LegacyPast): Buffer {
  if (isSavanna(header)) return Buffer.from(blockId(header), "hex");
  if (past === undefined) {
    throw new Problem({
      code: "BLOCK_NEEDS_PAST",
      message: `the signature of legacy block at slot ${header.slot} cannot be checked without the ids of all blocks before it`,
      help: "follow the chain from its genesis, or check Savanna blocks only",
    });
  }
  return past.digest(header);
}

/** The keys (`EOS…`) behind a block's signatures, in the order of the signatures. */
export function signersOf(header: BlockHeader, signatures: readonly string[], past?: LegacyPast): string[] {
  const digest = signingDigest(header, past);
  return signatures.map((signature) => recoverPublicKey(digest, signature));
}

/** Throws `BLOCK_WRONG_SIGNER` unless the block's signatures satisfy `authority`. */
export function verifySigners(
  header: BlockHeader,
  signatures: readonly string[],
  authority: SigningAuthority,
  past?: LegacyPast,
): void {
  const signers = signersOf(header, signatures, past);
  if (!satisfies(authority, signers)) {
    throw new Problem({
      code: "BLOCK_WRONG_SIGNER",
      message: `the block of ${header.producer} at slot ${header.slot} is signed by ${signers.join(", ")}`,
      expected: `signatures of weight ${authority.threshold} from ${authority.keys.map(({ key }) => key).join(", ")}`,
    });
  }
}
