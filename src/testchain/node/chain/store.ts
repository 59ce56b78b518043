/**
 * What a node keeps in its data directory, and how it comes back: after a clean stop where it was, after a
 * kill not at all (`database dirty flag set`) until it is told to replay its block log or to start over.
 *
 * `state/shared_memory.bin` holds the state at the last irreversible block and is marked dirty while the node runs;
 * `blocks/reversible/fork_db.dat` holds the blocks after it, which are applied again at start.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import * as v from "valibot";
import { messageOf } from "../../../kit/problem.ts";
import type { BlockState } from "../consensus/block-state.ts";
import type { Options } from "../options.ts";
import { BlockLog } from "./block-log.ts";
import { type ChainStart, startFromGenesis, type TestGenesis, testGenesisSchema } from "./genesis-state.ts";
import { decodeState, encodeState } from "./saved-state.ts";
import { seal, unseal } from "./sealed.ts";

const DIRTY = "dirty";
/** nodeos's exit codes for a start that fails. */
const EXIT = { dirty: 2, initialize: 255, other: 254 } as const;

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

export class Store {
  readonly snapshotsDir: string;
  readonly finalizersDir: string;
  readonly blocksDir: string;
  readonly stateDir: string;
  private readonly stateFile: string;
  private readonly forkFile: string;
  private readonly genesisFile: string;
  private readonly logFile: string;
  private readonly options: Options;

  constructor(options: Options) {
    const data = options["data-dir"] ?? "data";
    const under = (given: string | undefined, fallback: string) =>
      given !== undefined && isAbsolute(given) ? given : join(data, given ?? fallback);
    this.options = options;
    this.blocksDir = under(options["blocks-dir"], "blocks");
    this.stateDir = under(options["state-dir"], "state");
    this.snapshotsDir = under(options["snapshots-dir"], "snapshots");
    this.finalizersDir = under(options["finalizers-dir"], "finalizers");
    this.stateFile = join(this.stateDir, "shared_memory.bin");
    this.forkFile = join(this.blocksDir, "reversible", "fork_db.dat");
    this.genesisFile = join(this.blocksDir, "genesis.json");
    this.logFile = join(this.blocksDir, "blocks.log");
  }

  /** Opens or creates the chain as the options say, and marks it dirty. Throws {@link StartFailure}. */
  open(): Opened {
    const { options } = this;
    if (options["delete-all-blocks"]) {
      for (const path of [this.blocksDir, this.stateDir]) rmSync(path, { recursive: true, force: true });
    }
    const reversible = join(this.blocksDir, "reversible");
    for (const path of [this.blocksDir, this.stateDir, this.snapshotsDir, this.finalizersDir, reversible]) {
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
      throw new StartFailure("database dirty flag set (likely due to unclean shutdown): replay required", EXIT.dirty);
    }
    if (saved !== undefined && !replay) {
      const state = readable(this.stateFile, () => decodeState(saved));
      const pending = readable(this.forkFile, () => this.readForkFile());
      const blockLog = this.openLog();
      // a chain that began at a snapshot has none yet
      if (blockLog.last !== 0 && blockLog.last !== state.root.num) {
        blockLog.close();
        const where = `Block log ends at block ${blockLog.last}, the state is that of block ${state.root.num}`;
        throw new StartFailure(`${where}: replay required`, EXIT.other);
      }
      return { ...state, blockLog, pending };
    }
    return this.replayLog(startFromGenesis(this.readGenesis()));
  }

  private openLog(): BlockLog {
    return readable(this.logFile, () => new BlockLog(this.logFile));
  }

  private replayLog(start: ChainStart): Opened {
    const blockLog = this.openLog();
    blockLog.append(start.root.num, start.root.id, start.root.raw);
    if (blockLog.idOf(start.root.num) !== start.root.id) {
      blockLog.close();
      throw new StartFailure(
        `Block log begins at block ${blockLog.first} or belongs to another chain: it cannot be replayed from genesis. ` +
          "Please load from a snapshot.",
        EXIT.initialize,
      );
    }
    const pending: Buffer[] = [];
    for (let num = start.root.num + 1; num <= blockLog.last; num++) pending.push(blockLog.read(num) as Buffer);
    return { ...start, blockLog, pending };
  }

  private openSnapshot(path: string, saved: string | undefined): Opened {
    if (saved !== undefined) {
      throw new StartFailure("Snapshot can only be used to initialize an empty database.", EXIT.initialize);
    }
    if (!existsSync(path)) throw new StartFailure(`Cannot load snapshot, ${path} does not exist`, EXIT.initialize);
    const state = readable(path, () => decodeState(readFileSync(path, "utf8")));
    rmSync(this.logFile, { force: true });
    return { ...state, blockLog: this.openLog(), pending: [] };
  }

  private readGenesis(): TestGenesis {
    const given = this.options["genesis-json"] ?? (existsSync(this.genesisFile) ? this.genesisFile : undefined);
    if (given === undefined) {
      throw new StartFailure(
        "Genesis state is necessary to initialize fresh blockchain state but genesis state could not be found in the blocks log. " +
          "Please either load from snapshot or find a blocks log that starts from genesis.",
        EXIT.initialize,
      );
    }
    const genesis = readable(
      given,
      () => v.parse(testGenesisSchema, JSON.parse(readFileSync(given, "utf8"))),
      EXIT.initialize,
    );
    if (given !== this.genesisFile) writeFileSync(this.genesisFile, JSON.stringify(genesis));
    return genesis;
  }

  private readForkFile(): Buffer[] {
    if (!existsSync(this.forkFile)) return [];
    const blocks = JSON.parse(unseal(readFileSync(this.forkFile, "utf8"))) as string[];
    return blocks.map((hex) => Buffer.from(hex, "hex"));
  }

  /** Clean stop: the state at the last irreversible block, which the caller has rewound to, and the blocks after it. */
  close(start: ChainStart, reversible: readonly BlockState[]): void {
    writeFileSync(this.forkFile, seal(JSON.stringify(reversible.map(({ raw }) => raw.toString("hex")))));
    writeWhole(this.stateFile, encodeState(start));
  }

  /** Path of the snapshot of a block, whether it exists or not. */
  snapshotPath(blockId: string): string {
    return join(this.snapshotsDir, `snapshot-${blockId}.bin`);
  }

  /** Writes a snapshot under a name that is not yet {@link Store.snapshotPath}'s, and returns that name. */
  writeSnapshot(start: ChainStart): string {
    const path = join(this.snapshotsDir, `.pending-snapshot-${start.root.id}.bin`);
    writeWhole(path, encodeState(start));
    return path;
  }
}

function writeWhole(path: string, content: string): void {
  writeFileSync(`${path}.tmp`, content);
  renameSync(`${path}.tmp`, path);
}

function readable<T>(path: string, read: () => T, exitCode: number = EXIT.other): T {
  try {
    return read();
  } catch (thrown) {
    throw new StartFailure(`${path} cannot be read: ${messageOf(thrown)}`, exitCode);
  }
}
