/** Runs the parts of the harness, each in processes of its own, and puts their reports together. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { mergeReports } from './report.mjs';

/** @typedef {import('./report.mjs').PlainReport} PlainReport */

const program = fileURLToPath(new URL('main.mjs', import.meta.url));
const MOST_OUTPUT = 64 * 2 ** 20;

/**
 * @param {object} task @param {{ flags?: string[], env?: NodeJS.ProcessEnv }} [options] `flags` of Node
 * @returns {Promise<any>}
 */
export async function runPart(task, { flags = [], env = {} } = {}) {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--expose-gc', ...flags, program, JSON.stringify(task)],
    { env: { ...process.env, ...env }, maxBuffer: MOST_OUTPUT },
  );
  return JSON.parse(stdout);
}

/**
 * Stops every scenario at every step. Where the library has left too much behind in a process, another one goes on.
 *
 * @param {{ kind: string, seed?: number, every?: number, only?: string, toy?: string }} task
 * @param {NodeJS.ProcessEnv} [env]
 */
export async function runSteps(task, env) {
  /** @type {any[]} */
  const reports = [];
  for (let first = 0; first !== undefined; first = reports.at(-1).next)
    reports.push(await runPart({ ...task, part: 'steps', first }, { env }));
  return {
    ...mergeReports(reports),
    sites: reports[0].sites,
    reached: new Set(reports.flatMap(({ reached }) => reached)).size,
    // What no process has reached.
    unreached: reports[0].unreached.filter((/** @type {string} */ member) =>
      reports.every(({ unreached }) => unreached.includes(member)),
    ),
  };
}
