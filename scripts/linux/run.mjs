// Runs the system's own tools (tar, dpkg-deb, apt-get), one or several in a pipe.

import { spawn } from 'node:child_process';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { endWithUs } from './temp.mjs';

const WELL = 'ended well';
const MISSING = 'is not installed';

/**
 * @typedef {object} RunOptions
 * @property {import('node:stream').Readable} [input] goes into the first command
 * @property {string} [cwd]
 * @property {Record<string, string>} [env] added to our own
 * @property {(bytes: number) => void} [onBytes] told how much went into the last command so far
 * @property {(text: string) => void} [onStatus] told what the commands write to file descriptor 3
 */

/** @typedef {{ name: string, stderr: string, ended: string, last: boolean }} Failure of one command */

export class CommandFailed extends Error {
  name = 'CommandFailed';

  /** @param {Failure[]} failures */
  constructor(failures) {
    super(failures.map(({ name, stderr, ended }) => `${name} ${ended}${lastLines(stderr)}`).join('; '));
    /** The command that is not installed, if that was it. */
    this.missing = failures.find(({ ended }) => ended === MISSING)?.name;
    /** Whether all commands that feed the last one did well. */
    this.onlyLast = failures.every(({ last }) => last);
    this.stderr = failures.map(({ stderr }) => stderr).join('');
  }
}

/**
 * Runs commands as a pipe. Every one must succeed, as with the shell's `pipefail`.
 * @param {string[][]} commands
 * @param {RunOptions} [options]
 * @returns {Promise<string>} what the last one wrote
 */
export async function run(commands, { input, onBytes, ...options } = {}) {
  const stages = commands.map((command) => start(command, options));
  const last = stages[stages.length - 1];
  const output = text(last.child.stdout);

  let source = input;
  for (const { child } of stages) {
    const onInput = child === last.child ? onBytes : undefined;
    // A broken pipe shows in the exit codes, so it needs no second report here.
    if (source) pipeline(source, meter(onInput), child.stdin).catch(() => {});
    else child.stdin.on('error', () => {}).end();
    source = child.stdout;
  }

  const results = await Promise.all(
    stages.map(async (stage) => ({
      name: stage.name,
      stderr: await stage.stderr,
      ended: await stage.ended,
      last: stage === last,
    })),
  );
  const failures = results.filter(({ ended }) => ended !== WELL);
  if (failures.length > 0) throw new CommandFailed(failures);
  return output;
}

/**
 * @param {string[]} command
 * @param {RunOptions} options
 */
function start([name, ...args], { cwd, env, onStatus }) {
  const child = /** @type {import('node:child_process').ChildProcessWithoutNullStreams} */ (
    spawn(name, args, {
      cwd,
      detached: true, // a process group of its own, which ends as one
      env: { ...process.env, LC_ALL: 'C', ...env },
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    })
  );
  endWithUs(child);
  const status = /** @type {import('node:stream').Readable} */ (child.stdio[3]);
  status?.on('error', () => {}).on('data', (data) => onStatus?.(String(data)));
  return { child, name, stderr: text(child.stderr), ended: ended(child) };
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<string>}
 */
function ended(child) {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      resolve(
        'code' in error && error.code === 'ENOENT' ? MISSING : `could not be started (${error.message})`,
      );
    });
    child.once('close', (code, signal) => {
      resolve(code === 0 ? WELL : `failed with ${signal ?? `exit code ${code}`}`);
    });
  });
}

/** @param {import('node:stream').Readable} stream */
async function text(stream) {
  let all = '';
  try {
    for await (const chunk of stream.setEncoding('utf8')) all += chunk;
  } catch {
    // The command was never started.
  }
  return all;
}

/** @param {string} stderr */
function lastLines(stderr) {
  const lines = stderr.trim().split('\n').slice(-3).join(', ');
  return lines && `: ${lines}`;
}

/** @param {(bytes: number) => void} [onBytes] */
function meter(onBytes) {
  let bytes = 0;
  return new Transform({
    transform(chunk, _encoding, done) {
      bytes += chunk.length;
      onBytes?.(bytes);
      done(null, chunk);
    },
  });
}
