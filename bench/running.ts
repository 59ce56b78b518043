/** `npm start` as a process of its own, on a data directory and a port of the bench's. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface RunningStart {
  process: ChildProcess;
  /** Address of the portal. */
  portal: string;
  /** From the command to the line that says the address. */
  readyMs: number;
  stop(): Promise<void>;
}

/** A data directory of its own. All that is kept will be in it: a record that root runs lies there only if its user can enter. */
export function makeDataDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "atalaya-"));
  chmodSync(dir, 0o711);
  return dir;
}

const ROOT = new URL("..", import.meta.url).pathname;

/** Starts and waits until the portal's address is printed. */
export async function runStart(dataDir: string): Promise<RunningStart> {
  const began = performance.now();
  // as `npm start`, with options that keep it away from a real one
  const args = ["start", "--silent", "--", "--data", dataDir, "--port", "0"];
  const child = spawn("npm", args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"], detached: true });
  const portal = await addressIn(child);
  const readyMs = performance.now() - began;
  return {
    process: child,
    portal,
    readyMs,
    async stop() {
      if (child.exitCode !== null) return;
      // what a terminal does at Ctrl-C: the whole group gets it
      process.kill(-(child.pid ?? 0), "SIGINT");
      // npm ends at once; what it started has ended when nobody holds the output any more
      await once(child, "close");
    },
  };
}

async function addressIn(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("its output was not asked for");
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (address !== undefined) {
      child.stdout.resume();
      return address;
    }
  }
  throw new Error(`npm start ended with code ${child.exitCode} before it said its address`);
}
