// Shared by the scripts: errors that a user reads, programs that are run, and temporary folders. Neither a program nor a folder
// outlives this process, however it ends.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { onExit } from 'signal-exit';

/** The folder of this package. */
export const packageRoot = fileURLToPath(new URL('..', import.meta.url));

/** Reports an error to the user: `script()` shows its message alone, without a stack. */
export class ScriptError extends Error {}

/** Reports a program that failed, or is not installed. */
export class CommandFailed extends ScriptError {
  /** @param {import('execa').ExecaError} error */
  constructor({ command, code, exitCode, signal, originalMessage, all, stdout, stderr }) {
    const [program = ''] = command.split(' ');
    const isMissing = code === 'ENOENT';
    const how = signal ?? (exitCode === undefined ? originalMessage : `exit code ${exitCode}`);
    const said = String(stderr ?? '').trim();
    const end = said && `: ${said.split('\n').slice(-3).join(', ')}`;
    super(`${program} ${isMissing ? 'is not installed' : `failed with ${how}`}${end}`);
    /** The program that is not installed, if that was it. */
    this.missing = isMissing ? program : undefined;
    this.stderr = `${said}\n`;
    /** Its standard output and standard error. */
    this.output = String(all ?? `${stdout ?? ''}${stderr ?? ''}`).trim();
  }
}

/**
 * Runs a program and gives what it writes on standard output.
 * @param {string[]} command
 * @param {import('execa').Options} [options]
 * @returns {Promise<string>}
 */
export async function run([program = '', ...args], { env, ...options } = {}) {
  // Loaded when needed, since jest cannot load an ES module for those tests that run nothing.
  const { execa, ExecaError } = await import('execa');
  try {
    const { stdout } = await execa(program, args, {
      stdin: 'ignore',
      stripFinalNewline: false,
      env: { LC_ALL: 'C', ...env },
      ...options,
    });
    return String(stdout ?? '');
  } catch (error) {
    throw error instanceof ExecaError ? new CommandFailed(error) : error;
  }
}

/** Runs a program that talks to the terminal. @param {string[]} command @param {import('execa').Options} [options] */
export async function show(command, options) {
  await run(command, { stdout: 'inherit', stderr: 'inherit', ...options });
}

/** Tells whether a program is installed. @param {string[]} command */
export async function isThere(command) {
  return run([...command, '--version']).then(
    () => true,
    () => false,
  );
}

/** Gives a module of lib/addon/, compiled. @param {string} name */
export function library(name) {
  const file = path.join(packageRoot, 'dist/addon', `${name}.js`);
  if (existsSync(file)) return createRequire(file)(file);
  throw new ScriptError(`dist/addon/${name}.js is missing: run \`npm run build -- lib\``);
}

/**
 * @template T
 * @param {(folder: string) => T | Promise<T>} use
 * @param {string} [prefix] of the folder's path, to which a random ending is added
 * @returns {Promise<T>}
 */
export async function withTempFolder(use, prefix = path.join(tmpdir(), 'gpu-buddy-')) {
  mkdirSync(path.dirname(prefix), { recursive: true });
  const folder = mkdtempSync(prefix);
  // A killed child may still be making its last file: try again.
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  const forget = onExit(remove, { alwaysLast: true });
  try {
    return await use(folder);
  } finally {
    forget();
    remove();
  }
}

/** Prints rows below each other, in columns. @param {readonly (readonly unknown[])[]} rows */
export function printTable(rows) {
  const cells = rows.map((row) => row.map(String));
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  for (const row of cells)
    console.log(
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    );
}

/**
 * Runs a script. Shows an error that a user is meant to read by its message alone, and ends with 1.
 * @param {string} title what the message begins with
 * @param {() => unknown} main
 */
export async function script(title, main) {
  try {
    await main();
  } catch (error) {
    const { code, syscall, name, message } = /** @type {NodeJS.ErrnoException} */ (error);
    // The system's own complaints (disk full, no rights), parseArgs()'s and a compiler's read well enough, too.
    const isReadable =
      error instanceof ScriptError ||
      name === 'CompileError' ||
      syscall ||
      code?.startsWith('ERR_PARSE_ARGS');
    if (!isReadable) throw error;
    console.error(`${title}: ${message}`);
    // A name that nobody resolves would keep the process waiting.
    process.exit(1);
  }
}
