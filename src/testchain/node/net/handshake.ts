/** The handshake of nodeos: what we say of ourselves, and which ones are not to be believed. */
import { ZERO_256 } from "../../../chain/hash.ts";
import { FEATURE, type Handshake, NETWORK_VERSION_BASE, NO_SIGNATURE } from "../../../chain/p2p/messages.ts";
import { type Authentication, tokenOf } from "./authentication.ts";
import { MAX_ADDRESS, type Traffic, trafficSuffix } from "./endpoint.ts";

/** Where a node is on the chain. */
export interface ChainView {
  rootNum: number;
  rootId: string;
  headNum: number;
  headId: string;
}

export interface Self {
  readonly chainId: string;
  readonly nodeId: string;
  readonly settings: { readonly agent: string; readonly address: string };
  readonly authentication: Authentication;
}

/** `generation`: 1 for the first one of a connection. */
export function makeHandshake(
  self: Self,
  view: ChainView,
  facts: { generation: number; timeNs: bigint; traffic: Traffic },
): Handshake {
  return {
    type: "handshake",
    networkVersion: NETWORK_VERSION_BASE + FEATURE.trxNotice,
    chainId: self.chainId,
    nodeId: self.nodeId,
    ...self.authentication.prove(facts.timeNs),
    timeNs: facts.timeNs,
    p2pAddress: `${self.settings.address}${trafficSuffix(facts.traffic)} - ${self.nodeId.slice(0, 7)}`,
    ...view,
    os: "linux",
    agent: self.settings.agent,
    generation: facts.generation,
  };
}

/** nodeos's checks of a handshake that need neither the chain nor the list of peers. */
export function isValidHandshake(hello: Handshake): boolean {
  const authenticates = hello.token !== ZERO_256 || hello.signature !== NO_SIGNATURE;
  return (
    hello.rootNum <= hello.headNum &&
    hello.p2pAddress !== "" &&
    hello.p2pAddress.length <= MAX_ADDRESS &&
    hello.os !== "" &&
    hello.os.length <= MAX_ADDRESS &&
    hello.agent.length <= MAX_ADDRESS &&
    (!authenticates || tokenOf(hello.timeNs).toString("hex") === hello.token)
  );
}
