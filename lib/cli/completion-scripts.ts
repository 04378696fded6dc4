/** Scripts by which shells complete command lines: made of the same descriptions as `--help`. */
import type { CommandSpec, OptionSpec } from './command-spec';

export type Shell = 'bash' | 'zsh' | 'fish';

const SCRIPTS: Readonly<Record<Shell, (commands: readonly CommandSpec[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export const SHELLS = Object.keys(SCRIPTS) as Shell[];

export function completionScript(shell: Shell, commands: readonly CommandSpec[]): string {
  return SCRIPTS[shell](commands);
}

/** Options of a command as words: `--size`, `-o`. */
function flagsOf(name: string, { short }: OptionSpec): string[] {
  return short === undefined ? [`--${name}`] : [`-${short}`, `--${name}`];
}

function optionsOf({ options }: CommandSpec): [name: string, option: OptionSpec][] {
  return Object.entries(options);
}

/** The first line of a help, in single quotes of a shell. */
function quoted(help: string): string {
  const [line = ''] = help.split('\n', 1);
  return `'${line.replaceAll("'", `'\\''`)}'`;
}

function bashScript(commands: readonly CommandSpec[]): string {
  const values = commands.flatMap((command) =>
    optionsOf(command)
      .filter(([, { type }]) => type === 'string')
      .map(([name, option]) => {
        const patterns = flagsOf(name, option).map((flag) => `'${command.name} ${flag}'`);
        return `    ${patterns.join(' | ')}) ${bashWords(option.choices)} ;;`;
      }),
  );
  const flags = commands.map((command) => {
    const words = optionsOf(command).flatMap(([name, option]) => flagsOf(name, option));
    return `    '${command.name} '*' -'*) ${bashWords(words)} ;;`;
  });
  const operands = commands.map(({ name, operands: taken, choices }) => {
    return `    '${name} '*) ${taken === '' ? ':' : bashWords(choices)} ;;`;
  });
  return `# Completes gpu-buddy in bash: source <(gpu-buddy completion bash)
_gpu_buddy() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} words='' files=''
  if ((COMP_CWORD == 1)); then
    words='${[...commands.map(({ name }) => name), '--help', '--version'].join(' ')}'
  else case "\${COMP_WORDS[1]} $before" in
${values.join('\n')}
    *) case "\${COMP_WORDS[1]} $before $word" in
${[...flags, ...operands].join('\n')}
    esac ;;
  esac fi
  if [[ $files ]]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  fi
}
complete -F _gpu_buddy gpu-buddy
`;
}

/** Sets the words that can stand there, or says that files can. */
function bashWords(words: readonly string[] | undefined): string {
  return words ? `words='${words.join(' ')}'` : 'files=yes';
}

function zshScript(commands: readonly CommandSpec[]): string {
  const names = commands.map(({ name, summary }) => `    ${name}:${quoted(summary)}`);
  const cases = commands.map((command) => {
    const options = optionsOf(command).map(([name, option]) => {
      const help = `[${(option.help.split('\n', 1)[0] ?? '').replace(/[[\]:]/g, '\\$&')}]`;
      const values = option.choices ? `(${option.choices.join(' ')})` : '_files';
      const value = option.type === 'string' ? `:${(option.value ?? 'value').toLowerCase()}:${values}` : '';
      const flags = flagsOf(name, option);
      const text = `${help}${value}`.replaceAll("'", `'\\''`);
      return flags.length === 1
        ? `'*${flags[0] ?? ''}${text}'`
        : `'(${flags.join(' ')})'{${flags.join(',')}}'${text}'`;
    });
    const operands =
      command.operands === ''
        ? []
        : [`'*:file:${command.choices ? `(${command.choices.join(' ')})` : '_files'}'`];
    return `    ${command.name})\n      _arguments ${[...options, ...operands].join(' \\\n        ')}\n      ;;`;
  });
  return `#compdef gpu-buddy
# Completes gpu-buddy in zsh: save it as _gpu-buddy in a folder of $fpath
_gpu_buddy() {
  local -a commands=(
${names.join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local name=$words[2]
  shift words
  ((CURRENT--))
  case $name in
${cases.join('\n')}
  esac
}
compdef _gpu_buddy gpu-buddy
`;
}

function fishScript(commands: readonly CommandSpec[]): string {
  const lines = commands.flatMap((command) => {
    const { name, summary, operands, choices } = command;
    const seen = `-n '__fish_seen_subcommand_from ${name}'`;
    const taken = choices ? [`complete -c gpu-buddy ${seen} -f -a '${choices.join(' ')}'`] : [];
    return [
      `complete -c gpu-buddy -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
      ...(operands === '' ? [`complete -c gpu-buddy ${seen} -f`] : taken),
      ...optionsOf(command).map(([long, option]) => {
        const short = option.short === undefined ? '' : ` -s ${option.short}`;
        const words = option.choices ? ` -f -a '${option.choices.join(' ')}'` : '';
        const value = option.type === 'string' ? ` -r${words}` : '';
        return `complete -c gpu-buddy ${seen} -l ${long}${short}${value} -d ${quoted(option.help)}`;
      }),
    ];
  });
  return `# Completes gpu-buddy in fish: gpu-buddy completion fish > ~/.config/fish/completions/gpu-buddy.fish\n${lines.join('\n')}\n`;
}
