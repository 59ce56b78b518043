/**
 * `atalaya completion <shell>`: a script that makes the shell ask `atalaya complete` at each Tab. What can come next is
 * read from the commands themselves.
 *
 * The bash script is our own: it needs no bash-completion package, works for `bin/atalaya` as for `atalaya`, and
 * evaluates nothing of what was typed.
 */
import tab from "@bomb.sh/tab/commander";
import type { Command } from "commander";
import { print } from "./output.ts";

/** Adds `completion`, and the hidden `complete` for the scripts. To be called when all other commands are there. */
export function addCompletion(program: Command): void {
  const completion = tab(program, { completionCommandName: "completion" });
  program.commands
    .find((command) => command.name() === "completion")
    ?.description("print a script for your shell that completes commands and options at Tab")
    .addHelpText("after", USE)
    .action((shell: string) => {
      if (shell === "bash") print(BASH);
      else completion.setup(program.name(), program.name(), shell);
    });
}

const USE = `
To use it:
  bash        source <(atalaya completion bash)            in ~/.bashrc
  zsh         source <(atalaya completion zsh)             in ~/.zshrc
  fish        atalaya completion fish | source             in ~/.config/fish/config.fish
  powershell  atalaya completion powershell | Out-String | Invoke-Expression`;

const BASH = `# completion of atalaya for bash
_atalaya() {
  local current=\${COMP_WORDS[COMP_CWORD]} value rest
  COMPREPLY=()
  while IFS=$'\\t' read -r value rest; do
    # the last line says how, not what
    [[ $value == :* || $value != "$current"* ]] || COMPREPLY+=("$value")
  done < <("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
# where nothing of ours fits, names of files
complete -o default -F _atalaya atalaya
`;
