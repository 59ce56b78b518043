/** `atalaya testchain`: what can be done to the nodes of the test chain that `atalaya up` runs, for trying and training. */
import { Argument, Command } from "commander";
import { askInstance } from "../../api/instance.ts";
import { columns } from "../../kit/columns.ts";
import { NODE_VERBS, type NodeVerb, type TestchainView, type TestNodeView } from "../../testchain/control-view.ts";
import { paint, paintLevel, print, printJson } from "../output.ts";
import { dataOption } from "../source.ts";

interface TestchainOptions {
  data: string;
  json?: true;
}

const MEANING: Readonly<Record<NodeVerb, string>> = {
  kill: "kill a node as a power cut would (SIGKILL)",
  stop: "stop a node in order",
  start: "start a node that ended; after a kill it replays its chain first",
  freeze: "freeze a node: it is there and does not answer (SIGSTOP)",
  thaw: "let a frozen node go on",
  pause: "pause a node's production",
  resume: "resume a node's production",
  isolate: "cut all of a node's links to the others; it goes on alone",
  join: "mend the links of an isolated node",
};

export function testchainCommand(): Command {
  const testchain = new Command("testchain").description(
    "look at the nodes of the test chain that `atalaya up` runs here, break them, mend them",
  );
  const verb = (name: string, description: string): Command =>
    testchain
      .command(name)
      .description(description)
      .addOption(dataOption())
      .option("--json", "print JSON: { nodes, links } as they are afterwards");
  verb("status", "show the nodes, their processes and their addresses").action((options: TestchainOptions) =>
    act(options, "GET", ""),
  );
  for (const name of NODE_VERBS) {
    verb(name, MEANING[name])
      .addArgument(new Argument("<node>", "its name, as `atalaya testchain status` shows it"))
      .action((node: string, options: TestchainOptions) =>
        act(options, "POST", `/nodes/${encodeURIComponent(node)}/${name}`),
      );
  }
  verb("heal", "mend every link").action((options: TestchainOptions) => act(options, "POST", "/heal"));
  return testchain;
}

async function act({ data, json }: TestchainOptions, method: "GET" | "POST", path: string): Promise<void> {
  const view = (await askInstance(data, method, `/testchain${path}`)) as TestchainView;
  if (json) printJson(view);
  else print(testchainText(view));
}

function testchainText({ nodes, links }: TestchainView): string {
  const heading = ["node", "state", "process", "http", "p2p"].map((text) => paint("dim", text));
  const broken = links
    .filter(({ state }) => state !== "up")
    .map(({ from, to, state }) => `link ${from}–${to} is ${state}`);
  return [...columns([heading, ...nodes.map(nodeCells)]), ...broken.map((line) => paintLevel("warning", line))].join(
    "\n",
  );
}

const LEVEL = { running: "ok", frozen: "warning", ended: "critical" } as const;

function nodeCells({ name, state, pid, http, p2p }: TestNodeView): string[] {
  return [name, paintLevel(LEVEL[state], state), String(pid ?? ""), http, p2p];
}
