/**
 * A part of the harness, in a process of its own: `node --expose-gc main.mjs '{"part":"steps",…}'`. Prints its report as JSON.
 * run.mjs starts it.
 */
import { writeSync } from 'node:fs';
import { unreachedMembers } from './coverage.mjs';
import { EveryStep } from './every-step.mjs';
import { plainLibrary, steppedLibrary, toyLibrary } from './library.mjs';
import { watchMemory } from './memory.mjs';
import { overflow } from './overflow.mjs';
import { scenarios } from './scenarios/index.mjs';
import { sigint } from './sigint.mjs';
import { timeouts } from './timeouts.mjs';
import { workers } from './workers.mjs';

/** @typedef {import('./every-step.mjs').Options & { kind: import('./steps.mjs').Kind, first?: number, only?: string, toy?: string }} StepsTask */

/** Copies of the package, each left behind by a violation, that fit into a process. */
const MOST_COPIES = 40;

/** @type {Record<string, (task: any) => Promise<object>>} */
const parts = {
  /** @param {StepsTask} task */
  async steps({ kind, first = 0, only = '', toy, ...options }) {
    const library = libraryOf(toy);
    const run = new EveryStep(library, options);
    let next = first;
    while (next < scenarios.length && run.copies < MOST_COPIES) {
      const scenario = scenarios[next++];
      if (scenario?.name.includes(only)) await run.run([scenario], kind);
    }
    const { sites } = library;
    return {
      ...run.report.toJSON(),
      // The step to go on from.
      next: next === scenarios.length ? undefined : next,
      sites: sites.length,
      reached: [...run.reached],
      unreached: unreachedMembers(library.load(), sites, run.reached),
    };
  },
  memory: ({ rounds, toy, only = '' }) =>
    watchMemory(
      libraryOf(toy),
      scenarios.filter(({ name }) => name.includes(only)),
      rounds,
    ),
  overflow: (task) => overflow(plainLibrary(), scenarios, task),
  timeouts: (task) => timeouts(plainLibrary(), scenarios, task),
  sigint: (task) => sigint(plainLibrary(), scenarios, task),
  workers: (task) => workers(plainLibrary(), scenarios, task),
};

/** @param {string} [toy] */
function libraryOf(toy) {
  return toy === undefined ? steppedLibrary(scratch) : toyLibrary(scratch, toy);
}

const { part, scratch, ...task } = JSON.parse(process.argv[2] ?? '{}');
const run = parts[part];
if (!run) throw new Error(`There is no part ${part}.`);
writeSync(1, JSON.stringify(await run(task)));
