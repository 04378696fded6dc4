// Boots the kernel that was built, as a process of this machine, and waits until it has powered itself off.

import { execa } from 'execa';
import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const MEMORY_MIB = 1024;
/** Longer than anything takes that we ask for. */
const SECONDS = 600;
/** How much of the kernel's log an error shows. */
const LOG_LINES = 40;

/**
 * @param {string} program the kernel
 * @param {string} folder where it runs
 * @param {string[]} parameters
 * @returns {Promise<string>} its log
 */
export async function boot(program, folder, parameters) {
  const options = [`mem=${MEMORY_MIB}M`, 'log_buf_len=4M', ...parameters];
  // A kernel is several processes: `timeout` ends them as one group.
  const { all, exitCode, failed, signal } = await execa(
    'timeout',
    ['--signal=KILL', String(SECONDS), program, ...options],
    {
      cwd: folder,
      env: { HOME: folder, PATH: process.env['PATH'], TMPDIR: memoryFolder() },
      extendEnv: false,
      stdin: 'ignore',
      all: true,
      reject: false,
    },
  );
  if (failed) throw bootFailed(`ended with ${signal ?? `exit code ${exitCode}`}`, all);
  return all;
}

/**
 * Boots it for a job of our module's, which writes `result` in the folder, and makes sure that the job was done.
 * @param {string} program
 * @param {string} folder
 * @param {string[]} [parameters] of the module; without any, the job is to replay `trace` in the folder
 * @returns {Promise<number>} how many lines it has replayed
 */
export async function bootFor(program, folder, parameters = []) {
  const job = [`folder=${folder}`, ...parameters].map((parameter) => `gpu_buddy_oracle.${parameter}`);
  // The results have what the allocator prints; the console need not show it.
  const log = await boot(program, folder, ['loglevel=6', ...job]);
  const done = /gpu-buddy-oracle: done: (\d+) lines/.exec(log);
  if (done) return Number(done[1]);
  const failure = /gpu-buddy-oracle: failed after line (\d+): error (-?\d+)/.exec(log);
  if (!failure) throw bootFailed('did not finish', log);
  throw new Error(`The kernel stopped at line ${failure[1]} of the trace, with error ${failure[2]}.`);
}

/** @param {string} how @param {string} log */
function bootFailed(how, log) {
  const shown = log.trimEnd().split('\n').slice(-LOG_LINES);
  return new Error(`The booted kernel ${how}. What it said:\n  ${shown.join('\n  ')}`);
}

/** The kernel's memory is a file, best in memory itself; in a container that may be too small. */
function memoryFolder() {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    if (bavail * bsize > 2 * MEMORY_MIB * 2 ** 20) return '/dev/shm';
  } catch {
    // The system has no /dev/shm.
  }
  return tmpdir();
}
