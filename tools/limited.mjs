// Runs tests that may never end: what takes too long, or too much memory, is stopped with all that it has started.

import { execa } from 'execa';

/** Address space of a program in bytes: more than any test needs, less than would disturb the machine. */
const MEMORY = 8 * 2 ** 30;

/**
 * @param {string[]} command
 * @param {{ cwd: string, seconds: number, env?: Record<string, string> }} options
 * @returns {Promise<{ failed: boolean, late: boolean, output: string }>} `late`: it was stopped
 */
export async function runLimited(command, { cwd, seconds, env = {} }) {
  // `timeout` ends the whole group of processes; what leaves the group spends its own processor time.
  const limits = ['--signal=KILL', `${seconds}`, 'prlimit', `--as=${MEMORY}`, `--cpu=${Math.ceil(seconds)}`];
  const { failed, signal, all } = await execa('timeout', [...limits, ...command], {
    cwd,
    env,
    all: true,
    reject: false,
    stdin: 'ignore',
  });
  return { failed, late: signal === 'SIGKILL', output: all };
}
