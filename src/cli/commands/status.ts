/** `atalaya status`: the chains, the pairs and the nodes as they are now. */
import { Command } from "commander";
import type { ChainView, NodeView, PairView, SightView, StateView } from "../../api/views.ts";
import { columns } from "../../kit/columns.ts";
import { english } from "../../words/english.ts";
import { paint, paintLevel, print, printJson } from "../output.ts";
import { read, type SourceOptions, withSource } from "../source.ts";

export function statusCommand(): Command {
  return withSource(new Command("status"))
    .description("show heads, pairs and nodes as they are now")
    .option("--json", "print JSON: what /api/state answers")
    .action(async (options: SourceOptions & { json?: true }) => {
      const state = await read<StateView>(options, "/api/state");
      if (options.json) printJson(state);
      else print(statusText(state));
    });
}

function statusText(state: StateView): string {
  const blocks = [
    ...state.chains.map(chainText),
    ...(state.pairs.length > 0 ? [state.pairs.map(pairText).join("\n")] : []),
    columns(
      [["node", "role", "sees", "head", "LIB", "behind", "clock", "state"].map(dim), ...state.nodes.map(nodeCells)],
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
  const { headNum, libNum, behind, clockOffsetMs, paused, status } = node;
  if (status === "planned") return [node.name, english.role(node.role), "", "", "", "", "", dim("planned")];
  const lag = behind === undefined ? "" : String(behind);
  return [
    node.name,
    english.role(node.role),
    `${sight("http", node.http)} ${sight("p2p", node.p2p)}`,
    String(headNum ?? ""),
    String(libNum ?? ""),
    behind !== undefined && behind > 2 ? paintLevel("warning", lag) : lag,
    clockOffsetMs === undefined ? "" : `${clockOffsetMs > 0 ? "+" : ""}${clockOffsetMs} ms`,
    paused === undefined ? trouble(node) : paused ? "paused" : "producing",
  ];
}

function sight(way: string, { state }: SightView): string {
  if (state === "unwatched") return dim("-".padEnd(way.length));
  return state === "up" ? paintLevel("ok", way) : paintLevel(state === "down" ? "critical" : "unknown", way);
}

function trouble({ http, p2p }: NodeView): string {
  const problem = http.problem ?? p2p.problem;
  return problem === undefined ? "" : paintLevel("critical", english.sightProblem[problem]);
}
