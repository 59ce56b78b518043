/** What the control of a test network shows, and what nodes can be told to do. */
export interface TestNodeView {
  name: string;
  state: "running" | "frozen" | "ended";
  pid?: number;
  http: string;
  p2p: string;
}

export interface TestLinkView {
  /** Who dials. */
  from: string;
  to: string;
  state: "up" | "cut" | "frozen";
  delayMs: number;
}

export interface TestchainView {
  nodes: TestNodeView[];
  links: TestLinkView[];
}

export const NODE_VERBS = ["kill", "stop", "start", "freeze", "thaw", "pause", "resume", "isolate", "join"] as const;
export type NodeVerb = (typeof NODE_VERBS)[number];
