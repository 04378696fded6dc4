/** The command line of the benchmark. */
import { parseArgs } from 'node:util';
import { limits } from './check.mjs';

export const parts = /** @type {const} */ ([
  'core',
  'states',
  'scale',
  'peers',
  'numbers',
  'questions',
  'freeing',
  'memory',
  'threads',
  'snapshot',
  'load',
  'collector',
]);

/** @typedef {typeof parts[number]} Part */

/** Those that limits.json knows. */
const checkedParts = parts.filter((part) => limits.some((limit) => limit.part === part));

export const usage = `npm run bench -- [--only PART]... [--check] [--rounds N] [--against DIR] [--oracle] [--readme]

  --only PART   ${parts.join(', ')}; may be given more than once
  --check       exit with 1 where a figure of limits.json is missed; only the parts with limits, unless told otherwise
  --from FILE   measure nothing, but judge the results in this file, as --check does
  --rounds N    of each measurement, 5 at least; 9 unless given
  --against DIR measure nothing but the core states and ENOSPC's errors, in turns with another checkout, which must be built
  --oracle      also time the kernel, booted (see tools/oracle/README.md)
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
      oracle: { type: 'boolean', default: false },
      readme: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 5) throw new Error('--rounds: a whole number from 5 on');
  const unknown = values.only?.find((part) => !parts.some((known) => known === part));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: one of ${parts.join(', ')}`);
  const only = values.only ?? (values.check ? checkedParts : parts);
  return { ...values, rounds, only: /** @type {readonly Part[]} */ (only) };
}
