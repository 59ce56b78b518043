/** What must not be given twice: names within a section, chain ids, finalizer keys, addresses of nodes. */
import { type Draft, type Entry, text } from "../draft.ts";
import { type Finding, type Path, valueAt } from "../finding.ts";
import { isPrintableName, SECTIONS, type Section, subjectOf } from "../subject.ts";
import type { Rule } from "./rule.ts";

/** Two entries of a section may not share a name. */
export const uniqueNames: Rule = (draft) =>
  (Object.keys(SECTIONS) as Section[]).flatMap((section) =>
    repeated(draft.entries(section), "name").map(({ first, again, value }) => ({
      code: "FLEET_DUPLICATE_NAME",
      message: `two ${section} ${isPrintableName(value) ? `are named \`${value}\`` : "have the same name"}`,
      at: valueAt(...again),
      also: [{ at: valueAt(...first), note: "the first one" }],
      help: "give one of them another name, and check who refers to it",
    })),
  );

/** Nodes and peers are watched side by side, so one name means one of them. */
export const uniqueWatchedNames: Rule = (draft) =>
  draft.entries("peers").flatMap((peer) => {
    const node = draft.named("nodes", peer.name);
    if (node === undefined) return [];
    return [
      {
        code: "FLEET_DUPLICATE_NAME",
        message: `a peer and a node ${isPrintableName(peer.name) ? `are both named \`${peer.name}\`` : "have the same name"}`,
        at: valueAt("peers", peer.index, "name"),
        also: [{ at: valueAt("nodes", node.index, "name"), note: "the node" }],
        help: "give the peer another name, such as its producer's account",
      },
    ];
  });

/** One blockchain is declared once. */
export const uniqueChainIds: Rule = (draft) =>
  repeated(draft.entries("chains"), "id").map(({ first, again }) => ({
    code: "FLEET_DUPLICATE_CHAIN",
    message: `${subjectOf(draft.fleet, again.slice(0, 2))} has the id of ${subjectOf(draft.fleet, first.slice(0, 2))}`,
    at: valueAt(...again),
    also: [{ at: valueAt(...first), note: "the same id" }],
    help: "remove one of them, or give it the id of its own chain",
  }));

/** Two nodes that vote with one finalizer key can vote for two blocks at once. */
export const uniqueFinalizerKeys: Rule = (draft) =>
  repeated(draft.entries("nodes"), "finalizerKey").map(({ first, again }) => ({
    code: "FLEET_SHARED_FINALIZER",
    message: `${subjectOf(draft.fleet, first.slice(0, 2))} and ${subjectOf(draft.fleet, again.slice(0, 2))} vote with one finalizer key`,
    at: valueAt(...again),
    also: [{ at: valueAt(...first), note: "the same key" }],
    expected: "a key of its own for each node",
    help: "create another key with `spring-util bls create key`, register it, and never copy one",
  }));

/** Two nodes that answer at one address are one node, copied and half edited. */
export const uniqueAddresses: Rule = (draft) =>
  ["http", "producerApi", "p2p"].flatMap((key) => sharedAddress(draft, key));

function sharedAddress(draft: Draft, key: string): Finding[] {
  const watched = [...draft.entries("nodes"), ...draft.entries("peers")];
  const remote = watched.filter((node) => !text(node, key)?.startsWith("unix:"));
  return repeated(remote, key).map(({ first, again }) => ({
    code: "FLEET_DUPLICATE_ADDRESS",
    message: `${subjectOf(draft.fleet, first.slice(0, 2))} and ${subjectOf(draft.fleet, again.slice(0, 2))} have the same \`${key}\` address`,
    at: valueAt(...again),
    also: [{ at: valueAt(...first), note: "the same address" }],
    help: "give each node its own host or port",
  }));
}

interface Repeated {
  first: Path;
  again: Path;
  value: string;
}

function repeated(entries: readonly Entry[], key: string): Repeated[] {
  const seen = new Map<string, Path>();
  return entries.flatMap((entry) => {
    const value = text(entry, key);
    if (value === undefined || value === "") return [];
    const path = [entry.section, entry.index, key];
    const first = seen.get(value);
    if (first === undefined) seen.set(value, path);
    return first === undefined ? [] : [{ first, again: path, value }];
  });
}
