// Runs other programs (tar, apt-get, make), one or several in a pipe. They end when this process does.

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {Record<string, string>} [env] added to our own
 * @property {(bytes: number) => void} [onBytes] told how much the last command has written so far
 * @property {boolean} [visible] shows what the last one writes, on standard error, in place of giving it
 */

export class CommandFailed extends Error {
  name = 'CommandFailed';

  /** @param {import('execa').ExecaError} error */
  constructor({ command, code, exitCode, signal, originalMessage, stderr }) {
    const [program = ''] = command.split(' ');
    const missing = code === 'ENOENT';
    const how = signal ?? (exitCode === undefined ? originalMessage : `exit code ${exitCode}`);
    const lines = String(stderr ?? '').trim();
    const end = lines && `: ${lines.split('\n').slice(-3).join(', ')}`;
    super(`${program} ${missing ? 'is not installed' : `failed with ${how}`}${end}`);
    /** The command that is not installed, if that was it. */
    this.missing = missing ? program : undefined;
    this.stderr = `${lines}\n`;
  }
}

/**
 * Runs commands as a pipe. Every one must succeed, as with the shell's `pipefail`.
 * @param {string[][]} commands
 * @param {RunOptions} [options]
 * @returns {Promise<string>} what the last one wrote
 */
export async function run(commands, { env, onBytes, visible, ...options } = {}) {
  // Loaded when needed, since jest cannot load an ES module for those tests that run nothing.
  const { execa, ExecaError } = await import('execa');
  /** @type {(index: number) => import('execa').Options} */
  const optionsOf = (index) => ({
    ...options,
    env: { LC_ALL: 'C', ...env },
    stdin: index === 0 ? 'ignore' : 'pipe',
    stdout: visible ? process.stderr : 'pipe',
    buffer: { stdout: index === commands.length - 1 },
    maxBuffer: Infinity,
    stripFinalNewline: false,
  });
  const stages = commands.map(([program = '', ...args], index) => execa(program, args, optionsOf(index)));
  let bytes = 0;
  stages.at(-1)?.stdout?.on('data', (chunk) => onBytes?.((bytes += chunk.length)));
  try {
    const { stdout } = await stages.reduce((from, to) => /** @type {any} */ (from.pipe(to)));
    return String(stdout);
  } catch (error) {
    throw error instanceof ExecaError ? new CommandFailed(error) : error;
  }
}
