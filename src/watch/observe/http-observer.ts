/**
 * Watches one node through its HTTP API: head and LIB twice a second, the schedule, whether it is paused. Where
 * the node's p2p port is not watched it fetches new block headers too. One request at a time, so that a node
 * that hangs is asked again only when the last question has timed out.
 */
import { NodeClient } from "../../chain/http/client.ts";
import { getBlockHeader, getInfo, getProducerSchedule, type Info, producerPaused } from "../../chain/http/endpoints.ts";
import { slotOf } from "../../chain/time.ts";
import { messageOf, Problem } from "../../kit/problem.ts";
import { type Observation, type SeenBlock, seenBlock } from "../observation.ts";
import type { WatchedNode } from "../target.ts";
import type { Observer } from "./p2p-observer.ts";

const POLL_MS = 500;
const SCHEDULE_EVERY_MS = 2000;
const PAUSED_EVERY_MS = 1000;
const TIMEOUT_MS = 2000;
/** Headers fetched in a row when a node has moved on. */
const MAX_HEADERS = 40;

export interface HttpObserverOptions {
  chainId: string;
  /** Ask whether it is paused: it belongs to a pair. */
  askPaused: boolean;
  /** Fetch headers of new blocks: nothing else shows them. */
  fetchBlocks: boolean;
}

export class HttpObserver implements Observer {
  private readonly node: WatchedNode;
  private readonly observer: string;
  private readonly client: NodeClient;
  private readonly producerClient: NodeClient;
  private readonly options: HttpObserverOptions;
  private readonly take: (observation: Observation) => void;
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private scheduleAt = 0;
  private pausedAt = 0;
  private lastNum = 0;
  private version = "";

  constructor(node: WatchedNode, url: string, options: HttpObserverOptions, take: (observation: Observation) => void) {
    this.node = node;
    this.observer = `${node.name}/http`;
    this.client = new NodeClient(url);
    this.producerClient = node.producerApi === undefined ? this.client : new NodeClient(node.producerApi);
    this.options = options;
    this.take = take;
    // nodes are asked at different moments of the half second
    this.timer = setTimeout(() => void this.poll(), Math.random() * POLL_MS);
  }

  stop(): void {
    this.stopping.abort(new Error("stopped"));
    clearTimeout(this.timer);
    void this.client.close();
    if (this.producerClient !== this.client) void this.producerClient.close();
  }

  /** Fetches a header by id, for a block that passed unseen. */
  async fetchBlock(id: string): Promise<void> {
    const block = await this.header(id);
    this.take({ kind: "block", node: this.node.name, observer: this.observer, block, at: Date.now(), exact: false });
  }

  private async poll(): Promise<void> {
    const started = Date.now();
    try {
      await this.ask(started);
    } catch (thrown) {
      if (this.stopping.signal.aborted) return;
      const problem =
        thrown instanceof Problem ? thrown : new Problem({ code: "NODE_UNREACHABLE", message: messageOf(thrown) });
      this.take({ kind: "down", node: this.node.name, observer: this.observer, problem, at: Date.now() });
    }
    if (this.stopping.signal.aborted) return;
    this.timer = setTimeout(() => void this.poll(), Math.max(50, started + POLL_MS - Date.now()));
  }

  private async ask(started: number): Promise<void> {
    const info = await this.client.call(getInfo, undefined, this.limits());
    if (info.chain_id !== this.options.chainId) throw wrongChain(this.client.url, info.chain_id, this.options.chainId);
    const latencyMs = Date.now() - started;
    this.tellHead(info);
    if (started - this.scheduleAt >= SCHEDULE_EVERY_MS) {
      // the main thread answers this one, get_info does not need it: a node whose main thread is stuck fails here,
      // and is asked every time until it answers
      const { active } = await this.client.call(getProducerSchedule, undefined, this.limits());
      this.scheduleAt = started;
      const producers = active.producers.map((producer) => producer.producer_name);
      this.take({ kind: "schedule", node: this.node.name, version: active.version, producers, at: Date.now() });
    }
    if (this.options.askPaused && started - this.pausedAt >= PAUSED_EVERY_MS) {
      this.pausedAt = started;
      await this.askPaused();
    }
    if (this.options.fetchBlocks) await this.fetchNew(info);
    this.take({ kind: "up", node: this.node.name, observer: this.observer, latencyMs, at: Date.now() });
  }

  private tellHead(info: Info): void {
    const at = Date.now();
    const { name: node } = this.node;
    const { observer } = this;
    this.take({
      kind: "head",
      node,
      observer,
      headNum: info.head_block_num,
      headId: info.head_block_id,
      headSlot: slotOf(info.head_block_time),
      libNum: info.last_irreversible_block_num,
      libId: info.last_irreversible_block_id,
      at,
    });
    const version = info.server_version_string ?? info.server_version;
    if (version !== this.version) {
      this.version = version;
      this.take({ kind: "version", node, version, at });
    }
  }

  /** The main thread answers this one: a node that is up but stuck shows here. */
  private async askPaused(): Promise<void> {
    const { name: node } = this.node;
    try {
      const paused = await this.producerClient.call(producerPaused, undefined, this.limits());
      this.take({ kind: "paused", node, paused, at: Date.now() });
    } catch (thrown) {
      if (this.stopping.signal.aborted) throw thrown;
      const problem = thrown instanceof Problem ? { problem: thrown } : {};
      this.take({ kind: "paused", node, paused: undefined, ...problem, at: Date.now() });
    }
  }

  private async fetchNew(info: Info): Promise<void> {
    const to = info.head_block_num;
    const from = Math.max(this.lastNum + 1, to - MAX_HEADERS + 1);
    for (let num = from; num <= to; num++) {
      const block = await this.header(num);
      this.take({ kind: "block", node: this.node.name, observer: this.observer, block, at: Date.now(), exact: false });
      this.lastNum = num;
    }
  }

  private async header(numOrId: number | string): Promise<SeenBlock> {
    const request = { block_num_or_id: numOrId, include_extensions: false };
    const { id, header, producerSignature } = await this.client.call(getBlockHeader, request, this.limits());
    return seenBlock(id, header, producerSignature);
  }

  private limits() {
    return { timeoutMs: TIMEOUT_MS, signal: this.stopping.signal };
  }
}

function wrongChain(url: string, found: string, expected: string): Problem {
  return new Problem({
    code: "NODE_WRONG_CHAIN",
    message: `the node is on chain ${found}`,
    where: url,
    expected: `chain ${expected}`,
    help: "correct the chain's `id` or the node's `http` in the fleet file",
  });
}
