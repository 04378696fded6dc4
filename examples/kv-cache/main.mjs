/** Prints how a KV cache does under each policy. `--help` lists the options. */
import { SZ_1G } from 'gpu-buddy';
import { parseArgs } from 'node:util';
import { randomAdapters, randomRequests, readRequests } from './arrivals.mjs';
import { InputError } from './input-error.mjs';
import { KvCache } from './kv-cache.mjs';
import { policies } from './policies.mjs';
import { simulate } from './simulate.mjs';
import { smallestSpace } from './smallest.mjs';
import { table } from './table.mjs';

const HELP = `npm start -- [OPTIONS] [FILE.csv]

FILE.csv             requests with the columns TIMESTAMP, ContextTokens and GeneratedTokens, in place of random ones
  --size GIB         memory for sequences and adapters (24)
  --reserved PERCENT of it that sequences can't take (15)
  --seed NUMBER      of what is random (1)
  --rate NUMBER      random requests a second (10)
  --seconds NUMBER   for which they come (600)
  --speed NUMBER     makes the requests of FILE.csv come so many times as fast (1)
  --adapters NUMBER  adapters loaded a second (0.9)
  --smallest         also finds the smallest space that serves the load at once, which takes ten times as long
  --help`;

const TEXT = /** @type {const} */ ({ type: 'string' });
const FLAG = /** @type {const} */ ({ type: 'boolean', default: false });

/** @param {string[]} args */
function main(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      size: { ...TEXT, default: '24' },
      reserved: { ...TEXT, default: '15' },
      seed: { ...TEXT, default: '1' },
      rate: { ...TEXT, default: '10' },
      seconds: { ...TEXT, default: '600' },
      speed: { ...TEXT, default: '1' },
      adapters: { ...TEXT, default: '0.9' },
      smallest: FLAG,
      help: FLAG,
    },
  });
  if (values.help) return HELP;

  /** @param {'size' | 'reserved' | 'seed' | 'rate' | 'seconds' | 'speed' | 'adapters'} name @param {number} [end] */
  const number = (name, end = Infinity) => {
    const value = Number(values[name] || NaN);
    if (value > 0 && value < end) return value;
    throw new InputError(
      `--${name} ${values[name]}: a number above 0 ${end < Infinity ? `and below ${end} ` : ''}is needed`,
    );
  };
  const [file, ...others] = positionals;
  if (others.length > 0) throw new InputError('One file of requests can be read, not more');
  const seed = number('seed');
  const requests = file
    ? readRequests(file, number('speed'))
    : randomRequests({ seed, rate: number('rate'), seconds: number('seconds') });
  const last = requests.at(-1);
  if (!last) throw new InputError('There are no requests');
  const load = {
    requests,
    adapters: randomAdapters({ seed: seed + 1, rate: number('adapters'), seconds: last.time }),
  };

  const size = Math.round(number('size') * SZ_1G);
  const share = number('reserved', 100) / 100;
  const results = policies.map((policy) => ({
    name: policy.name,
    ...simulate(new KvCache(size, share, policy), load),
    ...(values.smallest && { smallest: smallestSpace(share, policy, load) }),
  }));
  return table(results);
}

try {
  console.log(main(process.argv.slice(2)));
} catch (error) {
  // Errors of the system, of parseArgs() and of gpu-buddy have a code, and say enough.
  if (!(error instanceof InputError || error.code)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
