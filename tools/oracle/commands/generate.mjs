// `oracle generate`: a new trace on standard output, or one of each profile in a folder.

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { FEWEST_OPERATIONS, generate } from '../generator/generate.mjs';
import { profiles } from '../generator/profiles.mjs';
import { OracleError } from '../linux/oracle-error.mjs';
import { wholeNumber } from '../whole-number.mjs';

const CHUNK = 1 << 16;

/** @param {string[]} args */
export async function run(args) {
  const { values } = parseArgs({
    args,
    options: {
      profile: { type: 'string', default: 'mixed' },
      seed: { type: 'string', default: '1' },
      operations: { type: 'string', default: '10000' },
      all: { type: 'string' },
      list: { type: 'boolean', default: false },
    },
  });
  if (values.list) {
    for (const [name, { about }] of Object.entries(profiles)) console.log(`${name.padEnd(18)} ${about}`);
    return 0;
  }
  const { profile, seed, all } = values;
  if (!Object.hasOwn(profiles, profile)) {
    throw new OracleError(`There is no profile ${profile}, but: ${Object.keys(profiles).join(', ')}.`);
  }
  const operations = wholeNumber('--operations', values.operations);
  if (operations < FEWEST_OPERATIONS)
    throw new OracleError(`A trace has ${FEWEST_OPERATIONS} operations or more.`);
  if (/\s/.test(seed)) throw new OracleError('--seed takes a text without spaces.');
  if (all === undefined) await write(generate({ profile, seed, operations }));
  else writeAll(all, { seed, operations });
  return 0;
}

/** @param {string} folder @param {{ seed: string, operations: number }} options */
function writeAll(folder, options) {
  for (const profile of Object.keys(profiles)) {
    const lines = [...generate({ profile, ...options })];
    const text = lines.map((line) => `${line}\n`).join('');
    writeFileSync(join(folder, `${profile}.trace.gz`), gzipSync(text, { level: 9 }));
  }
}

/** @param {Iterable<string>} lines */
async function write(lines) {
  let text = '';
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length < CHUNK) continue;
    if (!process.stdout.write(text)) await once(process.stdout, 'drain');
    text = '';
  }
  process.stdout.write(text);
}
