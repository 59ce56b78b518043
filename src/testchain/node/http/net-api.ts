/** `/v1/net/*`: the peers of this node. */
import { formatTimePoint } from "../../../chain/time.ts";
import type { Peer } from "../net/peer.ts";
import type { TestNode } from "../node.ts";
import { type Endpoint, textField } from "./endpoint.ts";

export function netApi(node: TestNode): Endpoint[] {
  const endpoint = (
    name: string,
    category: "net_ro" | "net_rw",
    body: Endpoint["body"],
    handle: Endpoint["handle"],
  ): Endpoint => ({
    path: `/v1/net/${name}`,
    category,
    status: 201,
    body,
    handle,
  });
  return [
    endpoint("connect", "net_rw", "string", (body) => node.net.table.connect(textField(body, "value"))),
    endpoint("disconnect", "net_rw", "string", (body) => node.net.table.disconnect(textField(body, "value"))),
    endpoint("status", "net_ro", "string", (body) => {
      const address = textField(body, "value");
      const peer = node.net.table.find(address);
      return peer === undefined ? `connection not found: ${address}` : connectionJson(peer);
    }),
    endpoint("connections", "net_ro", "none", () => node.net.peers.map(connectionJson)),
    endpoint("bp_gossip_peers", "net_ro", "none", () => []),
  ];
}

function connectionJson(peer: Peer) {
  const { hello, socket } = peer;
  return {
    peer: peer.dialed,
    remote_ip: socket.remoteAddress ?? "",
    remote_port: String(socket.remotePort ?? ""),
    connecting: hello === undefined,
    syncing: peer.syncingFromUs,
    is_bp_peer: false,
    is_bp_gossip_peer: false,
    is_socket_open: !socket.destroyed,
    is_blocks_only: peer.traffic === "blocks",
    is_transactions_only: peer.traffic === "transactions",
    last_vote_received: formatTimePoint(peer.lastVoteMs),
    last_handshake: {
      network_version: hello?.networkVersion ?? 0,
      chain_id: hello?.chainId ?? "0".repeat(64),
      node_id: hello?.nodeId ?? "0".repeat(64),
      key: hello?.key ?? "",
      time: String(hello?.timeNs ?? 0),
      token: hello?.token ?? "0".repeat(64),
      sig: hello?.signature ?? "",
      p2p_address: hello?.p2pAddress ?? "",
      fork_db_root_num: hello?.rootNum ?? 0,
      fork_db_root_id: hello?.rootId ?? "0".repeat(64),
      fork_db_head_num: hello?.headNum ?? 0,
      fork_db_head_id: hello?.headId ?? "0".repeat(64),
      os: hello?.os ?? "",
      agent: hello?.agent ?? "",
      generation: hello?.generation ?? 0,
    },
  };
}
