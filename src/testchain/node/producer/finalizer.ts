/**
 * This node's finalizers: they vote on every block that becomes head, and keep on disk what they must not
 * contradict. The rules of nodeos's `finalizer.cpp`: votes only move forward in time; a vote needs the block
 * to extend the lock or to claim something newer; it is weak when an earlier vote on another branch is newer
 * than what the block claims.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { blockNumOf } from "../../../chain/block/header.ts";
import { Reader } from "../../../chain/codec/reader.ts";
import { pack, type Writer } from "../../../chain/codec/writer.ts";
import { ZERO_256 } from "../../../chain/hash.ts";
import type { Vote } from "../../../chain/p2p/messages.ts";
import { timeOf } from "../../../chain/time.ts";
import type { BlockState } from "../consensus/block-state.ts";
import { voteSignature } from "../consensus/votes.ts";

const MAGIC = 0x5afe11115afe1111n;
const VERSION = 1n;
/** Older blocks are not voted on: a syncing node does not vote. */
const MAX_AGE_MS = 30_000;

interface BlockRef {
  id: string;
  slot: number;
}

interface Safety {
  lastVote: BlockRef;
  lock: BlockRef;
  /** Newest vote on a branch that was left since the last strong vote; 0 for none. */
  otherBranchSlot: number;
}

const NONE: BlockRef = { id: ZERO_256, slot: 0 };

export class Finalizers {
  private readonly file: string;
  private readonly safety = new Map<string, Safety>();
  private readonly ours: readonly string[];

  constructor(keys: readonly string[], directory: string) {
    this.ours = keys;
    this.file = join(directory, "safety.dat");
    if (existsSync(this.file)) this.load(readFileSync(this.file));
    for (const key of keys)
      if (!this.safety.has(key)) this.safety.set(key, { lastVote: NONE, lock: NONE, otherBranchSlot: 0 });
  }

  /**
   * Votes of our finalizers in the block's policies. `ancestor(num)` is the id of the block's ancestor with that
   * number, itself included; `undefined` below the last irreversible block, which every branch extends.
   */
  vote(state: BlockState, nowMs: number, ancestor: (num: number) => string | undefined): Vote[] {
    const { consensus } = state;
    if (consensus.kind !== "savanna" || nowMs - timeOf(state.slot) > MAX_AGE_MS) return [];
    const policies = [consensus.finalizers, consensus.pendingFinalizers?.policy];
    const votes: Vote[] = [];
    for (const key of this.ours) {
      if (!policies.some((policy) => policy?.finalizers.some(({ publicKey }) => publicKey === key))) continue;
      const claimed = { id: ancestor(consensus.claim.blockNum) ?? state.previous, slot: consensus.claimSlot };
      const strong = this.decide(key, state, claimed, ancestor);
      if (strong === undefined) continue;
      votes.push({
        type: "vote",
        blockId: state.id,
        strong,
        finalizerKey: key,
        signature: voteSignature(key, state.id, strong),
      });
    }
    if (votes.length > 0) this.save();
    return votes;
  }

  /** Strong, weak, or `undefined` for no vote; notes the vote. */
  private decide(
    key: string,
    state: BlockState,
    claimed: BlockRef,
    ancestor: (num: number) => string | undefined,
  ): boolean | undefined {
    const { lastVote, lock, otherBranchSlot } = this.safety.get(key) as Safety;
    const extendsBlock = (ref: BlockRef) => {
      const num = blockNumOf(ref.id);
      // a later block of a shorter branch: what is above it is on another one
      if (num > state.num) return false;
      const id = ancestor(num);
      return ref.id === ZERO_256 || id === undefined || id === ref.id;
    };
    if (state.slot <= lastVote.slot) return undefined;
    if (claimed.slot <= lock.slot && !extendsBlock(lock)) return undefined;
    const otherSlot = extendsBlock(lastVote) ? otherBranchSlot : Math.max(otherBranchSlot, lastVote.slot);
    const strong = otherSlot <= claimed.slot;
    this.safety.set(key, {
      lastVote: { id: state.id, slot: state.slot },
      lock: strong && claimed.slot > lock.slot ? claimed : lock,
      otherBranchSlot: strong ? 0 : otherSlot,
    });
    return strong;
  }

  private save(): void {
    const entries = [...this.safety];
    const body = pack((writer) => {
      writer.u64(MAGIC).u64(VERSION).u64(BigInt(entries.length));
      for (const [key, safety] of entries) {
        writer.varBytes(Buffer.from(key, "hex"));
        writeRef(writer, safety.lastVote);
        writeRef(writer, safety.lock);
        writer.u32(safety.otherBranchSlot);
      }
    });
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32LE(crc32(body));
    writeFileSync(`${this.file}.tmp`, Buffer.concat([body, checksum]));
    renameSync(`${this.file}.tmp`, this.file);
  }

  private load(bytes: Buffer): void {
    const body = bytes.subarray(0, -4);
    if (bytes.length < 4 || crc32(body) !== bytes.readUInt32LE(bytes.length - 4))
      throw new Error("bad checksum in finalizer safety file");
    const reader = new Reader(body);
    if (reader.u64() !== MAGIC) throw new Error("bad magic number in finalizer safety file");
    reader.u64();
    for (let left = reader.u64(); left > 0n; left--) {
      const key = reader.varBytes().toString("hex");
      this.safety.set(key, { lastVote: readRef(reader), lock: readRef(reader), otherBranchSlot: reader.u32() });
    }
  }
}

/** nodeos stores id, slot and finality digest; the test chain has no such digest and writes the id again. */
function writeRef(writer: Writer, ref: BlockRef): void {
  writer.checksum256(ref.id).u32(ref.slot).checksum256(ref.id);
}

function readRef(reader: Reader): BlockRef {
  const ref = { id: reader.checksum256(), slot: reader.u32() };
  reader.checksum256();
  return ref;
}
