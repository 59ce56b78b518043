/**
 * Blocks between peers. A block is passed on as soon as its header is accepted, long before it is applied: a
 * producing node that applies nothing still relays.
 */
import { identifyBlock } from "../../../chain/block/block.ts";
import { blockNumOf } from "../../../chain/block/header.ts";
import { ZERO_256 } from "../../../chain/hash.ts";
import { encodeFrame, NO_IDS } from "../../../chain/p2p/messages.ts";
import { SLOT_MS, timeOf } from "../../../chain/time.ts";
import { messageOf } from "../../../kit/problem.ts";
import type { Controller } from "../chain/controller.ts";
import type { BlockState } from "../consensus/block-state.ts";
import { ChainFailure } from "../failure.ts";
import { type NodeLog, shortId } from "../log.ts";
import type { Peer } from "./peer.ts";
import type { SyncManager } from "./sync.ts";

/** Blocks further in the future are refused by producing nodes. */
const MAX_FUTURE_MS = 15_000;
const HANDLE = "net_plugin.cpp:operator()";

export interface BlockExchangeParts {
  controller: Controller;
  sync: SyncManager;
  peers: () => Iterable<Peer>;
  /** There is a new best head: apply it. */
  ready: () => void;
  log: NodeLog;
  now: () => number;
  /** Accounts this node produces for; their blocks are always sent whole. */
  producers: readonly string[];
}

export class BlockExchange {
  private readonly parts: BlockExchangeParts;
  /** Which peers have a block; also the list of blocks that we know. */
  private readonly holders = new Map<string, Set<Peer>>();

  constructor(parts: BlockExchangeParts) {
    this.parts = parts;
  }

  /** A block came; it is returned when it is new and good, and passed on by then. Throws when it cannot be decoded. */
  received(peer: Peer, raw: Buffer): BlockState | undefined {
    const { controller, sync, now, producers } = this.parts;
    const { id, header } = identifyBlock(raw);
    const num = blockNumOf(id);
    const ageMs = now() - timeOf(header.slot);
    const fresh = ageMs < SLOT_MS;
    peer.lastReceivedBlock = num;
    peer.headNum = Math.max(peer.headNum, num);
    if (controller.forks.get(id) !== undefined || this.holders.has(id)) {
      this.holders.get(id)?.add(peer);
      if (!sync.syncing) peer.sendNack(id);
      sync.received(peer, num, id, fresh);
    } else if (num <= controller.root.num) {
      if (sync.syncing) sync.received(peer, num, id, fresh);
      else peer.sendNack(id);
    } else if (producers.length > 0 && ageMs < -MAX_FUTURE_MS) {
      this.refuse(peer, num, id, `received a block from the future, rejecting it: ${id}`);
    } else {
      return this.accept(peer, num, id, raw, fresh);
    }
    return undefined;
  }

  private accept(peer: Peer, num: number, id: string, raw: Buffer, fresh: boolean): BlockState | undefined {
    const { controller, sync, ready, log } = this.parts;
    try {
      const { state, result } = controller.accept(raw);
      this.holders.set(id, new Set([peer]));
      const isBest = result === "appended" || result === "fork_switch";
      if (isBest) peer.uniqueBlocks += 1;
      sync.received(peer, num, id, fresh);
      if (isBest) ready();
      this.broadcast(state);
      return state;
    } catch (thrown) {
      const kind = thrown instanceof ChainFailure ? thrown.name : "";
      if (kind === "unlinkable_block_exception") {
        log.write("debug", "net-0", HANDLE, `unlinkable_block ${num} : ${id}`);
        sync.rejected(peer, num);
      } else {
        this.refuse(peer, num, id, messageOf(thrown), kind === "invalid_qc_claim");
      }
      return undefined;
    }
  }

  private refuse(peer: Peer, num: number, id: string, why: string, claim = false): void {
    const { log, sync } = this.parts;
    const text = `connection - ${peer.id}: #${num} ${shortId(id)}: ${why}`;
    if (claim) log.write("warn", "net-0", HANDLE, `invalid QC claim exception, ${text}`);
    else log.write("info", "net-0", HANDLE, `bad block exception ${text}`);
    const closing = `${peer.label} block ${num} not accepted, closing connection immediately`;
    log.write("warn", "net-0", "net_plugin.cpp:rejected_block", closing);
    sync.reset(num);
    peer.close(false);
  }

  /** A peer tells of a block instead of sending it: it thinks that we get it elsewhere. */
  noticed(peer: Peer, previous: string, id: string): void {
    const { controller, log } = this.parts;
    if (blockNumOf(id) <= controller.root.num) return;
    if (this.holders.has(id)) {
      this.holders.get(id)?.add(peer);
    } else if (controller.forks.get(previous) === undefined) {
      const from = blockNumOf(previous);
      const message = `${peer.label} Received unknown block notice, requesting blocks from ${from}`;
      log.write("info", "net-0", "net_plugin.cpp:3919:handle_message", message);
      peer.sendNack(ZERO_256);
      const blocks = { mode: "normal" as const, pending: 0, ids: [previous, controller.head.id] };
      peer.send({ type: "request", transactions: NO_IDS, blocks });
    }
  }

  /** A peer has this block: it told us, or refused it for that. */
  held(peer: Peer, id: string): void {
    this.holders.get(id)?.add(peer);
  }

  /** Passes a block on to every peer that may not have it: whole, or as a notice where that is enough. */
  broadcast(state: BlockState): void {
    if (this.parts.sync.syncing) return;
    const holders = this.holders.get(state.id) ?? new Set();
    this.holders.set(state.id, holders);
    let frame: Buffer | undefined;
    for (const peer of this.parts.peers()) {
      if (!peer.current || !peer.takesBlocks || holders.has(peer) || peer.rootNum >= state.num) continue;
      holders.add(peer);
      if (peer.wantsNotices && !this.parts.producers.includes(state.header.producer)) {
        peer.send({ type: "block_notice", previous: state.previous, id: state.id });
      } else {
        frame ??= encodeFrame({ type: "signed_block", block: state.raw });
        peer.sendBlockFrame(frame);
      }
    }
  }

  /** A block is irreversible: nobody needs to be told about it or older ones. */
  irreversible(state: BlockState): void {
    for (const id of this.holders.keys()) {
      if (blockNumOf(id) <= state.num) this.holders.delete(id);
    }
  }

  closed(peer: Peer): void {
    for (const holders of this.holders.values()) holders.delete(peer);
  }
}
