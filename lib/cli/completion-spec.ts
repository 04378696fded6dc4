/** The command line of `gpu-buddy completion`. */
import { HELP, type CommandSpec } from './command-spec';
import { SHELLS } from './completion-scripts';

export const COMPLETION = {
  name: 'completion',
  operands: 'SHELL',
  choices: SHELLS,
  summary: 'write a script by which a shell completes command lines',
  about: `Writes a script by which SHELL (${SHELLS.join(', ')}) completes command lines of gpu-buddy.`,
  options: { help: HELP },
  notes: `Examples:
  source <(gpu-buddy completion bash)
  gpu-buddy completion zsh > ~/.zfunc/_gpu-buddy
  gpu-buddy completion fish > ~/.config/fish/completions/gpu-buddy.fish

Exit status: 0, or 2 where the shell is unknown.
`,
} as const satisfies CommandSpec;
