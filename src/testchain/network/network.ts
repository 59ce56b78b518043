/**
 * A whole chain on one machine: nodes as processes on loopback, joined by links that can be cut. It lives in a
 * directory and, started again there, goes on where it was.
 */
import { randomInt } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { makeGenesis } from "../../chain/genesis.ts";
import { producerResume } from "../../chain/http/endpoints.ts";
import { SLOT_MS } from "../../chain/time.ts";
import { messageOf, Problem } from "../../kit/problem.ts";
import type { TestGenesis } from "../node/chain/genesis-state.ts";
import type { NodeSetup } from "./config-ini.ts";
import { type FinalizerKey, type KeyPair, makeFinalizerKey, makeKey } from "./keys.ts";
import { Link, type LinkState } from "./link.ts";
import { type Exit, NodeProcess, type Program, type StartOptions } from "./node-process.ts";

export interface NodeSpec {
  name: string;
  producers?: readonly string[];
  /** Nodes it dials, by name. */
  dials: readonly string[];
  /** It has a BLS key and votes once a policy names it. */
  finalizer?: boolean;
  pauseOnStartup?: boolean;
  /** Resumed when the whole network is up, though it starts paused: the active one of a pair. */
  active?: boolean;
  /** Produces on a stale head when the whole chain is started: one node must. */
  startsChain?: boolean;
  voteTimeoutMs?: number;
  /** Signs through a remote signer instead of a key of its own. */
  signerUrl?: string;
  keosdTimeoutMs?: number;
  extra?: NodeSetup["extra"];
}

export interface NetworkSpec {
  nodes: readonly NodeSpec[];
  /**
   * `bare`: block 1 knows only `eosio`, as on a real new chain. `savanna` and `legacy`: the test chain's own short cut, producers,
   * accounts, a token and (Savanna) finalizers from block 1 on.
   */
  start: "bare" | "savanna" | "legacy";
  /** Producer accounts in the order of the schedule; for a booted start. */
  schedule: readonly string[];
  /** Names of nodes whose finalizers make the policy; for a booted Savanna start. */
  finalizers?: readonly string[];
  /** Further accounts, with a balance each; for a booted start. */
  accounts?: readonly string[];
}

/** What is kept on disk about a network besides its nodes' data. */
interface Saved {
  ports: Record<string, { http: number; p2p: number }>;
  /** Port of each link, by `dialer>listener`. */
  links: Record<string, number>;
  keys: Record<string, KeyPair>;
  finalizers: Record<string, FinalizerKey>;
}

export interface Programs {
  node: Program;
  /** Makes BLS keys for real nodes; without it they are stand-ins. */
  springUtil?: string | undefined;
}

const BALANCE = "1000000.0000 EOS";

/** The test chain's own node, run by the Node that runs us. */
export function testNodeProgram(): Program {
  const main = new URL("../node/main.ts", import.meta.url).pathname;
  // a small heap suits a small chain, and six of them fit a laptop
  return [process.execPath, "--max-semi-space-size=2", "--max-old-space-size=256", main];
}

export class TestNetwork {
  readonly dir: string;
  readonly spec: NetworkSpec;
  readonly programs: Programs;
  readonly nodes: ReadonlyMap<string, NodeProcess>;
  private readonly saved: Saved;
  private readonly links = new Map<string, Link>();
  private readonly trimmer: NodeJS.Timeout;

  private constructor(
    facts: { dir: string; spec: NetworkSpec; programs: Programs; saved: Saved },
    onExit: (node: string, exit: Exit) => void,
  ) {
    this.dir = facts.dir;
    this.spec = facts.spec;
    this.programs = facts.programs;
    this.saved = facts.saved;
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
    this.trimmer = setInterval(() => {
      for (const node of this.nodes.values()) node.trimLog();
    }, 60_000).unref();
  }

  /** Opens the network that lives in `dir`, or makes a new one there. Nothing runs yet. */
  static async open(
    dir: string,
    spec: NetworkSpec,
    programs: Programs,
    onExit: (node: string, exit: Exit) => void = () => {},
  ): Promise<TestNetwork> {
    mkdirSync(dir, { recursive: true });
    const file = join(dir, "network.json");
    const before = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Saved) : undefined;
    const saved = await complete(before, spec, programs.springUtil);
    writeFileSync(file, JSON.stringify(saved, null, 2), { mode: 0o600 });
    const network = new TestNetwork({ dir, spec, programs, saved }, onExit);
    const genesis = join(dir, "genesis.json");
    if (!existsSync(genesis)) writeFileSync(genesis, JSON.stringify(network.makeGenesis(), null, 2));
    return network;
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

  /** Starts links and all nodes; the one that starts the chain first. `told` hears of each node that is up. */
  async start(told: (node: string) => void = () => {}): Promise<void> {
    await this.startLinks();
    const first = this.spec.nodes.filter(({ startsChain }) => startsChain);
    const others = this.spec.nodes.filter(({ startsChain }) => !startsChain);
    for (const node of first) {
      await this.startNode(node.name, {}, true);
      told(node.name);
    }
    await Promise.all(
      others.map(async (node) => {
        await this.startNode(node.name);
        told(node.name);
      }),
    );
    for (const { name, active } of this.spec.nodes) if (active) await this.node(name).client.call(producerResume);
  }

  /** Starts one node, as it would be after a failure: without stale production. A dirty database is replayed. */
  async startNode(name: string, options: StartOptions = {}, startsChain = false): Promise<void> {
    const node = this.node(name);
    node.setup = this.setupOf(this.specOf(name), startsChain);
    try {
      await node.start(options);
    } catch (thrown) {
      if (!(thrown instanceof Problem) || !/dirty/.test(thrown.message)) throw thrown;
      await node.start({ ...options, replay: true });
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.trimmer);
    await Promise.all([...this.nodes.values()].map((node) => node.stop()));
    for (const link of this.links.values()) link.stop();
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

  private async startLinks(): Promise<void> {
    for (const [name, port] of Object.entries(this.saved.links)) {
      if (this.links.has(name)) continue;
      const listener = name.slice(name.indexOf(">") + 1);
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
    if (spec.start === "bare") return genesis;
    const finalizers = spec.start === "savanna" ? (spec.finalizers ?? []) : [];
    const owner = (node: string) => this.specOf(node).producers?.[0] ?? node;
    const accounts = [...new Set([...spec.schedule, ...(spec.accounts ?? [])])];
    return {
      ...genesis,
      booted: {
        producers: spec.schedule.map((name) => ({ name, key: this.key(name).publicKey })),
        finalizers: finalizers.map((node) => ({ description: owner(node), key: this.finalizerKey(node).publicKey })),
        threshold: Math.floor((finalizers.length * 2) / 3) + (finalizers.length > 3 ? 1 : 0),
        accounts: accounts.map((name) => ({ name, key: this.key(name).publicKey })),
        balances: Object.fromEntries((spec.accounts ?? []).map((name) => [name, BALANCE])),
      },
    };
  }
}

/** Adds what a saved network lacks for its spec: ports, links, keys. */
async function complete(before: Saved | undefined, spec: NetworkSpec, springUtil: string | undefined): Promise<Saved> {
  const saved: Saved = before ?? { ports: {}, links: {}, keys: {}, finalizers: {} };
  const accounts = [
    "eosio",
    ...spec.schedule,
    ...(spec.accounts ?? []),
    ...spec.nodes.flatMap((node) => node.producers ?? []),
  ];
  for (const account of accounts) saved.keys[account] ??= makeKey();
  for (const node of spec.nodes) {
    if (node.finalizer) saved.finalizers[node.name] ??= makeFinalizerKey(springUtil);
    saved.ports[node.name] ??= { http: await freePort(), p2p: await freePort() };
    for (const listener of node.dials) saved.links[`${node.name}>${listener}`] ??= await freePort();
  }
  return saved;
}

/** Below the range that the system gives to outgoing connections, or a restart might find its port taken. */
const PORTS = { from: 20_000, to: 32_000 };

async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

function unknownNode(name: string, known: string[]): Problem {
  return new Problem({
    code: "TESTCHAIN_UNKNOWN_NODE",
    message: `the test chain has no \`${name}\``,
    expected: `one of ${known.join(", ")}`,
  });
}
