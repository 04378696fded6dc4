/** The command `gpu-buddy completion`. */
import { helpText, parseCommand, type CommandSpec } from './command-spec';
import { completionScript, SHELLS } from './completion-scripts';
import { COMPLETION } from './completion-spec';
import type { Terminal } from './terminal';
import { UsageError } from './usage-error';

/** @throws UsageError */
export function completion(
  args: readonly string[],
  { stdout }: Terminal,
  commands: readonly CommandSpec[],
): number {
  const { values, positionals } = parseCommand(COMPLETION, args);
  if (values.help) {
    stdout.write(helpText(COMPLETION));
    return 0;
  }
  const shell = SHELLS.find((name) => name === positionals[0]);
  if (!shell || positionals.length > 1) throw new UsageError(`completion takes one of ${SHELLS.join(', ')}`);
  stdout.write(completionScript(shell, commands));
  return 0;
}
