/**
 * One node of the test chain: everything put together in the order nodeos starts and stops it. The process
 * around it is main.ts.
 */
import { join } from "node:path";
import { receiptTransactionId } from "../../chain/block/block.ts";
import { SLOT_MS, timeOf } from "../../chain/time.ts";
import type { PackedTransaction } from "../../chain/transaction.ts";
import type { BlockLog } from "./chain/block-log.ts";
import { Controller } from "./chain/controller.ts";
import { openTransaction } from "./chain/incoming-transaction.ts";
import { type Opened, Store } from "./chain/store.ts";
import type { TransactionTrace } from "./chain/trace.ts";
import type { BlockState } from "./consensus/block-state.ts";
import { chainApi } from "./http/chain-api.ts";
import { InfoCache } from "./http/info.ts";
import { Metrics, metricsApi } from "./http/metrics.ts";
import { netApi } from "./http/net-api.ts";
import { producerApi } from "./http/producer-api.ts";
import { HttpServer } from "./http/server.ts";
import { TrackedVotes } from "./http/tracked-votes.ts";
import { TransactionStatus } from "./http/transaction-status.ts";
import { type NodeLog, nodeLog } from "./log.ts";
import { MainThread, PRIORITY } from "./main-thread.ts";
import { Authentication } from "./net/authentication.ts";
import { Net, type NetEvents } from "./net/net.ts";
import type { Peer } from "./net/peer.ts";
import type { Options } from "./options.ts";
import { Finalizers } from "./producer/finalizer.ts";
import { Producer } from "./producer/producer.ts";
import type { RuntimeOptions } from "./producer/runtime-options.ts";
import { readProviders, type SignatureProviders } from "./producer/signature-provider.ts";
import { SnapshotSchedule } from "./producer/snapshot-schedule.ts";
import { Snapshots } from "./producer/snapshots.ts";
import { TransactionQueue } from "./producer/transaction-queue.ts";
import { VotePause } from "./producer/vote-pause.ts";
import {
  authenticationOptions,
  DEFAULT_VOTE_TIMEOUT_MS,
  httpSettings,
  netSettings,
  producerSettings,
  runtimeOptions,
} from "./settings.ts";

export class TestNode {
  readonly options: Options;
  readonly now: () => number;
  readonly log: NodeLog;
  readonly main: MainThread;
  readonly store: Store;
  readonly controller: Controller;
  readonly runtime: RuntimeOptions;
  readonly producer: Producer;
  readonly net: Net;
  readonly queue = new TransactionQueue();
  readonly snapshots: Snapshots;
  readonly snapshotSchedule: SnapshotSchedule;
  readonly info: InfoCache;
  readonly status: TransactionStatus;
  readonly trackedVotes = new TrackedVotes();
  readonly metrics = new Metrics();
  readonly http: HttpServer;
  private readonly blockLog: BlockLog;
  private readonly finalizers: Finalizers;
  private readonly votePause: VotePause;
  private readonly producers: readonly string[];

  /** Opens the data directory. Throws `StartFailure` or `OptionsError`. */
  constructor(options: Options, onCrash: (thrown: unknown) => void) {
    this.options = options;
    const clockOffset = options["test-clock-offset-ms"] ?? 0;
    this.now = () => Date.now() + clockOffset;
    this.log = nodeLog(this.now);
    this.main = new MainThread(onCrash);
    this.producers = options["producer-name"] ?? [];
    const providers = readProviders(options["signature-provider"] ?? [], options["keosd-provider-timeout"]);
    this.runtime = runtimeOptions(options);
    this.store = new Store(options);
    const opened = this.store.open();
    this.blockLog = opened.blockLog;
    this.finalizers = new Finalizers(providers.finalizers, this.store.finalizersDir);
    this.votePause = new VotePause(
      this.producers,
      options["production-pause-vote-timeout-ms"] ?? DEFAULT_VOTE_TIMEOUT_MS,
    );
    this.status = new TransactionStatus();
    this.controller = this.makeController(opened);
    this.producer = this.makeProducer(providers);
    this.net = this.makeNet(providers);
    this.snapshots = new Snapshots(this.controller, this.store, this.log);
    this.snapshotSchedule = new SnapshotSchedule(join(this.store.snapshotsDir, "snapshot-schedule.json"));
    this.info = new InfoCache(this.controller);
    this.http = this.makeHttp();
    this.replay(opened);
  }

  async start(): Promise<void> {
    const head = this.controller.head;
    this.log.write(
      "info",
      "nodeos",
      "chain_plugin.cpp:1172:plugin_startup",
      `Blockchain started; head block is #${head.num}`,
    );
    this.main.post(PRIORITY.high, () => this.producer.start());
    await this.net.start();
    await this.http.start();
  }

  /** Clean stop: peers are left, the state is written, the next start continues here. */
  stop(): void {
    this.http.stop();
    this.net.stop();
    this.producer.stop();
    this.main.stop();
    this.controller.abortBlock();
    const reversible = this.controller.forks.all();
    while (this.controller.tables.depth > 0) this.controller.tables.undo();
    const { chainId, tables, root } = this.controller;
    this.store.close({ chainId, tables, root }, reversible);
    this.blockLog.close();
  }

  // ---- transactions, from the API or a peer

  /** Runs a transaction on the main thread and passes it on when it succeeds. */
  push(packed: PackedTransaction, failureTrace: boolean, from?: Peer): Promise<TransactionTrace> {
    const incoming = openTransaction(this.controller.chainId, packed);
    if (from !== undefined && !this.net.transactions.note(incoming.id, from)) return Promise.reject(new Error("known"));
    return this.main
      .call(PRIORITY.low, () => this.queue.process(this.controller, incoming, failureTrace))
      .then((trace) => {
        if (trace.except === undefined) {
          this.status.local(incoming);
          this.net.transactions.broadcast(incoming.id, packed);
        }
        return trace;
      });
  }

  // ---- construction

  private makeController(opened: Opened): Controller {
    return new Controller(opened, {
      log: this.log,
      now: this.now,
      events: {
        produced: (state) => this.net.blocks.broadcast(state),
        applied: (state) => this.onApplied(state),
        irreversible: (state) => this.onIrreversible(state),
        forkedOut: (transactions) => this.queue.returnForked(transactions),
      },
    });
  }

  private makeProducer(providers: SignatureProviders): Producer {
    const { controller, queue, votePause, runtime, main, log, now } = this;
    return new Producer(producerSettings(this.options), {
      controller,
      providers,
      queue,
      votePause,
      runtime,
      main,
      log,
      now,
    });
  }

  private makeNet(providers: SignatureProviders): Net {
    const { controller, log, now } = this;
    const authentication = new Authentication(authenticationOptions(this.options), providers.blocks.keys());
    const events: NetEvents = {
      ready: () => this.main.post(PRIORITY.medium, () => this.producer.incomingBlock()),
      voted: (description) => this.votePause.vote(description),
      transaction: (packed, from) => void this.push(packed, false, from).catch(() => {}),
    };
    return new Net(netSettings(this.options), { controller, authentication, log, now, events });
  }

  private makeHttp(): HttpServer {
    const plugins = new Set((this.options.plugin ?? []).map((plugin) => plugin.replace("eosio::", "")));
    const endpoints = [
      ...(plugins.has("chain_api_plugin") ? chainApi(this) : []),
      ...(plugins.has("producer_api_plugin") ? producerApi(this) : []),
      ...(plugins.has("net_api_plugin") ? netApi(this) : []),
      ...metricsApi(this, plugins),
    ];
    return new HttpServer(httpSettings(this.options), endpoints, this.main, this.log);
  }

  /** Blocks that were on disk but not in the state. */
  private replay(opened: Opened): void {
    this.controller.load(opened.pending, opened.blockLog.last);
    // what the block log holds is final, though no block that was applied says so yet
    this.info.refresh();
  }

  // ---- what a new head brings about

  private onApplied(state: BlockState): void {
    this.producer.appliedBlock(state);
    const receipts = state.block?.receipts ?? [];
    this.queue.applied(receipts.map(receiptTransactionId));
    this.metrics.block(state, this.producers.includes(state.header.producer));
    this.status.applied(state);
    const claim = state.consensus.kind === "savanna" ? state.consensus.claim.blockNum : 0;
    this.trackedVotes.applied(state, this.controller.forks.ancestorAt(state, claim));
    this.info.refresh();
    this.net.sync.applied(state.num, this.now() - timeOf(state.slot) < SLOT_MS);
    const ancestor = (num: number) => this.controller.forks.ancestorAt(state, num)?.id;
    this.net.castVotes(this.finalizers.vote(state, this.now(), ancestor));
    const due = this.snapshotSchedule.due(state.num);
    if (due.length > 0) {
      // nobody waits for a scheduled one: a failure is seen by its absence, as with nodeos
      const take = () => this.snapshots.create(due).catch(() => {});
      this.main.post(PRIORITY.high, () => void this.producer.interrupted(take));
    }
  }

  private onIrreversible(state: BlockState): void {
    this.status.irreversible(state);
    this.net.irreversible(state);
    this.snapshots.irreversible(state);
  }
}
