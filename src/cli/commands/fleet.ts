/** `atalaya fleet`: checks a fleet file, shows it, prints its schema. Nothing needs to be running. */
import { Command } from "commander";
import { FleetProblems } from "../../fleet/fleet-problem.ts";
import { EXIT } from "../exit-code.ts";
import { paintLevel, print, printJson } from "../output.ts";

const FILE = "the fleet file";

export function fleetCommand(): Command {
  const fleet = new Command("fleet").description("check and show fleet files; Atalaya need not run");
  fleet
    .command("check")
    .description("check a fleet file: every mistake at once, with its line and what to do")
    .argument("[file]", FILE, "fleet.yaml")
    .option("--json", "print JSON: { file, problems }")
    .addHelpText(
      "after",
      "\nIt ends with 0 when the file is right and with 1 when it is not. examples/ holds files to begin with.",
    )
    .action(check);
  fleet
    .command("show")
    .description("show a fleet: sites in the order of roll-out, their hosts, the nodes on them")
    .argument("[file]", FILE, "fleet.yaml")
    .option("--json", "print the fleet as JSON, checked and completed")
    .action(async (file: string, { json }: { json?: true }) => {
      const [{ loadFleet }, { fleetSummary }] = await Promise.all([
        import("../../fleet/load.ts"),
        import("../../fleet/summary.ts"),
      ]);
      const loaded = await loadFleet(file);
      if (json) printJson(loaded);
      else print(fleetSummary(loaded));
    });
  fleet
    .command("schema")
    .description("print the JSON Schema of fleet files, for editors")
    .action(async () => {
      const { fleetJsonSchema } = await import("../../fleet/json-schema.ts");
      printJson(fleetJsonSchema());
    });
  return fleet;
}

async function check(file: string, { json }: { json?: true }): Promise<void> {
  const { loadFleet } = await import("../../fleet/load.ts");
  try {
    const { nodes, hosts, sites } = await loadFleet(file);
    if (json) printJson({ file, problems: [] });
    else {
      const what = `${count(nodes, "node")} on ${count(hosts, "host")} at ${count(sites, "site")}`;
      print(`${paintLevel("ok", "✓")} ${file}: ${what}`);
    }
  } catch (thrown) {
    if (!json || !(thrown instanceof FleetProblems)) throw thrown;
    printJson({ file, problems: thrown.problems });
    process.exitCode = EXIT.failed;
  }
}

function count(items: readonly unknown[], one: string): string {
  return `${items.length} ${one}${items.length === 1 ? "" : "s"}`;
}
