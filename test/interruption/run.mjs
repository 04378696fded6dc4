/** Runs the parts of the harness, each in processes of its own, and puts their reports together. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { mergeReports } from './report.mjs';

/** @typedef {import('./report.mjs').PlainReport} PlainReport */

const program = fileURLToPath(new URL('main.mjs', import.meta.url));
/** Lies in the checkout, since a copy of the package imports from its node_modules. */
const scratchFolders = fileURLToPath(new URL('../../build/interruption', import.meta.url));
const MOST_OUTPUT = 64 * 2 ** 20;

/** True if the addon was built under a sanitizer, by `npm run test:asan`. */
export const isSanitized = process.env['ASAN_OPTIONS'] !== undefined;

/** Parts that interrupt at random moments. */
export const randomParts = /** @type {const} */ (['overflow', 'timeouts', 'workers', 'sigint']);

/** A small stack is filled sooner. AddressSanitizer needs more of it. */
const STACK = `--stack-size=${isSanitized ? 600 : 200}`;

/**
 * @param {object} task @param {{ flags?: string[] }} [options] `flags` of Node
 * @returns {Promise<any>}
 */
async function runPart(task, { flags = [] } = {}) {
  mkdirSync(scratchFolders, { recursive: true });
  const scratch = mkdtempSync(path.join(scratchFolders, 'copy-'));
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--expose-gc', ...flags, program, JSON.stringify({ ...task, scratch })],
      { maxBuffer: MOST_OUTPUT },
    );
    return JSON.parse(stdout);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/**
 * Watches the memory of the process.
 *
 * @param {{ rounds: number, only?: string, toy?: string }} task @returns {Promise<PlainReport>}
 */
export function runMemory(task) {
  return runPart({ part: 'memory', ...task });
}

/**
 * @param {(typeof randomParts)[number]} part
 * @param {{ count: number, seed: number }} options `count`: interruptions
 * @returns {Promise<PlainReport>}
 */
export function runRandom(part, options) {
  return runPart({ part, ...options }, { flags: part === 'overflow' ? [STACK] : [] });
}

/**
 * Stops every scenario at every step. Where the library has left too much behind in a process, another one goes on.
 *
 * @param {{ kind: string, seed?: number, every?: number, isBrief?: boolean, only?: string, toy?: string }} task
 * @returns {Promise<PlainReport & { sites: number, reached: number, unreached: string[] }>}
 */
export async function runSteps(task) {
  /** @type {any[]} */
  const reports = [];
  for (let first = 0; first !== undefined; first = reports.at(-1).next)
    reports.push(await runPart({ ...task, part: 'steps', first }));
  return {
    ...mergeReports(reports),
    sites: reports[0].sites,
    reached: new Set(reports.flatMap(({ reached }) => reached)).size,
    // The sites that no process has reached.
    unreached: reports[0].unreached.filter((/** @type {string} */ member) =>
      reports.every(({ unreached }) => unreached.includes(member)),
    ),
  };
}
