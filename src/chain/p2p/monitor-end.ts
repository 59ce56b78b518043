/** Why the connection of a monitor ended, told to whoever has to repair it. */
import { messageOf, type ProblemFacts } from "../../kit/problem.ts";
import type { GoAwayReason } from "./messages.ts";

const NOT_NODEOS = "check that the address is a p2p endpoint of nodeos";
const OTHER_CHAIN = "the chain's `id` or the node's p2p address in the fleet file is not right";

/** Why, without the address. */
export type End = Omit<ProblemFacts, "where">;

export function neverGreeted(ms: number): End {
  return { code: "P2P_SILENT", message: `the peer did not greet within ${ms} ms`, help: STOPPED };
}
export function fellSilent(ms: number): End {
  return { code: "P2P_SILENT", message: `the peer sent nothing for ${ms} ms`, help: STOPPED };
}
const STOPPED = "the process may be stopped, or a firewall drops packets";

/** The socket's error. A reset is the peer's doing even while we connect: it accepts and then hangs up on us. */
export function connectionFailed(connected: boolean, greeted: boolean, cause: NodeJS.ErrnoException): End {
  if (connected || cause.code === "ECONNRESET") return closedByPeer(greeted, cause);
  const help = "check that the node runs and listens for p2p on this address";
  return { code: "P2P_UNREACHABLE", message: messageOf(cause), help, cause };
}

/** `cause` when the connection broke instead of being closed. */
export function closedByPeer(greeted: boolean, cause?: Error): End {
  return {
    code: "P2P_CLOSED",
    message: cause === undefined ? "the peer closed the connection" : `the connection broke: ${messageOf(cause)}`,
    help: greeted
      ? "the node stopped or restarted"
      : "the peer refused before its handshake: raise `p2p-max-nodes-per-host` or `max-clients`, or allow this address",
    cause,
  };
}

export function sentGarbage(cause: Error): End {
  return { code: "P2P_GARBAGE", message: cause.message, help: NOT_NODEOS, cause };
}

export function leavesUnread(bytes: number): End {
  return { code: "P2P_STALLED", message: `the peer leaves ${bytes} bytes of ours unread`, help: NOT_NODEOS };
}

export function wrongChain(found: string, expected: string): End {
  const message = `the peer is on chain ${found}`;
  return { code: "P2P_WRONG_CHAIN", message, expected: `chain ${expected}`, help: OTHER_CHAIN };
}

export function sentAway(reason: GoAwayReason): End {
  return { code: "P2P_GO_AWAY", message: `the peer sent us away: ${reason}`, help: GO_AWAY_HELP[reason] };
}
const GO_AWAY_HELP: { [reason in GoAwayReason]?: string } = {
  wrong_chain: OTHER_CHAIN,
  authentication: "the node has `allowed-connection` set: let it accept this monitor",
  duplicate: "another connection of this monitor is still open",
};
