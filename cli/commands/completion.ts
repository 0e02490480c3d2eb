/**
 * `rl completion`: prints the script that makes a shell call `rl complete`.
 *
 * @module
 */

import { type Command, command } from "../framework/command.ts";
import { choice } from "../framework/option_values.ts";

const bash = `# rl completion for bash: eval "$(rl completion bash)"
_rl() {
  local IFS=$'\\n'
  COMPREPLY=($(rl complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi
}
complete -o default -F _rl rl
`;

const zsh = `#compdef rl
# rl completion for zsh: eval "$(rl completion zsh)"
_rl() {
  local -a found
  local line tab=$'\\t'
  for line in "\${(@f)$(rl complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] && found+=("\${\${line%%$tab*}//:/\\\\:}:\${line#*$tab}")
  done
  if (( \${#found} )); then _describe 'rl' found; else _files; fi
}
if [[ $funcstack[1] == _rl ]]; then _rl "$@"; else compdef _rl rl; fi
`;

const fish = `# rl completion for fish: rl completion fish | source
function __rl_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    rl complete -- $words[2..-1] "$typed" 2>/dev/null
end
complete -c rl -a '(__rl_complete)'
`;

const powershell =
  `# rl completion for PowerShell: rl completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName rl -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
  if ($wordToComplete -eq '') { $words += '""' }
  rl complete -- @words 2>$null | ForEach-Object {
    $word, $about = $_ -split "\`t", 2
    if (-not $about) { $about = $word }
    [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $about)
  }
}
`;

const scripts = { bash, zsh, fish, powershell } as const;

const args = {
  shell: { type: "positional", description: "Shell: bash, zsh, fish or powershell" },
} as const;

const completion: Command<typeof args> = command({
  summary: "Print a script that completes commands and options in your shell",
  details: "Add the line for your shell to its start-up file:\n" +
    '  bash        eval "$(rl completion bash)"\n' +
    '  zsh         eval "$(rl completion zsh)"\n' +
    "  fish        rl completion fish | source\n" +
    "  powershell  rl completion powershell | Out-String | Invoke-Expression",
  examples: ["rl completion bash", "rl completion zsh > ~/.zfunc/_rl"],
  args,
  offline: true,
  async run({ args, out }) {
    const shells = Object.keys(scripts) as (keyof typeof scripts)[];
    const shell = choice("<shell>", args.shell, shells);
    await Promise.resolve();
    out.line(scripts[shell].trimEnd());
  },
});

export default completion;
