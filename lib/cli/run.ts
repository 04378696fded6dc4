/** Runs one command line: finds the command, and turns errors into messages and an exit status. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelVersion } from '../native';
import { TraceError } from '../trace';
import { OutputError } from './output-error';
import { replay } from './replay';
import type { Terminal } from './terminal';
import { UsageError } from './usage-error';

const HELP = `Usage: gpu-buddy COMMAND [OPTION]...

The Linux kernel's GPU memory allocator (drivers/gpu/buddy.c), on the command line.

Commands:
  replay TRACE...   run recorded traces of allocator calls; compare, sum up, draw

Options:
  --help            show this; after a command, its own options
  --version         show the versions of gpu-buddy and of the kernel's allocator in it
`;

const COMMANDS: ReadonlyMap<string, (args: readonly string[], terminal: Terminal) => Promise<number>> =
  new Map([['replay', replay]]);

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
    terminal.stderr.write(`gpu-buddy: ${messageOf(error)}\n`);
    return FAILED;
  }
}

async function dispatch([name, ...args]: readonly string[], terminal: Terminal): Promise<number> {
  if (name === '--help' || name === '-h') {
    terminal.stdout.write(HELP);
    return 0;
  }
  if (name === '--version') {
    terminal.stdout.write(`gpu-buddy ${packageVersion()}, allocator of Linux ${kernelVersion}\n`);
    return 0;
  }
  if (name === undefined) throw new UsageError('no command is given');
  const command = COMMANDS.get(name);
  if (!command) throw new UsageError(`unknown command "${name}"`);
  return command(args, terminal);
}

function packageVersion(): string {
  // Same distance to the package's folder from lib/cli/ and from dist/cli/.
  const text = readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function messageOf(error: unknown): string {
  if (error instanceof UsageError)
    return `${error.message}\nTry 'gpu-buddy --help' or 'gpu-buddy replay --help'.`;
  if (error instanceof TraceError || error instanceof OutputError) return error.message;
  // A mistake of ours: with its stack, for the report.
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
