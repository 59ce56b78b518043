/**
 * What every conformance test stands on: which nodeos is asked (real or the test chain's), a network of it in a
 * directory of its own, patient waiting, and what the nodes said when a case fails.
 *
 * Environment: `NODEOS` (path of a real nodeos), `CONTRACTS` (folder for booting a full chain), `SPRING_UTIL`
 * (makes BLS keys; the one beside nodeos is found by itself). Without NODEOS the test chain's node is asked.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { setTimeout } from "node:timers/promises";
import type { NodeClient } from "../../src/chain/http/client.ts";
import { getInfo, type Info } from "../../src/chain/http/endpoints.ts";
import { messageOf } from "../../src/kit/problem.ts";
import { TestNetwork, testNodeProgram } from "../../src/testchain/network/network.ts";
import { checkedPrograms, isReal, type Programs } from "../../src/testchain/network/programs.ts";
import type { NetworkSpec } from "../../src/testchain/network/spec.ts";
import { Transactor } from "../../src/testchain/network/transact.ts";
import { BlockWatch } from "./block-watch.ts";
import { exchange, type HttpAnswer, type HttpQuestion } from "./exchange.ts";
import { NodeLog } from "./node-log.ts";

const { NODEOS, CONTRACTS, SPRING_UTIL } = process.env;

export const programs: Programs = checkedPrograms(
  NODEOS === undefined
    ? { node: testNodeProgram() }
    : { node: [NODEOS], contracts: CONTRACTS, springUtil: SPRING_UTIL },
);
export const real = isReal(programs);

/** Why a case cannot be asked of this nodeos; `false` when it can. Nothing is ever missing on the test chain. */
export const LACKS = {
  contracts:
    real && CONTRACTS === undefined && "CONTRACTS is not set: the folder with eosio.boot, eosio.bios and eosio.token",
  finalizers:
    real &&
    (CONTRACTS === undefined
      ? "CONTRACTS is not set: the folder with eosio.boot, eosio.bios and eosio.token"
      : programs.springUtil === undefined &&
        "SPRING_UTIL is not set, and no spring-util lies beside nodeos: it makes BLS keys"),
} as const;

/** Generous: a real nodeos on a busy machine; a case that works is through in a fraction of it. */
const CASE_LIMIT_MS = 240_000;
const WAIT_LIMIT_MS = 90_000;
const POLL_MS = 25;

/** The rigs of this file, so that a failing case can tell what their nodes said. */
const open = new Set<Rig>();

/**
 * Declares a case: `section` is where the behaviour comes from (A1.3: producer API, A2: signers, A3: finality,
 * A4: time, A5: HTTP, A6: p2p), `claim` what nodeos does, as a sentence.
 */
export function states(section: string, claim: string, body: () => Promise<void>, lacks: string | false = false): void {
  test(`${section}: ${claim}`, { skip: lacks, timeout: CASE_LIMIT_MS }, async () => {
    for (const rig of open) rig.markLogs();
    try {
      await body();
    } catch (thrown) {
      for (const rig of open) console.error(rig.testimony());
      throw thrown;
    }
  });
}

/** The answer of `probe` once it is not `undefined` or false. Throws with what was seen last. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs: number = WAIT_LIMIT_MS,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  let last = "nothing";
  for (;;) {
    try {
      const seen = await probe();
      if (seen !== undefined && seen !== false) return seen;
      last = String(seen);
    } catch (thrown) {
      last = messageOf(thrown);
    }
    if (Date.now() > deadline) throw new Error(`waited ${limitMs / 1000} s for ${what}; last: ${last}`);
    await setTimeout(POLL_MS);
  }
}

export class Rig {
  readonly network: TestNetwork;
  private readonly dir: string;
  private readonly logs = new Map<string, NodeLog>();
  private readonly watches = new Set<BlockWatch>();
  private failed = false;

  private constructor(network: TestNetwork, dir: string) {
    this.network = network;
    this.dir = dir;
    for (const node of network.nodes.values()) this.logs.set(node.name, new NodeLog(node.logFile));
    open.add(this);
  }

  /**
   * Makes and starts the network; a chain of real nodes is booted as far as the spec says. `refine` may complete
   * the spec with what is known only once ports are chosen.
   */
  static async start(spec: NetworkSpec, refine?: (network: TestNetwork) => NetworkSpec): Promise<Rig> {
    const dir = mkdtempSync(join(tmpdir(), "conformance-"));
    const first = await TestNetwork.open(dir, spec, programs);
    // opened again in the same directory it keeps its ports and keys
    const network = refine === undefined ? first : await TestNetwork.open(dir, refine(first), programs);
    const rig = new Rig(network, dir);
    try {
      await rig.network.start();
    } catch (thrown) {
      console.error(rig.testimony());
      await rig.stop();
      throw thrown;
    }
    return rig;
  }

  async stop(): Promise<void> {
    open.delete(this);
    for (const watch of this.watches) watch.close();
    // a process that hangs for good, as some cases want it, does not hear a polite word
    await this.network.stop();
    if (!this.failed) rmSync(this.dir, { recursive: true, force: true });
  }

  client(node: string): NodeClient {
    return this.network.node(node).client;
  }

  info(node: string): Promise<Info> {
    return this.client(node).call(getInfo);
  }

  /** A request as it goes over the wire, and all of the answer. */
  ask(node: string, path: string, question: HttpQuestion = {}): Promise<HttpAnswer> {
    return exchange(this.network.node(node).url, path, question);
  }

  /** Signs with the accounts' own keys. */
  transactor(node: string): Transactor {
    return new Transactor(this.client(node), (account) => this.network.key(account).privateKey);
  }

  /** Every block that a node sends to its peers, from now on. */
  async watch(node: string): Promise<BlockWatch> {
    const { chain_id: chainId } = await this.info(node);
    const watch = new BlockWatch({ host: "127.0.0.1", port: this.network.p2pPort(node), chainId });
    this.watches.add(watch);
    await until(`${node} to greet our monitor`, () => watch.greeted);
    return watch;
  }

  log(node: string): NodeLog {
    const log = this.logs.get(node);
    if (log === undefined) throw new Error(`no node ${node}`);
    return log;
  }

  /** From here on the logs are about the present case. */
  markLogs(): void {
    for (const log of this.logs.values()) log.mark();
  }

  /** What each node said since the case began, its end. */
  testimony(): string {
    this.failed = true;
    const parts = [...this.logs].map(([node, log]) => {
      const state = this.network.node(node).running ? "runs" : "does not run";
      return `--- ${node} (${state}) said:\n${log.tail(12)}`;
    });
    return `${parts.join("\n")}\n--- all of it is in ${this.dir}`;
  }
}
