/**
 * The chain that `atalaya up` brings up: a failover pair of one producer, two other producers, a relay and an
 * API node. Producers dial only relays and each other; everyone else goes through the relay.
 */
import type { NetworkSpec } from "./network.ts";

export const DEMO_ACCOUNT = "costaricaeos";

const PAIR = { producers: [DEMO_ACCOUNT], finalizer: true, pauseOnStartup: true } as const;

export const DEMO_NETWORK: NetworkSpec = {
  start: "savanna",
  schedule: [DEMO_ACCOUNT, "nortebp", "surbp"],
  finalizers: ["primary", "norte", "sur"],
  accounts: ["alice", "bob"],
  nodes: [
    // whoever is due when the chain is started begins, or all would wait for the round of one of them
    { name: "norte", producers: ["nortebp"], dials: ["relay"], finalizer: true, startsChain: true },
    { name: "sur", producers: ["surbp"], dials: ["relay"], finalizer: true, startsChain: true },
    // both of a pair start paused, so that one that comes back after a failure does not produce beside the other
    { ...PAIR, name: "primary", dials: ["relay", "api"], active: true, startsChain: true },
    // the standby has a finalizer key of its own that no policy names yet: keys are never shared
    { ...PAIR, name: "secondary", dials: ["relay", "api", "primary"] },
    { name: "relay", dials: [] },
    { name: "api", dials: ["relay"] },
  ],
};
