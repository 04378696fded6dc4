/** Runs one command line: finds the command, and turns errors into messages and an exit status. */
import { TraceError } from '../trace/trace-error';
import { CommandError } from './command-error';
import { OutputError } from './output-error';
import { VERSION } from '../addon/protocol';
import type { Terminal } from './terminal';
import { UsageError } from './usage-error';

const HELP = `Usage: gpu-buddy COMMAND [OPTION]...

The Linux kernel's GPU memory allocator (drivers/gpu/buddy.c), on the command line.

Commands:
  replay TRACE...   run recorded traces of allocator calls; compare, sum up, draw
  compare TRACE...  serve what was recorded by other policies, and compare how well
  fit TRACE...      look for a small space that all of what was recorded fits in
  import FILE       turn a recording of another allocator into a trace
  doctor            show versions and the addon that is loaded, and test it
  build             compile the addon, where no prebuilt one fits

Options:
  --help            show this; after a command, its own options
  --version         show the versions of gpu-buddy and of the kernel's allocator in it
`;

type Command = (args: readonly string[], terminal: Terminal) => Promise<number>;

/** Each is loaded when it is asked for: not all need the addon, which may be missing. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['replay', async () => (await import('./replay.js')).replay],
  ['import', async () => (await import('./import.js')).importCommand],
  ['compare', async () => (await import('./compare.js')).compare],
  ['fit', async () => (await import('./fit.js')).fit],
  ['doctor', async () => (await import('./doctor.js')).doctor],
  ['build', async () => (await import('./build.js')).build],
]);

/** A command line that could not be carried out. */
const FAILED = 2;

/**
 * Runs a command line, given without the names of node and of the script.
 *
 * @returns the exit status
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  // A write that fails reports it to whoever waits for it; the event beside that would end the process.
  for (const stream of [terminal.stdout, terminal.stderr]) stream.on('error', () => undefined);
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    if (error instanceof OutputError && error.isAbandoned) return 0;
    terminal.stderr.write(isNoBinary(error) ? `${error.message}\n` : `gpu-buddy: ${messageOf(error)}\n`);
    return FAILED;
  }
}

async function dispatch([name, ...args]: readonly string[], terminal: Terminal): Promise<number> {
  if (name === '--help' || name === '-h') {
    terminal.stdout.write(HELP);
    return 0;
  }
  if (name === '--version') {
    const { kernelVersion } = await import('../native.js');
    terminal.stdout.write(`gpu-buddy ${VERSION}, allocator of Linux ${kernelVersion}\n`);
    return 0;
  }
  if (name === undefined) throw new UsageError('no command is given');
  const command = COMMANDS.get(name);
  if (!command) throw new UsageError(`unknown command "${name}"`);
  return (await command())(args, terminal);
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
