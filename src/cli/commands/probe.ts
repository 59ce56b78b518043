/** `atalaya probe`: looks at one node, by HTTP or p2p. Nothing needs to be running. */
import { Command } from "commander";
import { columns } from "../../kit/columns.ts";
import type { Findings } from "../../watch/probe.ts";
import { paint, print, printJson } from "../output.ts";

export function probeCommand(): Command {
  const probe = new Command("probe").description(
    "look at one node by its address, from here, now; Atalaya need not run",
  );
  probe
    .command("http")
    .description("ask a node's HTTP API who and where it is")
    .argument("<url>", "http://host:port, https://host or unix:/path/to.sock")
    .option("--json", "print JSON: an object of what was found")
    .addHelpText("after", "\nExample: atalaya probe http http://127.0.0.1:8888")
    .action(async (url: string, { json }: { json?: true }) => {
      const { probeHttp } = await import("../../watch/probe.ts");
      show(await probeHttp(url), json);
    });
  probe
    .command("p2p")
    .description("greet a node's p2p port as a peer does: its head, its version, its clock")
    .argument("<address>", "host:port")
    .requiredOption("--chain-id <id>", "the chain that it should be on; peers of another one do not talk to us")
    .option("--json", "print JSON: an object of what was found")
    .addHelpText("after", "\n`atalaya probe http` of any node of the chain shows its id, as `chain`.")
    .action(async (address: string, { chainId, json }: { chainId: string; json?: true }) => {
      const { probeP2p } = await import("../../watch/probe.ts");
      show(await probeP2p(address, chainId), json);
    });
  return probe;
}

function show(findings: Findings, json: true | undefined): void {
  if (json) printJson(findings);
  else print(columns(Object.entries(findings).map(([name, value]) => [paint("dim", name), String(value)])).join("\n"));
}
