/** Nodes that are not what they should be, and one whose clock is wrong: real servers on real ports. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { greeting, scriptedPeer, type Visitor } from "../scripted-peer.ts";

/** An HTTP API of whatever kind, and its address. */
export async function falseApi(answers: RequestListener) {
  const server = createServer(answers);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    http: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A p2p port of a node whose clock is off by so much. */
export async function falseClock(chainId: string, offsetMs: number) {
  const peer = await scriptedPeer();
  const nowNs = () => BigInt(Date.now() + offsetMs) * 1_000_000n;
  const talkTo = async (visitor: Visitor): Promise<void> => {
    visitor.send(greeting({ chainId, timeNs: nowNs() }));
    for (;;) {
      const { org, xmt } = await visitor.next("time");
      if (org === 0n) visitor.send({ type: "time", org: xmt, rec: nowNs(), xmt: nowNs(), dst: 0n });
    }
  };
  const receive = async (): Promise<void> => {
    for (;;) void talkTo(await peer.visitor());
  };
  void receive();
  return { p2p: `127.0.0.1:${peer.target.port}`, close: () => peer[Symbol.asyncDispose]() };
}
