/** Runs one command line: finds the command, and turns errors into messages and an exit status. */
import { TraceError } from '../trace/trace-error';
import { COMMANDS } from './commands';
import { CommandError } from './command-error';
import { expandGlobs } from './glob';
import { OutputError } from './output-error';
import { VERSION } from '../addon/protocol';
import type { Terminal } from './terminal';
import { UsageError } from './usage-error';

/** The columns of a command and its operands in the list of commands. */
const NAME_WIDTH = 18;

function help(): string {
  const names = COMMANDS.map(({ spec: { name, operands, summary } }) => {
    return `  ${`${name} ${operands}`.trimEnd().padEnd(NAME_WIDTH)}${summary}`;
  });
  return `Usage: gpu-buddy COMMAND [OPTION]...

The Linux kernel's GPU memory allocator (drivers/gpu/buddy.c), on the command line.

Commands:
${names.join('\n')}

Options:
  --help            show this; after a command, its own options
  --version         show the versions of gpu-buddy and of the kernel's allocator in it

Exit status: 0; 1 where a comparison or a test has found a difference; 2 where a command could not be
carried out. Whoever reads the output may leave: that is 0. Ctrl-C leaves no file behind.
`;
}

/** A command line that could not be carried out. */
const FAILED = 2;

/**
 * Runs a command line, given without the names of node and of the script.
 *
 * @returns the exit status
 */
export function run(args: readonly string[], terminal: Terminal): Promise<number> {
  return attempt(terminal, () => dispatch(args, terminal));
}

/** Does what a command line asks for, and says why it could not be done; gives the exit status. */
export async function attempt(terminal: Terminal, act: () => Promise<number>): Promise<number> {
  // A write that fails reports it to whoever waits for it; the event beside that would end the process.
  for (const stream of [terminal.stdout, terminal.stderr]) stream.on('error', () => undefined);
  try {
    return await act();
  } catch (error) {
    if (error instanceof OutputError && error.isAbandoned) return 0;
    terminal.stderr.write(isNoBinary(error) ? `${error.message}\n` : `gpu-buddy: ${messageOf(error)}\n`);
    return FAILED;
  }
}

async function dispatch([name, ...args]: readonly string[], terminal: Terminal): Promise<number> {
  if (name === '--help' || name === '-h') {
    terminal.stdout.write(help());
    return 0;
  }
  if (name === '--version') {
    const { kernelVersion } = await import('../native.js');
    terminal.stdout.write(`gpu-buddy ${VERSION}, allocator of Linux ${kernelVersion}\n`);
    return 0;
  }
  if (name === undefined) throw new UsageError('no command is given');
  const command = COMMANDS.find(({ spec }) => spec.name === name);
  if (!command) throw new UsageError(`unknown command "${name}"`);
  const runCommand = await command.load();
  return runCommand(expandGlobs(args), terminal);
}

function isNoBinary(error: unknown): error is Error {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'ERR_GPU_BUDDY_NO_BINARY' || error.code === 'ERR_GPU_BUDDY_ADDON_MISMATCH')
  );
}

function messageOf(error: unknown): string {
  if (error instanceof UsageError)
    return `${error.message}\nTry 'gpu-buddy --help' or 'gpu-buddy COMMAND --help'.`;
  if (error instanceof TraceError || error instanceof OutputError || error instanceof CommandError)
    return error.message;
  // A mistake of ours: with its stack, for the report.
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
