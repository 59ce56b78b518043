/**
 * The chain that `atalaya up` brings up: a failover pair of one producer, two other producers, a relay and an
 * API node. Producers dial only relays and each other; everyone else goes through the relay.
 */
import type { NetworkSpec } from "./network.ts";

export const DEMO_ACCOUNT = "costaricaeos";

export const DEMO_NETWORK: NetworkSpec = {
  start: "savanna",
  schedule: [DEMO_ACCOUNT, "nortebp", "surbp"],
  finalizers: ["primary", "norte", "sur"],
  accounts: ["alice", "bob"],
  nodes: [
    { name: "norte", producers: ["nortebp"], dials: ["relay"], finalizer: true, startsChain: true },
    { name: "sur", producers: ["surbp"], dials: ["relay"], finalizer: true },
    { name: "primary", producers: [DEMO_ACCOUNT], dials: ["relay", "api"], finalizer: true },
    // the standby has a finalizer key of its own that no policy names yet: keys are never shared
    { name: "secondary", producers: [DEMO_ACCOUNT], dials: ["relay", "api", "primary"], finalizer: true, pauseOnStartup: true },
    { name: "relay", dials: [] },
    { name: "api", dials: ["relay"] },
  ],
};
