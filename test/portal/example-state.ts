/** A state of everything, for tests of what the page makes of it: all is well, unless a test says otherwise. */
import type {
  ChainView,
  HappeningView,
  NodeView,
  PairView,
  RoundView,
  SlotState,
  SlotView,
  StateView,
} from "../../src/api/views.ts";

const SLOT_MS = 500;
export const NOW = 1_700_000_000_000;

export function stateView(facts: Partial<StateView> = {}): StateView {
  return {
    now: NOW,
    organisation: "EOS Costa Rica",
    mode: "demo",
    recording: true,
    chains: [chainView()],
    rounds: [roundView(12), roundView(24)],
    nodes: [nodeView("primary", { role: "producer" }), nodeView("secondary", { role: "producer" }), nodeView("api")],
    pairs: [pairView()],
    sites: [{ name: "san-jose", country: "CR", city: "San José", rollout: 1, status: "live" }],
    happenings: [],
    ...facts,
  };
}

export function chainView(facts: Partial<ChainView> = {}): ChainView {
  return {
    name: "test",
    id: "c".repeat(64),
    consensus: "savanna",
    head: { num: 100, id: "0".repeat(64), at: NOW, producer: "ours" },
    lib: { num: 97, id: "1".repeat(64) },
    schedule: { version: 1, producers: ["ours", "north", "south"] },
    accounts: ["ours"],
    observers: { visible: 3, watched: 3 },
    watchingSince: NOW - 60_000,
    ...facts,
  };
}

export function nodeView(name: string, facts: Partial<NodeView> = {}): NodeView {
  const up = { state: "up", since: NOW - 60_000 } as const;
  return { name, role: "api", chain: "test", site: "san-jose", status: "live", http: up, p2p: up, ...facts };
}

export function pairView(facts: Partial<PairView> = {}): PairView {
  return {
    name: "costa-rica",
    chain: "test",
    account: "ours",
    primary: "primary",
    secondary: "secondary",
    active: "primary",
    level: "ok",
    reason: "in-sync",
    because: "primary produces, secondary stands by in sync",
    ...facts,
  };
}

export function roundView(startSlot: number, facts: Partial<RoundView> = {}): RoundView {
  return {
    chain: "test",
    startSlot,
    startsAt: startSlot * SLOT_MS,
    producer: "ours",
    ours: true,
    slots: slots(),
    final: true,
    ...facts,
  };
}

/** Twelve slots: these states first, then produced ones. */
export function slots(...states: SlotState[]): SlotView[] {
  return Array.from({ length: 12 }, (_, i) => ({ state: states[i] ?? "produced", certainty: "final" }));
}

export function happening(id: string, facts: Partial<HappeningView> = {}): HappeningView {
  return { id, at: NOW, level: "ok", chain: "test", kind: "schedule", facts: { version: 2 }, ...facts };
}
