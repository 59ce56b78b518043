/**
 * What a node keeps in its data directory, and how it comes back: after a clean stop where it was, after a
 * kill not at all (`database dirty flag set`) until it is told to replay its block log or to start over.
 *
 * `state/shared_memory.bin` holds the state at the last irreversible block and is marked dirty while the node runs;
 * `blocks/reversible/fork_db.dat` holds the blocks after it, which are applied again at start.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { decodeHeader, writeHeader } from "../../../chain/block/header.ts";
import { IncrementalMerkle } from "../../../chain/block/merkle.ts";
import { LegacyPast } from "../../../chain/block/signing.ts";
import { pack } from "../../../chain/codec/writer.ts";
import type { BlockState, Consensus } from "../consensus/block-state.ts";
import { VoteTally } from "../consensus/votes.ts";
import type { Options } from "../options.ts";
import { BlockLog } from "./block-log.ts";
import { type ChainStart, startFromGenesis, type TestGenesis, testGenesisSchema } from "./genesis-state.ts";
import { Tables } from "./tables.ts";

const DIRTY = "dirty";

/** The node cannot start as it was told; `exitCode` is nodeos's. */
export class StartFailure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

export interface Opened extends ChainStart {
  blockLog: BlockLog;
  /** To be accepted and applied again: reversible blocks after a clean stop, or the block log on a replay. */
  pending: Buffer[];
}

/** A state with the block it belongs to, as files and snapshots hold it. */
interface SavedState {
  chainId: string;
  root: { id: string; num: number; header: string; raw: string; consensus: Consensus };
  tables: ReturnType<Tables["dump"]>;
}

export class Store {
  readonly snapshotsDir: string;
  readonly finalizersDir: string;
  readonly blocksDir: string;
  readonly stateDir: string;
  private readonly stateFile: string;
  private readonly forkFile: string;
  private readonly genesisFile: string;
  private readonly options: Options;

  constructor(options: Options) {
    const data = options["data-dir"] ?? "data";
    const under = (given: string | undefined, fallback: string) =>
      given?.startsWith("/") ? given : join(data, given ?? fallback);
    this.options = options;
    this.blocksDir = under(options["blocks-dir"], "blocks");
    this.stateDir = under(options["state-dir"], "state");
    this.snapshotsDir = under(options["snapshots-dir"], "snapshots");
    this.finalizersDir = under(options["finalizers-dir"], "finalizers");
    this.stateFile = join(this.stateDir, "shared_memory.bin");
    this.forkFile = join(this.blocksDir, "reversible", "fork_db.dat");
    this.genesisFile = join(this.blocksDir, "genesis.json");
  }

  /** Opens or creates the chain as the options say, and marks it dirty. Throws {@link StartFailure}. */
  open(): Opened {
    const { options } = this;
    if (options["delete-all-blocks"]) {
      for (const path of [this.blocksDir, this.stateDir]) rmSync(path, { recursive: true, force: true });
    }
    for (const path of [
      this.blocksDir,
      this.stateDir,
      this.snapshotsDir,
      this.finalizersDir,
      join(this.blocksDir, "reversible"),
    ]) {
      mkdirSync(path, { recursive: true });
    }
    const opened = this.openState(options["replay-blockchain"] === true || options["hard-replay-blockchain"] === true);
    writeFileSync(this.stateFile, DIRTY);
    return opened;
  }

  private openState(replay: boolean): Opened {
    const saved = existsSync(this.stateFile) ? readFileSync(this.stateFile, "utf8") : undefined;
    if (this.options.snapshot !== undefined) return this.openSnapshot(this.options.snapshot, saved);
    if (saved === DIRTY && !replay) {
      throw new StartFailure("database dirty flag set (likely due to unclean shutdown): replay required", 2);
    }
    const blockLog = new BlockLog(join(this.blocksDir, "blocks.log"));
    if (saved !== undefined && !replay) {
      return { ...restore(decodeSaved(saved)), blockLog, pending: this.readForkFile() };
    }
    const start = startFromGenesis(this.readGenesis());
    const pending: Buffer[] = [];
    for (let num = 2; num <= blockLog.last; num++) {
      const raw = blockLog.read(num);
      if (raw !== undefined) pending.push(raw);
    }
    if (pending.length === 0) return { ...start, blockLog, pending };
    // the log is written anew while its blocks become irreversible again
    blockLog.close();
    rmSync(join(this.blocksDir, "blocks.log"));
    return { ...start, blockLog: new BlockLog(join(this.blocksDir, "blocks.log")), pending };
  }

  private openSnapshot(path: string, saved: string | undefined): Opened {
    if (saved !== undefined) {
      throw new StartFailure("Snapshot can only be used to initialize an empty database.", 255);
    }
    if (!existsSync(path)) throw new StartFailure(`Cannot load snapshot, ${path} does not exist`, 255);
    rmSync(join(this.blocksDir, "blocks.log"), { force: true });
    return {
      ...restore(decodeSaved(readFileSync(path, "utf8"))),
      blockLog: new BlockLog(join(this.blocksDir, "blocks.log")),
      pending: [],
    };
  }

  private readGenesis(): TestGenesis {
    const given = this.options["genesis-json"] ?? (existsSync(this.genesisFile) ? this.genesisFile : undefined);
    if (given === undefined) {
      throw new StartFailure(
        "Genesis state is necessary to initialize fresh blockchain state but genesis state could not be found in the blocks log. " +
          "Please either load from snapshot or find a blocks log that starts from genesis.",
        255,
      );
    }
    const genesis = v.parse(testGenesisSchema, JSON.parse(readFileSync(given, "utf8")));
    if (given !== this.genesisFile) writeFileSync(this.genesisFile, JSON.stringify(genesis));
    return genesis;
  }

  private readForkFile(): Buffer[] {
    if (!existsSync(this.forkFile)) return [];
    const blocks = JSON.parse(readFileSync(this.forkFile, "utf8")) as string[];
    return blocks.map((hex) => Buffer.from(hex, "hex"));
  }

  /** Clean stop: the state at the last irreversible block, which the caller has rewound to, and the blocks after it. */
  close(start: ChainStart, reversible: readonly BlockState[]): void {
    writeFileSync(this.forkFile, JSON.stringify(reversible.map(({ raw }) => raw.toString("hex"))));
    writeWhole(this.stateFile, encodeSaved(start));
  }

  /** Path of a finished snapshot of `start`; written under another name first. */
  writeSnapshot(start: ChainStart): string {
    const path = join(this.snapshotsDir, `snapshot-${start.root.id}.bin`);
    writeWhole(path, encodeSaved(start));
    return path;
  }
}

function writeWhole(path: string, content: string): void {
  writeFileSync(`${path}.tmp`, content);
  renameSync(`${path}.tmp`, path);
}

function encodeSaved({ chainId, tables, root }: ChainStart): string {
  const header = pack((writer) => writeHeader(writer, root.header)).toString("hex");
  const saved: SavedState = {
    chainId,
    root: { id: root.id, num: root.num, header, raw: root.raw.toString("hex"), consensus: root.consensus },
    tables: tables.dump(),
  };
  return JSON.stringify(saved, (_, value: unknown) => {
    if (typeof value === "bigint") return { $bigint: value.toString() };
    if (value instanceof LegacyPast)
      return { $past: value.blockIds.toJSON(), scheduleHash: value.scheduleHash.toString("hex") };
    return value;
  });
}

function decodeSaved(text: string): SavedState {
  return JSON.parse(text, (_, value) => {
    if (typeof value?.$bigint === "string") return BigInt(value.$bigint);
    if (value?.$past !== undefined) {
      return new LegacyPast(IncrementalMerkle.from(value.$past), Buffer.from(value.scheduleHash, "hex"));
    }
    return value;
  }) as SavedState;
}

function restore({ chainId, root, tables }: SavedState): ChainStart {
  const header = decodeHeader(Buffer.from(root.header, "hex"));
  const { consensus } = root;
  const tally =
    consensus.kind === "savanna" ? new VoteTally(consensus.finalizers, consensus.pendingFinalizers?.policy) : undefined;
  const state: BlockState = {
    id: root.id,
    num: root.num,
    slot: header.slot,
    previous: header.previous,
    header,
    block: undefined,
    raw: Buffer.from(root.raw, "hex"),
    consensus,
    tally,
    applied: true,
  };
  return { chainId, tables: Tables.load(tables), root: state };
}
