/** What nodeos logs about blocks that become head and branches that are left; detectors read these lines. */
import { formatBlockTime, timeOf } from "../../../chain/time.ts";
import { type BlockState, irreversibleOf } from "../consensus/block-state.ts";
import { type NodeLog, shortId } from "../log.ts";

/** A node this far behind logs only one in {@link SYNCING_EVERY} of the blocks it applies. */
const SYNCING_MS = 5 * 60_000;
const SYNCING_EVERY = 1000;
const SWITCH = "controller.cpp:4507:operator()";

export class BlockLines {
  private readonly log: NodeLog;
  private readonly now: () => number;

  constructor(log: NodeLog, now: () => number) {
    this.log = log;
    this.now = now;
  }

  /** `tookUs`: from the start of the block to its signature. */
  produced(state: BlockState, tookUs: number): void {
    const confirmed = state.consensus.kind === "legacy" ? `confirmed: ${state.header.confirmed}, ` : "";
    this.applied("Produced", "controller.cpp:3613:log_applied", state, confirmed, `producing time: ${tookUs} us`);
  }

  received(state: BlockState, tookUs: number): void {
    const latencyMs = Math.round(this.now() - timeOf(state.slot));
    if (latencyMs > SYNCING_MS && state.num % SYNCING_EVERY !== 0) return;
    const timing = `applying time: ${tookUs} us, latency: ${latencyMs} ms`;
    this.applied("Received", "controller.cpp:3637:log_applied", state, "", timing);
  }

  private applied(verb: string, place: string, state: BlockState, confirmed: string, timing: string): void {
    const receipts = state.block?.receipts ?? [];
    const cpu = receipts.reduce((sum, receipt) => sum + receipt.cpuUsageUs, 100);
    const net = receipts.reduce((sum, receipt) => sum + receipt.netUsageWords * 8, 0);
    const counts = `trxs: ${receipts.length}, lib: ${irreversibleOf(state.consensus)}, ${confirmed}net: ${net}, cpu: ${cpu} us`;
    const block = `${shortId(state.id)} #${state.num} @ ${formatBlockTime(state.slot)} signed by ${state.header.producer}`;
    this.log.write("info", "nodeos", place, `${verb} block ${block} [${counts}, elapsed: ${cpu} us, ${timing}]`);
  }

  switching(from: BlockState, to: BlockState): void {
    this.log.write("info", "nodeos", SWITCH, `switching forks from ${ranked(from)} to ${ranked(to)}`);
    if (from.header.producer === to.header.producer && from.num === to.num) {
      this.log.write("warn", "nodeos", SWITCH, `${to.header.producer} double produced block ${to.num}`);
    }
  }

  switched(head: BlockState, removed: readonly BlockState[], applied: readonly BlockState[]): void {
    const list = (states: readonly BlockState[]) => `{${states.map(({ num, id }) => `${num}:${id}`).join(",")}}`;
    this.log.write(
      "info",
      "nodeos",
      "controller.cpp:4626:operator()",
      `successfully switched fork to new head ${head.id}, removed ${list(removed)}, applied ${list(applied)}`,
    );
  }

  failed(state: BlockState, why: string): void {
    const message = `exception thrown while applying block ${state.num} : ${state.id}, previous ${state.previous}, error: ${why}`;
    this.log.write("error", "nodeos", "controller.cpp:apply_block", message);
  }

  /** `critical` is the block that makes the first finalizer policy's block irreversible. */
  transition(genesis: number, critical: number): void {
    this.log.write(
      "info",
      "nodeos",
      "controller.cpp:1489:transition_to_savanna",
      `Transitioning to savanna, IF Genesis Block ${genesis}, IF Critical Block ${critical}`,
    );
    this.log.write(
      "info",
      "nodeos",
      "controller.cpp:1534:operator()",
      `Transition to instant finality happening after block ${critical}, First IF Proper Block ${critical + 1}`,
    );
  }
}

/** A head with what decides between heads, as nodeos shows it on a switch. */
function ranked({ id, num, slot, header, consensus }: BlockState): string {
  const rank =
    consensus.kind === "savanna"
      ? `latest_qc_block_timestamp: ${formatBlockTime(consensus.claimSlot)}, `
      : `irreversible_blocknum: ${irreversibleOf(consensus)}, block_num: ${num}, `;
  return `${id} (block number ${num} ${header.producer}) [ ${rank}timestamp: ${formatBlockTime(slot)}, id: ${id} ]`;
}
