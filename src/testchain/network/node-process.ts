/**
 * A node as an operating-system process: started, stopped, killed, frozen, started again; its log in a file
 * that does not grow for ever. The program is the test chain's node or a real nodeos, with the same arguments.
 */
import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { NodeClient } from "../../chain/http/client.ts";
import { getInfo } from "../../chain/http/endpoints.ts";
import { Problem } from "../../kit/problem.ts";
import { endingWithUs, type Program, runsWith } from "../../kit/process.ts";
import { type NodeSetup, renderConfig } from "./config-ini.ts";

const LOG_LIMIT_BYTES = 16 * 1024 * 1024;
/** nodeos is up within two seconds; a replay on a busy machine takes longer. */
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 30_000;
const POLL_MS = 25;
/** nodeos's exit code when its database was not closed properly. */
const EXIT_DIRTY = 2;
/** `<level> <time> …`: other lines belong to the one before. */
const LOG_LINE = /^(debug|info|warn|error) +\d{4}-/;

export interface StartOptions {
  /** Throw away blocks and state, begin at genesis. */
  fresh?: boolean;
  /** Rebuild the state from the block log. */
  replay?: boolean;
  /** Begin at a snapshot; the data directory must be empty. */
  snapshot?: string;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export class NodeProcess {
  readonly name: string;
  readonly dir: string;
  readonly client: NodeClient;
  readonly url: string;
  setup: NodeSetup;
  private readonly program: Program;
  private readonly genesis: string;
  private child: ChildProcess | undefined;
  private ended: Promise<Exit> | undefined;
  private stopped = false;
  /** Where the present run begins in the log. */
  private logStart = 0;
  private readonly pidFile: string;
  private readonly onExit: ((exit: Exit) => void) | undefined;

  constructor(facts: {
    setup: NodeSetup;
    dir: string;
    program: Program;
    genesis: string;
    /** Called whenever the process ends, wanted or not. */
    onExit?: (exit: Exit) => void;
  }) {
    this.setup = facts.setup;
    this.name = facts.setup.name;
    this.dir = facts.dir;
    this.program = facts.program;
    this.genesis = facts.genesis;
    this.onExit = facts.onExit;
    this.url = `http://127.0.0.1:${facts.setup.httpPort}`;
    this.client = new NodeClient(this.url);
    this.pidFile = join(this.dir, "pid");
  }

  get logFile(): string {
    return join(this.dir, "nodeos.log");
  }

  get dataDir(): string {
    return join(this.dir, "data");
  }

  get running(): boolean {
    return this.child !== undefined;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /**
   * Starts the process and resolves when it answers `get_info`. When it ends instead: throws
   * `TESTCHAIN_DATABASE_DIRTY` for what a kill leaves behind, else `TESTCHAIN_NODE_EXITED`.
   */
  async start(options: StartOptions = {}): Promise<void> {
    await this.launch(options);
    await this.answering();
  }

  /** Starts the process without waiting for it to answer. */
  async launch(options: StartOptions = {}): Promise<void> {
    await this.killLeftover();
    mkdirSync(join(this.dir, "config"), { recursive: true });
    writeFileSync(join(this.dir, "config", "config.ini"), renderConfig(this.setup), { mode: 0o600 });
    const fresh = options.fresh === true || !existsSync(join(this.dataDir, "blocks"));
    const args = ["--config-dir", join(this.dir, "config"), "--data-dir", this.dataDir];
    if (options.snapshot !== undefined) args.push("--snapshot", options.snapshot);
    else if (fresh) args.push("--genesis-json", this.genesis, "--delete-all-blocks");
    else if (options.replay) args.push("--hard-replay-blockchain");
    const [command, ...first] = endingWithUs(this.program, "TERM");
    this.trimLog();
    this.logStart = existsSync(this.logFile) ? statSync(this.logFile).size : 0;
    const log = openSync(this.logFile, "a");
    // A group of its own, so that Ctrl-C at the terminal reaches only us. Where the kernel cannot tell it that we
    // died (see endingWithUs), the channel tells the test chain's node.
    const child = spawn(command, [...first, ...args], { detached: true, stdio: ["ignore", log, log, "ipc"] });
    closeSync(log);
    this.child = child;
    this.stopped = false;
    this.ended = new Promise((resolve) => {
      const done = (exit: Exit): void => {
        if (this.child === child) this.child = undefined;
        rmSync(this.pidFile, { force: true });
        this.onExit?.(exit);
        resolve(exit);
      };
      child.once("exit", (code, signal) => done({ code, signal }));
      child.once("error", () => done({ code: 127, signal: null }));
    });
    if (child.pid !== undefined) writeFileSync(this.pidFile, String(child.pid));
  }

  /** Resolves when the process ends; at once when it is not running. */
  exited(): Promise<Exit> {
    return this.ended ?? Promise.resolve({ code: 0, signal: null });
  }

  /** Stopped by SIGSTOP and not let go on since. */
  get frozen(): boolean {
    return this.running && this.stopped;
  }

  /** Any signal: SIGKILL, SIGSTOP, SIGCONT… False when it is not running. */
  signal(signal: NodeJS.Signals): boolean {
    const sent = this.child?.kill(signal) ?? false;
    if (sent && signal === "SIGSTOP") this.stopped = true;
    if (sent && signal === "SIGCONT") this.stopped = false;
    return sent;
  }

  /** Asks it to stop and waits; kills it when it does not within 30 s. */
  async stop(): Promise<Exit> {
    if (this.child === undefined) return this.exited();
    this.signal("SIGCONT");
    this.signal("SIGTERM");
    const exited = this.exited();
    const patience = new AbortController();
    const late = setTimeout(STOP_TIMEOUT_MS, undefined, { signal: patience.signal }).then(
      () => this.signal("SIGKILL"),
      () => false,
    );
    const exit = await exited;
    patience.abort();
    await late;
    return exit;
  }

  /** The end of its log. */
  logTail(lines = 8): string {
    if (!existsSync(this.logFile)) return "";
    return readFileSync(this.logFile, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  }

  /** Keeps the log below a limit: the older half goes to `.1`. Call it now and then. */
  trimLog(): void {
    if (!existsSync(this.logFile) || statSync(this.logFile).size < LOG_LIMIT_BYTES) return;
    try {
      copyFileSync(this.logFile, `${this.logFile}.1`);
    } catch {
      // a full disk has no room for the older part, and all the more need of the cut
    }
    // the process appends, so it goes on at the new end
    truncateSync(this.logFile);
    this.logStart = 0;
  }

  private async answering(): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    const exited = this.exited().then((exit) => ({ exit }));
    for (;;) {
      const answer = this.client.call(getInfo, undefined, { timeoutMs: 1000 }).then(
        () => "up" as const,
        () => "down" as const,
      );
      const outcome = await Promise.race([answer, exited]);
      if (outcome === "up") return;
      if (outcome !== "down") throw this.exitProblem(outcome.exit);
      if (Date.now() > deadline) {
        throw new Problem({
          code: "TESTCHAIN_NODE_SILENT",
          message: `node \`${this.name}\` did not answer within ${START_TIMEOUT_MS / 1000} s`,
          where: this.logFile,
          help: "read the end of its log",
        });
      }
      await setTimeout(POLL_MS);
    }
  }

  private exitProblem(exit: Exit): Problem {
    const dirty = exit.code === EXIT_DIRTY;
    const words = this.lastError();
    const how = exit.signal === null ? `with code ${exit.code}` : `by ${exit.signal}`;
    return new Problem({
      code: dirty ? "TESTCHAIN_DATABASE_DIRTY" : "TESTCHAIN_NODE_EXITED",
      message: `node \`${this.name}\` ended ${how}${words === "" ? " and said nothing" : `: ${words}`}`,
      where: this.logFile,
      help: dirty
        ? "its database is dirty after a kill: start it fresh or with a replay"
        : "read the end of its log; one that is empty is not nodeos's, which says what it makes of its options",
    });
  }

  /** What nodeos said last at level error, with the line behind it that says more; or else its last line. */
  private lastError(): string {
    const lines = readFileSync(this.logFile).toString("utf8", this.logStart).trimEnd().split("\n").slice(-200);
    const at = lines.findLastIndex((line) => line.startsWith("error"));
    const [first = "", second = ""] = at < 0 ? lines.slice(-1) : lines.slice(at);
    const more = /^\S/.test(second) && !LOG_LINE.test(second) ? `: ${second}` : "";
    return first.replace(/^.*?\] /, "") + more;
  }

  /** A process that an earlier run of ours left behind, when that run was killed. */
  private async killLeftover(): Promise<void> {
    if (!existsSync(this.pidFile)) return;
    const pid = Number(readFileSync(this.pidFile, "utf8"));
    rmSync(this.pidFile, { force: true });
    if (runsWith(pid, this.dataDir)) process.kill(pid, "SIGKILL");
    while (runsWith(pid, this.dataDir)) await setTimeout(POLL_MS);
  }
}
