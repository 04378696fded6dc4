/** The command `plan`: tells what a specification comes to. */
import path from 'node:path';
import { jobAt, jobCount, jobText } from '../plan/job.js';
import { makeSweep, type PlannedSweep } from '../plan/make-sweep.js';
import { readSpecification } from '../plan/specification.js';
import { idOf } from '../plan/sweep.js';
import { parseCommand, type Command } from './command.js';

const SHOWN = 10;

const PLAN = {
  name: 'plan',
  operands: ['SPEC'],
  summary: 'Prints how many jobs a specification has, and the first ten.',
  options: {},
} as const;

/** Reads a specification and makes its sweep. */
export async function planOf(file: string): Promise<PlannedSweep> {
  return makeSweep(await readSpecification(file), path.dirname(file));
}

export const plan: Command = {
  spec: PLAN,
  async run(args) {
    const [file = ''] = parseCommand(PLAN, args).positionals;
    const { sweep } = await planOf(file);
    const count = jobCount(sweep);
    const lines = [`sweep ${idOf(sweep)}: ${count} jobs, ${sweep.traces.length} traces`];
    for (let number = 0; number < Math.min(count, SHOWN); number++)
      lines.push(`  ${jobText(jobAt(sweep, number))}`);
    if (count > SHOWN) lines.push(`  … and ${count - SHOWN} more`);
    process.stdout.write(`${lines.join('\n')}\n`);
    return 0;
  },
};
