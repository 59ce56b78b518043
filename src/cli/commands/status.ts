/** `atalaya status`: the chains, the pairs and the nodes as they are now. */
import { Command } from "commander";
import type { ChainView, NodeView, PairView, StateView } from "../../api/views.ts";
import { columns } from "../../kit/columns.ts";
import { english } from "../../words/english.ts";
import { paint, paintLevel, print, printJson } from "../output.ts";
import { read, type SourceOptions, withSource } from "../source.ts";

/** Half a slot: with a clock so far off, a producer's blocks come late or are refused. */
const CLOCK_OFF_MS = 250;

export function statusCommand(): Command {
  return withSource(new Command("status"))
    .description("show heads, pairs and nodes as they are now")
    .option("--json", "print JSON: what /api/state answers")
    .action(async (options: SourceOptions & { json?: true }) => {
      const state = await read<StateView>(options, "/api/state", isState);
      if (options.json) printJson(state);
      else print(statusText(state));
    });
}

function isState(answer: unknown): boolean {
  const { chains, nodes, pairs } = (answer ?? {}) as Partial<StateView>;
  return [chains, nodes, pairs].every(Array.isArray);
}

function statusText(state: StateView): string {
  const blocks = [
    ...state.chains.map(chainText),
    ...(state.pairs.length > 0 ? [state.pairs.map(pairText).join("\n")] : []),
    columns(
      [["node", "role", "seen by", "head", "LIB", "behind", "clock", "state"].map(dim), ...state.nodes.map(nodeCells)],
      [3, 4, 5, 6],
    ).join("\n"),
    ...(state.recording ? [] : [paintLevel("warning", "the record of the past is not being written")]),
  ];
  return `${[paint("bold", state.organisation), ...blocks].join("\n\n")}\n`;
}

const dim = (text: string): string => paint("dim", text);

function chainText({ name, consensus, head, lib, schedule, observers, id }: ChainView): string {
  const at =
    head === undefined ? "no block seen yet" : `head ${head.num} by ${head.producer}, LIB ${lib?.num ?? "unknown"}`;
  const { visible, watched } = observers;
  const seen =
    visible < 2
      ? paintLevel("critical", `${visible} of ${watched} nodes seen: too few to judge`)
      : `${visible} of ${watched} nodes seen`;
  return [
    `${paint("bold", name)}  ${dim(`${id.slice(0, 16)}…`)}  ${english.consensus[consensus]}`,
    `  ${at}`,
    `  schedule ${schedule.version}: ${schedule.producers.join(", ")}`,
    `  ${seen}`,
  ].join("\n");
}

function pairText(pair: PairView): string {
  return `${paint("bold", pair.name)}  ${paintLevel(pair.level, english.pair(pair))}`;
}

function nodeCells(node: NodeView): string[] {
  const { headNum, libNum, behind, status } = node;
  if (status === "planned") return [node.name, english.role(node.role), "", "", "", "", "", dim("planned")];
  const lag = behind === undefined ? "" : String(behind);
  return [
    node.name,
    english.role(node.role),
    seenBy(node),
    String(headNum ?? ""),
    String(libNum ?? ""),
    behind !== undefined && behind > 2 ? paintLevel("warning", lag) : lag,
    clockText(node),
    [...production(node), ...troubles(node)].join("; "),
  ];
}

const WAYS = ["http", "p2p"] as const;

/** The ways that it can be seen by now; the words say as much as the colours. */
function seenBy(node: NodeView): string {
  const seen = WAYS.filter((way) => node[way].state === "up");
  if (seen.length > 0) return paintLevel("ok", seen.join(" "));
  if (WAYS.every((way) => node[way].state === "unwatched")) return dim("not watched");
  return WAYS.some((way) => node[way].state === "down") ? paintLevel("critical", "nothing") : dim("nothing yet");
}

function clockText({ clockOffsetMs }: NodeView): string {
  if (clockOffsetMs === undefined) return "";
  const text = `${clockOffsetMs > 0 ? "+" : ""}${clockOffsetMs} ms`;
  return Math.abs(clockOffsetMs) < CLOCK_OFF_MS ? text : paintLevel("warning", text);
}

function production({ paused }: NodeView): string[] {
  return paused === undefined ? [] : [paused ? "paused" : "producing"];
}

/** What is wrong, each way that fails with its reason. */
function troubles(node: NodeView): string[] {
  const failing = WAYS.flatMap((way) => {
    const { state, problem } = node[way];
    return state === "down" && problem !== undefined ? [`${way}: ${english.sightProblem[problem]}`] : [];
  });
  const { clockOffsetMs = 0 } = node;
  const clock =
    Math.abs(clockOffsetMs) < CLOCK_OFF_MS
      ? []
      : [`its clock is ${(Math.abs(clockOffsetMs) / 1000).toFixed(1)} s ${clockOffsetMs > 0 ? "ahead" : "behind"}`];
  return [...failing.map((text) => paintLevel("critical", text)), ...clock.map((text) => paintLevel("warning", text))];
}
