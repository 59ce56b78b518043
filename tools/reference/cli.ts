/** docs/cli.md: every command with its arguments, options, defaults and environment, from the program itself. */
import type { Argument, Command, Option } from "commander";

const INTRODUCTION = `# The command line

<!-- Generated from src/cli by \`npm run docs\`: change it there. -->

In a checkout the program is \`bin/atalaya\`; put \`bin\` on your PATH, or a link to it, to call it \`atalaya\` from anywhere. Every command and every group of commands explains itself with \`--help\`.

- **For programs:** commands that print data take \`--json\`, and then print nothing else on standard output. What went wrong goes to standard error, with a code that [errors.md](errors.md) explains.
- **For people:** colours appear on a terminal only; \`NO_COLOR\` and \`FORCE_COLOR\` have their say. Times of day are in your own zone.`;

/** Markdown; ends in a newline. */
export function cliReference(program: Command): string {
  const commands = leaves(program, []);
  return `${[INTRODUCTION, ...afterHelp(program), environment(commands), ...commands.map(chapter)].join("\n\n")}\n`;
}

interface Leaf {
  /** `atalaya fleet check` */
  name: string;
  command: Command;
}

function leaves(command: Command, above: readonly string[]): Leaf[] {
  const words = [...above, command.name()];
  const below = command
    .createHelp()
    .visibleCommands(command)
    .filter((child) => child.name() !== "help");
  return below.length === 0 ? [{ name: words.join(" "), command }] : below.flatMap((child) => leaves(child, words));
}

function chapter({ name, command }: Leaf): string {
  const help = command.createHelp();
  const options = help.visibleOptions(command).filter(({ long }) => long !== "--help");
  const rows = [...help.visibleArguments(command).map(argumentRow), ...options.map(optionRow)];
  return [
    `## ${name}`,
    sentence(command.description()),
    `\`\`\`text\n${name} ${command.usage()}\n\`\`\``,
    ...(rows.length === 0 ? [] : [table(["", "meaning", "default"], rows)]),
    ...afterHelp(command),
  ].join("\n\n");
}

function argumentRow(argument: Argument): string[] {
  const { description, required, argChoices } = argument;
  const name = required ? `<${argument.name()}>` : `[${argument.name()}]`;
  return [`\`${name}\``, withChoices(description, argChoices), shownDefault(argument)];
}

function optionRow(option: Option): string[] {
  const { flags, description, mandatory, argChoices } = option;
  return [`\`${flags}\``, withChoices(description, argChoices), mandatory ? "required" : shownDefault(option)];
}

function withChoices(description: string, choices: readonly string[] | undefined): string {
  const stated = choices === undefined ? description : `${description}: ${choices.join(", ")}`;
  return sentence(stated);
}

function shownDefault({ defaultValue, defaultValueDescription }: Argument | Option): string {
  if (defaultValueDescription !== undefined) return defaultValueDescription;
  return defaultValue === undefined ? "" : `\`${String(defaultValue)}\``;
}

/** What a command adds behind its help. It is laid out for a terminal, and stays so. */
function afterHelp(command: Command): string[] {
  let shown = "";
  command.configureOutput({
    writeOut: (text) => {
      shown += text;
    },
  });
  command.outputHelp();
  const help = command.helpInformation();
  const added = shown.slice(shown.indexOf(help) + help.length).trim();
  return added === "" ? [] : [`\`\`\`text\n${added}\n\`\`\``];
}

function environment(commands: readonly Leaf[]): string {
  const uses = new Map<string, { flag: string; commands: string[] }>();
  for (const { name, command } of commands) {
    for (const { envVar, long } of command.options) {
      if (envVar === undefined) continue;
      const use = uses.get(envVar) ?? { flag: long ?? "", commands: [] };
      use.commands.push(name.replace(/^atalaya /, ""));
      uses.set(envVar, use);
    }
  }
  const rows = [...uses].map(([name, { flag, commands: users }]) => [`\`${name}\``, `\`${flag}\``, users.join(", ")]);
  return `An option can also be given by its environment variable; the command line wins.\n\n${table(["variable", "option", "commands"], rows)}`;
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(headings), line(headings.map(() => "---")), ...rows.map(line)].join("\n");
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.:?]$/.test(text) ? "" : "."}`;
}
