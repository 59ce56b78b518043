/** `atalaya up` as a process of its own, with its test chain, as an operator has it: started, broken, started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { makeDataDir } from "../../bench/running.ts";
import { askInstance } from "../../src/api/instance.ts";
import type { NodeVerb, TestchainView } from "../../src/testchain/control-view.ts";

const PROGRAM = new URL("../../bin/atalaya", import.meta.url).pathname;

const STOPS_WITHIN_MS = 30_000;

export class RunningUp {
  readonly dataDir = makeDataDir();
  private child: ChildProcess | undefined;
  private address = "http://127.0.0.1:0";

  /** Address of the portal; the same after each start. */
  get portal(): string {
    return this.address;
  }

  /** Starts and waits until it says that it is up. */
  async start(): Promise<void> {
    const { port } = new URL(this.address);
    const child = spawn(PROGRAM, ["up", "--data", this.dataDir, "--port", port || "0"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.child = child;
    for await (const line of createInterface({ input: child.stdout })) {
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
      if (address === undefined) continue;
      this.address = address;
      child.stdout.resume();
      return;
    }
    throw new Error(`atalaya up ended with code ${child.exitCode} before it was up`);
  }

  /** Sends a signal to the main job itself. */
  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  async ended(): Promise<void> {
    if (this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null) {
      await once(this.child, "exit");
    }
  }

  /** Does something to a node of the test chain, as `atalaya testchain` does. */
  async testchain(verb: NodeVerb, node: string): Promise<void> {
    await askInstance(this.dataDir, "POST", `/testchain/nodes/${node}/${verb}`);
  }

  async pidOf(node: string): Promise<number> {
    const { nodes } = (await askInstance(this.dataDir, "GET", "/testchain")) as TestchainView;
    const pid = nodes.find(({ name }) => name === node)?.pid;
    if (pid === undefined) throw new Error(`node ${node} does not run`);
    return pid;
  }

  /** Ends it in order, and leaves nothing. Throws when it has to be killed. */
  async remove(): Promise<void> {
    this.signal("SIGCONT");
    this.signal("SIGTERM");
    let wasKilled = false;
    const patience = setTimeout(() => {
      wasKilled = true;
      this.signal("SIGKILL");
    }, STOPS_WITHIN_MS);
    await this.ended();
    clearTimeout(patience);
    rmSync(this.dataDir, { recursive: true, force: true });
    if (wasKilled) throw new Error(`atalaya up did not stop within ${STOPS_WITHIN_MS} ms`);
  }
}
