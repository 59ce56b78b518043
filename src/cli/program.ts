/** The command line's commands. To add one, write it in commands/ and list it here; docs/cli.md is generated from this. */
import { Command } from "commander";
import { fleetCommand } from "./commands/fleet.ts";
import { probeCommand } from "./commands/probe.ts";
import { producersCommand } from "./commands/producers.ts";
import { roundsCommand } from "./commands/rounds.ts";
import { statusCommand } from "./commands/status.ts";
import { testchainCommand } from "./commands/testchain.ts";
import { upCommand } from "./commands/up.ts";
import { watchCommand } from "./commands/watch.ts";
import { addCompletion } from "./completion.ts";
import { EXIT } from "./exit-code.ts";

export function makeProgram(version: string): Command {
  const program = new Command("atalaya")
    .description(
      "The watchtower of an Antelope block producer: keeps it producing, watches everything, shows the truth.",
    )
    .version(version)
    .addHelpText("after", EXIT_CODES);
  const commands = [
    upCommand(version),
    statusCommand(),
    watchCommand(),
    roundsCommand(),
    producersCommand(),
    fleetCommand(),
    probeCommand(),
    testchainCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  addCompletion(program);
  settle(program);
  return program;
}

/** A command line that is not understood is for main to end, with a pointer to help, at whatever depth. */
function settle(command: Command): void {
  command.exitOverride().showHelpAfterError("(add --help to see what is possible)");
  for (const child of command.commands) settle(child);
}

const EXIT_CODES = `
Exit codes:
  ${EXIT.ok}   done
  ${EXIT.failed}   what was asked about is wrong: a mistake in a file, a command that failed
  ${EXIT.usage}  the command was not understood
  ${EXIT.unavailable}  something needed does not answer: no Atalaya here, no such node, no database
  ${EXIT.defect}  a defect of Atalaya
  ${EXIT.interrupted} \`atalaya up\` was interrupted twice, and did not stop in order

With --json what is printed is JSON, failures too: { "error": { code, message, where?, expected?, help? } }.
Colours are for terminals only; NO_COLOR turns them off.

Begin with \`atalaya up\`. \`atalaya help COMMAND\` says more about each.`;
