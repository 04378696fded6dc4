// Boots the kernel that was built, as a process of this machine, and waits until it has powered itself off.

import { spawn } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { onExit } from 'signal-exit';
import { OracleError } from './oracle-error.mjs';

const MEMORY_MIB = 1024;
/** Longer than anything takes that we ask for. */
const TIMEOUT_S = 600;
/** What of the kernel's log an error shows. */
const LOG_LINES = 15;

/**
 * @param {string} program the kernel
 * @param {string} folder where it runs: files on its command line are named relative to this
 * @param {string[]} parameters
 * @param {{ timeout?: number }} [options] in seconds
 * @returns {Promise<string>} its log
 */
export async function boot(program, folder, parameters, { timeout = TIMEOUT_S } = {}) {
  const options = [`mem=${MEMORY_MIB}M`, 'log_buf_len=4M'];
  const child = spawn(program, [...options, ...parameters], {
    cwd: folder,
    detached: true, // a process group of its own, which ends as one
    env: { HOME: folder, PATH: process.env['PATH'], TMPDIR: memoryFolder() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const forget = onExit(() => killGroup(child.pid));
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (log += text));

  const timer = setTimeout(() => killGroup(child.pid), timeout * 1000);
  const ended = await new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started (${error.message})`));
    child.once('close', (code, signal) =>
      resolve(code === 0 ? '' : `ended with ${signal ?? `exit code ${code}`}`),
    );
  });
  clearTimeout(timer);
  forget();
  if (ended) throw bootFailed(ended, log);
  return log;
}

/**
 * Boots it for a job of our module's, and makes sure that the job was done.
 * @param {string} program
 * @param {string} folder
 * @param {Record<string, string>} job the module's parameters
 * @returns {Promise<number>} how many lines it has replayed
 */
export async function bootFor(program, folder, job) {
  const parameters = Object.entries(job).map(([name, value]) => `gpu_buddy_oracle.${name}=${value}`);
  // What the allocator prints is in the results; the console need not show it.
  const log = await boot(program, folder, ['loglevel=6', ...parameters]);
  const done = /gpu-buddy-oracle: done: (\d+) lines/.exec(log);
  if (done) return Number(done[1]);
  const failure = /gpu-buddy-oracle: failed after line (\d+): error (-?\d+)/.exec(log);
  if (!failure) throw bootFailed('did not finish', log);
  throw new OracleError(`The kernel stopped at line ${failure[1]} of the trace, with error ${failure[2]}.`);
}

/** @param {string} how @param {string} log */
function bootFailed(how, log) {
  const lines = log.trimEnd().split('\n');
  const panic = lines.findIndex((line) => /panic|BUG/.test(line));
  const shown = panic < 0 ? lines.slice(-LOG_LINES) : lines.slice(panic, panic + LOG_LINES);
  return new OracleError(`The booted kernel ${how}. What it said:\n  ${shown.join('\n  ')}`);
}

/** The kernel's memory is a file, best in memory itself; in a container that may be too small. */
function memoryFolder() {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    if (bavail * bsize > 2 * MEMORY_MIB * 2 ** 20) return '/dev/shm';
  } catch {
    // There is none.
  }
  return tmpdir();
}

/** @param {number | undefined} pid */
function killGroup(pid) {
  try {
    if (pid) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
