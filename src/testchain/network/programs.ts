/** What a test network runs: the test chain's own node, or a real nodeos with what it takes to boot a chain. */
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { Problem } from "../../kit/problem.ts";
import type { Program } from "../../kit/process.ts";
import { type Contracts, readContracts, standInContracts } from "./contracts.ts";
import { bootedSpec, type NetworkSpec, soloSpec } from "./spec.ts";

export interface Programs {
  node: Program;
  /**
   * Makes BLS keys for real nodes: `spring-util`. When it is not given and lies beside nodeos, that one is
   * used; without any, a chain of real nodes stays under legacy consensus.
   */
  springUtil?: string | undefined;
  /**
   * Folder with `eosio.boot/`, `eosio.bios/` and `eosio.token/` for real nodes; without it the chain has `eosio` as
   * its only producer. The test chain's node has its own.
   */
  contracts?: string | undefined;
}

const TEST_NODE = new URL("../node/main.ts", import.meta.url).pathname;

/** The test chain's own node, run by the Node that runs us. */
export function testNodeProgram(): Program {
  // a small heap suits a small chain, and six of them fit a laptop
  return [process.execPath, "--max-semi-space-size=2", "--max-old-space-size=256", TEST_NODE];
}

/** True for anything but the test chain's own node. */
export function isReal(programs: Programs): boolean {
  return !programs.node.includes(TEST_NODE);
}

/** The programs with what can be found beside them. Throws `TESTCHAIN_NO_PROGRAM` for one that cannot be run. */
export function checkedPrograms(programs: Programs): Programs {
  if (!isReal(programs)) return programs;
  const [nodeos] = programs.node;
  const beside = join(dirname(nodeos), "spring-util");
  const springUtil = programs.springUtil ?? (nodeos.includes("/") && existsSync(beside) ? beside : undefined);
  for (const path of [nodeos, springUtil]) if (path !== undefined) requireProgram(path);
  return { ...programs, springUtil };
}

/** What of a network these programs can run, and as what. */
export function runnableSpec(spec: NetworkSpec, programs: Programs): NetworkSpec {
  if (!isReal(programs)) return spec;
  if (programs.contracts === undefined && spec.start !== "bare") return soloSpec(spec);
  return bootedSpec(spec, programs.springUtil !== undefined);
}

/** `undefined` when there are none to boot with. */
export function contractsOf(programs: Programs): Contracts | undefined {
  if (!isReal(programs)) return standInContracts();
  return programs.contracts === undefined ? undefined : readContracts(programs.contracts);
}

/** A path must be a file that we may run; a bare name is looked for in PATH when it is started. */
function requireProgram(path: string): void {
  if (!path.includes("/")) return;
  try {
    // a directory may be entered, which is the same bit
    if (!statSync(path).isFile()) throw noProgram(path, "is not a file");
    accessSync(path, constants.X_OK);
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw noProgram(path, missing ? "does not exist" : "cannot be run", cause);
  }
}

function noProgram(path: string, why: string, cause?: unknown): Problem {
  return new Problem({
    code: "TESTCHAIN_NO_PROGRAM",
    message: `${path} ${why}`,
    expected: "the path of an executable, for this machine",
    help: "check the path, and `chmod +x` a program that you have built or unpacked",
    cause,
  });
}
