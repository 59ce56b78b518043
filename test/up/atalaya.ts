/**
 * `bin/atalaya` as people run it: a process of its own, in a data directory of the test's, with the environment of
 * nobody in particular. Whatever it says, no stack trace may be in it.
 */
import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";

export const ATALAYA = new URL("../../bin/atalaya", import.meta.url).pathname;

/** Generous: what works is there in a fraction of it, on a busy machine too. */
const LIMIT_MS = 90_000;
const POLL_MS = 50;

const { ATALAYA_DATA: _, DATABASE_URL: __, NO_COLOR: ___, FORCE_COLOR: ____, ...ENVIRONMENT } = process.env;

export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** What runs it, in front of it: `setpriv …`. */
  by?: readonly string[];
}

/** One run of a command, under way. */
export class Run {
  readonly args: readonly string[];
  stdout = "";
  stderr = "";
  readonly ended: Promise<Ending>;
  private readonly child: ChildProcessByStdio<null, Readable, Readable>;

  constructor(args: readonly string[], { cwd, env, by = [] }: RunOptions = {}) {
    this.args = args;
    const [command = "", ...rest] = [...by, ATALAYA, ...args];
    // a group of its own, as the jobs of a terminal have
    this.child = spawn(command, rest, {
      cwd,
      env: { ...ENVIRONMENT, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve) => {
      this.child.once("close", (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** What a terminal does at Ctrl-C: the whole group gets it. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  /** Only the process itself, as `kill` and service managers do. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Resolves when stdout or stderr has these words; throws with all that was said when it ends without them. */
  async says(words: string | RegExp): Promise<void> {
    const has = () => `${this.stdout}${this.stderr}`.search(words) >= 0;
    let over = false;
    void this.ended.then(() => {
      over = true;
    });
    await until(`it to say ${words}`, () => has() || over);
    if (!has()) assert.fail(`${this.args.join(" ")} ended without saying ${words}:\n${this.stdout}${this.stderr}`);
  }

  /** How it ended. Fails on a stack trace, and on a process that does not end. */
  async end(): Promise<Ending> {
    const late = new AbortController();
    const ending = await Promise.race([
      this.ended,
      setTimeout(LIMIT_MS, undefined, { signal: late.signal }).then(
        () => undefined,
        () => undefined,
      ),
    ]);
    late.abort();
    if (ending === undefined) {
      this.signalGroup("SIGKILL");
      assert.fail(`${this.args.join(" ")} did not end within ${LIMIT_MS / 1000} s:\n${this.stdout}${this.stderr}`);
    }
    assertNoStack(ending.stderr);
    assertNoStack(ending.stdout);
    return ending;
  }
}

/** Runs a command to its end. */
export function atalaya(args: readonly string[], options: RunOptions = {}): Promise<Ending> {
  return new Run(args, options).end();
}

/** `atalaya up` that says its address. */
export async function startUp(args: readonly string[], options: RunOptions = {}): Promise<Run & { portal: string }> {
  const run = new Run(["up", "--port", "0", ...args], options);
  await run.says(/Atalaya is up: http\S+/);
  const [, portal = ""] = /Atalaya is up: (\S+)/.exec(run.stdout) ?? [];
  return Object.assign(run, { portal });
}

export function assertNoStack(text: string): void {
  assert.doesNotMatch(text, /^ {2,}at |node:internal|\bTypeError\b/m);
}

/** The answer of `probe` once it is neither `undefined` nor false. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = LIMIT_MS,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const seen = await probe();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > deadline) throw new Error(`waited ${limitMs / 1000} s for ${what}`);
    await setTimeout(POLL_MS);
  }
}

/** A directory that other accounts may enter too, as PostgreSQL's must when root runs us; gone at the end. */
export function scratch() {
  const dir = mkdtempSync(join(tmpdir(), "atalaya-test-"));
  chmodSync(dir, 0o755);
  return { dir, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}

/** Processes that have to do with a data directory: they name it in their command line, or are in it. */
export function processesOf(dir: string): string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").join(" ").trim();
      // a process that has ended and was not asked for yet has no command left
      if (command === "") return [];
      return `${command}\0${readlinkSync(`/proc/${pid}/cwd`)}`.includes(dir) ? [`${pid} ${command}`] : [];
    } catch {
      return [];
    }
  });
}

/** Nothing of a run is left; what the kernel is just ending gets a moment. */
export async function assertNothingRuns(dir: string): Promise<void> {
  await until("processes to end", () => processesOf(dir).length === 0, 5_000).catch(() => {});
  assert.deepEqual(processesOf(dir), []);
}
