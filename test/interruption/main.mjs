/**
 * A part of the harness, in a process of its own: `node --expose-gc main.mjs '{"part":"steps",…}'`. Prints its report as JSON.
 * run.mjs starts it.
 */
import { writeSync } from 'node:fs';
import { EveryStep } from './every-step.mjs';
import { steppedLibrary } from './library.mjs';
import { scenarios } from './scenarios/index.mjs';

/** @typedef {import('./every-step.mjs').Options & { kind: import('./steps.mjs').Kind, first?: number, only?: string }} StepsTask */

/** Copies of the package, each left behind by a violation, that fit into a process. */
const MOST_COPIES = 40;

/** @type {Record<string, (task: any) => Promise<object>>} */
const parts = {
  /** @param {StepsTask} task */
  async steps({ kind, first = 0, only = '', ...options }) {
    const library = steppedLibrary();
    const run = new EveryStep(library, options);
    let next = first;
    while (next < scenarios.length && run.copies < MOST_COPIES) {
      const scenario = scenarios[next++];
      if (scenario?.name.includes(only)) await run.run([scenario], kind);
    }
    const isDone = next === scenarios.length;
    return { ...run.report.toJSON(), reached: [...run.reached], next: isDone ? undefined : next, sites: library.sites };
  },
};

const { part, ...task } = JSON.parse(process.argv[2] ?? '{}');
const run = parts[part];
if (!run) throw new Error(`There is no part ${part}.`);
writeSync(1, JSON.stringify(await run(task)));
