/** The test chain of `atalaya up`: brought up in the data directory, and declared there as a fleet. */
import { join } from "node:path";
import type { Hono } from "hono";
import { getInfo } from "../chain/http/endpoints.ts";
import { controlApp } from "../testchain/control.ts";
import { writeDemoFleet } from "../testchain/demo-fleet.ts";
import { DEMO_NETWORK } from "../testchain/network/demo.ts";
import { type Programs, TestNetwork, testNodeProgram } from "../testchain/network/network.ts";
import { checkedPrograms, contractsOf, isReal } from "../testchain/network/programs.ts";
import type { Tell } from "./news.ts";

/** A real nodeos in the place of the test chain's own node. */
export interface RealNodes {
  nodeos: string;
  /** Folder with the boot, bios and token contracts. */
  contracts?: string | undefined;
  springUtil?: string | undefined;
}

export interface Demo {
  /** Path of the fleet file that declares it. */
  fleetFile: string;
  /** What can be done to it. */
  control: Hono;
  stop(): Promise<void>;
}

const EXIT_DIRTY = 2;

/** What the test chain runs on. Throws when that cannot be run or lacks something, before anything is started. */
export function demoPrograms(real: RealNodes | undefined): Programs {
  const programs = checkedPrograms(
    real === undefined ? { node: testNodeProgram() } : { ...real, node: [real.nodeos] as const },
  );
  contractsOf(programs);
  return programs;
}

/** Starts it, or goes on where it was. An abort of `signal` ends a start under way. */
export async function startDemo(dataDir: string, programs: Programs, tell: Tell, signal: AbortSignal): Promise<Demo> {
  let isUp = false;
  let stopped: Promise<void> | undefined;
  // chains of different programs are kept apart
  const dir = join(dataDir, isReal(programs) ? "nodeos" : "testchain");
  const network = await TestNetwork.open(dir, DEMO_NETWORK, programs, (node, { code, signal }) => {
    // before all are up, a node that ends is why the start fails; one that finds its database dirty after a kill
    // says so by its exit code, and is started again to replay
    if (!isUp || stopped !== undefined || code === EXIT_DIRTY) return;
    const how = signal === null ? `with code ${code}` : `by ${signal}`;
    tell({ kind: "note", text: `node ${node} ended ${how}; \`atalaya testchain start ${node}\` brings it back` });
  });
  const stop = (): Promise<void> => {
    stopped ??= network.stop();
    return stopped;
  };
  const abort = (): void => void stop();
  signal.addEventListener("abort", abort, { once: true });
  try {
    signal.throwIfAborted();
    const up: string[] = [];
    await network.start(
      (node) =>
        tell({ kind: "doing", text: `starting the test chain: ${up.push(node)} of ${network.nodes.size} nodes` }),
      (step) => tell({ kind: "doing", text: `booting the chain: ${step}` }),
    );
    isUp = true;
    const [first] = network.nodes.values();
    const chainId = (await first?.client.call(getInfo))?.chain_id ?? "";
    return { fleetFile: writeDemoFleet(network, chainId, dir), control: controlApp(network), stop };
  } catch (thrown) {
    await stop();
    signal.throwIfAborted();
    throw thrown;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
