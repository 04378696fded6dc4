/** The command line of the benchmark. */
import { parseArgs } from 'node:util';
import { limits } from './check.mjs';

export const parts = /** @type {const} */ ([
  'core',
  'states',
  'peers',
  'numbers',
  'questions',
  'memory',
  'threads',
  'snapshot',
  'load',
  'collector',
  'queue',
]);

/** @typedef {typeof parts[number]} Part */

export const usage = `npm run bench -- [--only PART]... [--check] [--rounds N] [--against DIR] [--readme]

  --only PART   ${parts.join(', ')}; may be given more than once
  --check       exit with 1 where a figure misses its limit in limits.json; only the parts with limits, unless told otherwise
  --from FILE   measure nothing, but judge the results in this file, as --check does
  --rounds N    of each measurement, 5 at least; 9 unless given
  --against DIR measure nothing but the core states, in turns with another checkout, which must be built
  --readme      also draw the chart in README.md anew`;

/** @param {string[]} args */
export function parseOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', multiple: true },
      from: { type: 'string' },
      against: { type: 'string' },
      check: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '9' },
      readme: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 5) throw new Error('--rounds: a whole number from 5 on');
  const unknown = values.only?.find((part) => !parts.some((known) => known === part));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: one of ${parts.join(', ')}`);
  const only = values.only ?? (values.check ? parts.filter((part) => part in limits) : parts);
  return { ...values, rounds, only: /** @type {readonly Part[]} */ (only) };
}
