/**
 * A whole chain on one machine: nodes as processes on loopback, joined by links that can be cut. It lives in a
 * directory and, started again there, goes on where it was.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { makeGenesis } from "../../chain/genesis.ts";
import { producerResume } from "../../chain/http/endpoints.ts";
import { SLOT_MS } from "../../chain/time.ts";
import { messageOf, Problem } from "../../kit/problem.ts";
import type { TestGenesis } from "../node/chain/genesis-state.ts";
import { bootChain } from "./boot.ts";
import { type BootPlan, finalityThreshold } from "./boot-steps.ts";
import type { NodeSetup } from "./config-ini.ts";
import type { FinalizerKey, KeyPair } from "./keys.ts";
import { Link, type LinkState } from "./link.ts";
import { type Exit, NodeProcess, type StartOptions } from "./node-process.ts";
import { checkedPrograms, contractsOf, isReal, type Programs, runnableSpec, testNodeProgram } from "./programs.ts";
import { completed, readSaved, type Saved, writeSaved } from "./saved.ts";
import { finalizerName, type NetworkSpec, type NodeSpec } from "./spec.ts";

export type { NetworkSpec, NodeSpec, Programs };
export { testNodeProgram };

const BALANCE = "1000000.0000 EOS";

export class TestNetwork {
  readonly dir: string;
  /** As the programs can run it. */
  readonly spec: NetworkSpec;
  readonly programs: Programs;
  /** Real nodes know no booted genesis: the chain is booted when it has been started. */
  private readonly boots: boolean;
  readonly nodes: ReadonlyMap<string, NodeProcess>;
  private readonly saved: Saved & { guard: number };
  private readonly links = new Map<string, Link>();
  private guard: Server | undefined;
  private trimmer: NodeJS.Timeout | undefined;
  /** Starts of nodes that are under way: a stop waits for them, or they would outlive it. */
  private readonly starts = new Set<Promise<void>>();
  private stopping = false;

  private constructor(
    facts: {
      dir: string;
      spec: NetworkSpec;
      programs: Programs;
      saved: Saved & { guard: number };
      wanted: NetworkSpec;
    },
    onExit: (node: string, exit: Exit) => void,
  ) {
    this.dir = facts.dir;
    this.spec = facts.spec;
    this.programs = facts.programs;
    this.saved = facts.saved;
    this.boots = isReal(facts.programs) && facts.wanted.start !== "bare";
    this.nodes = new Map(
      this.spec.nodes.map((node) => [
        node.name,
        new NodeProcess({
          setup: this.setupOf(node, false),
          dir: join(this.dir, "nodes", node.name),
          program: this.programs.node,
          genesis: join(this.dir, "genesis.json"),
          onExit: (exit) => onExit(node.name, exit),
        }),
      ]),
    );
  }

  /**
   * Opens the network that lives in `dir`, or makes a new one there. Nothing runs yet. Real nodes get what they can
   * run of it (`spec` says what that is): without contracts a chain that only `eosio` produces, without BLS
   * keys one under legacy consensus.
   */
  static async open(
    dir: string,
    spec: NetworkSpec,
    programs: Programs,
    onExit: (node: string, exit: Exit) => void = () => {},
  ): Promise<TestNetwork> {
    const checked = checkedPrograms(programs);
    const runnable = runnableSpec(spec, checked);
    return usingDirectory(dir, async () => {
      mkdirSync(dir, { recursive: true });
      const file = join(dir, "network.json");
      const genesis = join(dir, "genesis.json");
      const before = readSaved(file);
      if (before === undefined && existsSync(genesis)) throw keysLost(file);
      const saved = await completed(before, runnable, isReal(checked) ? checked.springUtil : undefined);
      writeSaved(file, saved);
      const network = new TestNetwork({ dir, spec: runnable, programs: checked, saved, wanted: spec }, onExit);
      if (!existsSync(genesis)) writeFileSync(genesis, JSON.stringify(network.makeGenesis(), null, 2));
      return network;
    });
  }

  /** The key of an account of this chain. */
  key(account: string): KeyPair {
    const key = this.saved.keys[account];
    if (key === undefined) throw unknownNode(account, Object.keys(this.saved.keys));
    return key;
  }

  finalizerKey(node: string): FinalizerKey {
    const key = this.saved.finalizers[node];
    if (key === undefined) throw unknownNode(node, Object.keys(this.saved.finalizers));
    return key;
  }

  node(name: string): NodeProcess {
    const node = this.nodes.get(name);
    if (node === undefined) throw unknownNode(name, [...this.nodes.keys()]);
    return node;
  }

  p2pPort(name: string): number {
    return this.saved.ports[this.node(name).name]?.p2p ?? 0;
  }

  /**
   * Starts links and all nodes. `told` hears of each node that is up,
   * `booting` of each step of booting a chain of real nodes.
   */
  async start(told: (node: string) => void = () => {}, booting: (step: string) => void = () => {}): Promise<void> {
    this.stopping = false;
    await this.takeGuard();
    await this.startLinks();
    this.trimmer = setInterval(() => {
      for (const node of this.nodes.values()) node.trimLog();
    }, 60_000).unref();
    await Promise.all(
      this.spec.nodes.map(async ({ name, startsChain }) => {
        await this.startNode(name, {}, startsChain);
        told(name);
      }),
    );
    for (const { name, active } of this.spec.nodes) if (active) await this.node(name).client.call(producerResume);
    if (this.boots) await this.boot(booting);
  }

  /**
   * Boots a chain that started bare: accounts, and with contracts everything that the spec names. Steps that are
   * done already are left out. Throws `TESTCHAIN_BOOT_FAILED`.
   */
  async boot(told: (step: string) => void = () => {}): Promise<void> {
    const starter = this.spec.nodes.find(({ startsChain }) => startsChain) ?? this.spec.nodes[0];
    if (starter !== undefined) await bootChain(this.node(starter.name).client, this.bootPlan(), told);
  }

  private bootPlan(): BootPlan {
    const { schedule, accounts = [], finalizers = [] } = this.spec;
    const keyed = (name: string) => ({ name, key: this.key(name).publicKey });
    const producers = schedule.filter((name) => name !== "eosio").map(keyed);
    return {
      contracts: contractsOf(this.programs),
      accounts: [...new Set([...producers.map(({ name }) => name), ...accounts])].map(keyed),
      producers,
      finalizers: finalizers.map((node) => ({
        description: finalizerName(this.specOf(node)),
        key: this.finalizerKey(node),
      })),
      balances: Object.fromEntries(accounts.map((name) => [name, BALANCE])),
      systemKey: this.key("eosio"),
      privateKeyOf: (account) => this.key(account).privateKey,
    };
  }

  /** Starts one node, as it would be after a failure: without stale production. A dirty database is replayed. */
  async startNode(name: string, options: StartOptions = {}, startsChain = false): Promise<void> {
    const node = this.node(name);
    node.setup = this.setupOf(this.specOf(name), startsChain);
    const start = usingDirectory(this.dir, () => this.startOrReplay(node, options));
    this.starts.add(start);
    try {
      await start;
    } finally {
      this.starts.delete(start);
    }
  }

  private async startOrReplay(node: NodeProcess, options: StartOptions): Promise<void> {
    try {
      await node.start(options);
    } catch (thrown) {
      const dirty = thrown instanceof Problem && thrown.code === "TESTCHAIN_DATABASE_DIRTY";
      if (!dirty || this.stopping) throw thrown;
      await node.start({ ...options, replay: true });
    }
  }

  /** Ends everything, starts that are under way included. To go on, open it again. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearInterval(this.trimmer);
    const stopNodes = () => Promise.all([...this.nodes.values()].map((node) => node.stop()));
    await stopNodes();
    await Promise.allSettled(this.starts);
    await stopNodes();
    for (const link of this.links.values()) link.stop();
    this.links.clear();
    this.guard?.close();
    this.guard = undefined;
    await Promise.all([...this.nodes.values()].map((node) => node.client.close()));
  }

  /** Sets every link between two nodes, in either direction. */
  setLink(a: string, b: string, state: LinkState): void {
    for (const [name, link] of this.links) if (name === `${a}>${b}` || name === `${b}>${a}`) link.set(state);
  }

  /** Sets every link that touches a node. */
  isolate(node: string, state: LinkState = "cut"): void {
    for (const [name, link] of this.links) if (name.split(">").includes(node)) link.set(state);
  }

  /** Extra time on every link that touches a node, in each direction. */
  delay(node: string, ms: number): void {
    for (const [name, link] of this.links) if (name.split(">").includes(node)) link.setDelay(ms);
  }

  /** Each link by who dials whom. */
  linkStates(): { from: string; to: string; state: LinkState; delayMs: number }[] {
    return [...this.links].map(([name, { state, delayMs }]) => {
      const [from = "", to = ""] = name.split(">");
      return { from, to, state, delayMs };
    });
  }

  /** Everything passes again. */
  heal(): void {
    for (const link of this.links.values()) {
      link.setDelay(0);
      link.set("up");
    }
  }

  private specOf(name: string): NodeSpec {
    const spec = this.spec.nodes.find((node) => node.name === name);
    if (spec === undefined) throw unknownNode(name, [...this.nodes.keys()]);
    return spec;
  }

  private setupOf(node: NodeSpec, startsChain: boolean): NodeSetup {
    const ports = this.saved.ports[node.name] ?? { http: 0, p2p: 0 };
    const producers = node.producers ?? [];
    const providers = producers.map((producer) => {
      const key = this.key(producer);
      return `${key.publicKey}=${node.signerUrl === undefined ? `KEY:${key.privateKey}` : `KEOSD:${node.signerUrl}`}`;
    });
    if (node.finalizer) {
      const key = this.finalizerKey(node.name);
      providers.push(`${key.publicKey}=KEY:${key.privateKey}`);
    }
    return {
      name: node.name,
      producers,
      signatureProviders: [...new Set(providers)],
      peers: node.dials.map((listener) => `127.0.0.1:${this.saved.links[`${node.name}>${listener}`]}`),
      httpPort: ports.http,
      p2pPort: ports.p2p,
      pauseOnStartup: node.pauseOnStartup === true,
      staleProduction: startsChain,
      ...(node.voteTimeoutMs === undefined ? {} : { voteTimeoutMs: node.voteTimeoutMs }),
      ...(node.keosdTimeoutMs === undefined ? {} : { keosdTimeoutMs: node.keosdTimeoutMs }),
      ...(node.extra === undefined ? {} : { extra: node.extra }),
    };
  }

  /** One process at a time may run the chain of a directory. The system frees a port however its holder ends. */
  private async takeGuard(): Promise<void> {
    if (this.guard !== undefined) return;
    const { guard: port } = this.saved;
    const guard = createServer((socket) => socket.destroy());
    try {
      await new Promise<void>((resolve, reject) => {
        guard.once("error", reject);
        guard.listen(port, "127.0.0.1", resolve);
      });
    } catch (cause) {
      throw new Problem({
        code: "TESTCHAIN_IN_USE",
        message: `the test chain runs already: its port ${port} is held (${messageOf(cause)})`,
        where: this.dir,
        help: `stop the other one; if there is none, stop whatever listens on port ${port}`,
        cause,
      });
    }
    this.guard = guard;
  }

  private async startLinks(): Promise<void> {
    for (const [name, port] of Object.entries(this.saved.links)) {
      if (this.links.has(name)) continue;
      const listener = name.slice(name.indexOf(">") + 1);
      // of a node that the network had once
      if (!this.nodes.has(listener)) continue;
      const link = new Link({ host: "127.0.0.1", port: this.p2pPort(listener) });
      this.links.set(name, link);
      try {
        await link.start(port);
      } catch (cause) {
        throw new Problem({
          code: "TESTCHAIN_PORT_IN_USE",
          message: `port ${port} for the link ${name} cannot be used: ${messageOf(cause)}`,
          where: join(this.dir, "network.json"),
          help: `stop whatever listens there, or delete ${this.dir} to begin a new chain`,
          cause,
        });
      }
    }
  }

  private makeGenesis(): TestGenesis {
    const genesis = makeGenesis(this.key("eosio").publicKey, Math.floor(Date.now() / SLOT_MS) * SLOT_MS);
    const { spec } = this;
    if (spec.start === "bare" || isReal(this.programs)) return genesis;
    const finalizers = spec.start === "savanna" ? (spec.finalizers ?? []) : [];
    const accounts = [...new Set([...spec.schedule, ...(spec.accounts ?? [])])];
    return {
      ...genesis,
      booted: {
        producers: spec.schedule.map((name) => ({ name, key: this.key(name).publicKey })),
        finalizers: finalizers.map((node) => ({
          description: finalizerName(this.specOf(node)),
          key: this.finalizerKey(node).publicKey,
        })),
        threshold: finalityThreshold(finalizers.length),
        accounts: accounts.map((name) => ({ name, key: this.key(name).publicKey })),
        balances: Object.fromEntries((spec.accounts ?? []).map((name) => [name, BALANCE])),
      },
    };
  }
}

/** Runs `use`; what the system refuses about files comes as `TESTCHAIN_DIRECTORY`. */
async function usingDirectory<T>(dir: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (cause) {
    const failed = cause as NodeJS.ErrnoException;
    // a full disk is noticed in a write, which knows no path
    if (cause instanceof Problem || (failed.path === undefined && failed.syscall !== "write")) throw cause;
    throw new Problem({
      code: "TESTCHAIN_DIRECTORY",
      message: `the test chain's directory cannot be used: ${messageOf(cause)}`,
      where: failed.path ?? dir,
      help: `make ${dir} a directory that we may write to, with room on its disk, or choose another data directory`,
      cause,
    });
  }
}

function keysLost(file: string): Problem {
  return new Problem({
    code: "TESTCHAIN_SAVED_BROKEN",
    message: "there is a test chain here, but the file with its ports and keys is gone",
    where: file,
    help: "put the file back, or delete the directory to begin a new chain",
  });
}

function unknownNode(name: string, known: string[]): Problem {
  return new Problem({
    code: "TESTCHAIN_UNKNOWN_NODE",
    message: `the test chain has no \`${name}\``,
    expected: `one of ${known.join(", ")}`,
  });
}
