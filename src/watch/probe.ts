/** One look at one node, for people: who it is, where it is, what its clock says. */
import { NodeClient } from "../chain/http/client.ts";
import { getInfo } from "../chain/http/endpoints.ts";
import { PeerMonitor } from "../chain/p2p/monitor.ts";
import { Problem } from "../kit/problem.ts";

/** What was found, by name, in the order in which to read it. */
export type Findings = Record<string, string | number>;

const CLOCK_WITHIN_MS = 5_000;

/** Asks an HTTP API who and where it is. */
export async function probeHttp(url: string): Promise<Findings> {
  const client = new NodeClient(url);
  try {
    const started = performance.now();
    const info = await client.call(getInfo);
    return {
      version: info.server_version_string ?? info.server_version,
      chain: info.chain_id,
      head: info.head_block_num,
      headId: info.head_block_id,
      headProducer: info.head_block_producer,
      headAgeMs: Date.now() - info.head_block_time,
      lib: info.last_irreversible_block_num,
      latencyMs: Math.round(performance.now() - started),
    };
  } finally {
    await client.close();
  }
}

/** Greets a p2p port as a peer does; waits for its greeting and the first measurement of its clock. */
export function probeP2p(address: string, chainId: string): Promise<Findings> {
  const [, host = "", port = ""] = /^\[?([^\]]+)\]?:(\d{1,5})$/.exec(address) ?? [];
  if (host === "") throw badAddress(address);
  return new Promise((resolve, reject) => {
    let findings: Findings | undefined;
    const monitor = new PeerMonitor(
      { host, port: Number(port), chainId },
      {
        handshake(hello) {
          findings ??= {
            agent: hello.agent,
            protocol: hello.networkVersion,
            chain: hello.chainId,
            head: hello.headNum,
            headId: hello.headId,
            lib: hello.rootNum,
          };
        },
        clock({ offsetMs, roundTripMs }) {
          if (findings === undefined) return;
          finish({ ...findings, clockOffsetMs: round(offsetMs), roundTripMs: round(roundTripMs) });
        },
        closed: reject,
      },
    );
    // a peer that does not answer times is a peer all the same
    const patience = setTimeout(() => findings !== undefined && finish(findings), CLOCK_WITHIN_MS);
    const finish = (found: Findings): void => {
      clearTimeout(patience);
      resolve(found);
      monitor.close();
    };
  });
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}

function badAddress(address: string): Problem {
  return new Problem({
    code: "P2P_BAD_ADDRESS",
    message: `\`${address}\` is not an address of a p2p port`,
    expected: "host:port, like 10.77.0.11:9876",
  });
}
