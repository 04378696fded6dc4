// `oracle check`: the kernel against its recorded answers, and the library against the kernel on new traces.

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseOperation, TraceReplayer } from 'gpu-buddy/trace';
import { withTempFolder } from '../../../scripts/linux/temp.mjs';
import { compare, countsText, summaryText, total } from '../comparison.mjs';
import { readLines } from '../files.mjs';
import { checkGenerated, newSeed, OPERATIONS } from '../generated.mjs';
import { generate } from '../generator/generate.mjs';
import { readyKernel } from '../linux/kernel.mjs';
import { OracleError } from '../linux/oracle-error.mjs';
import { recordedFolders, recordedIn } from '../recorded.mjs';
import { record } from '../recorder.mjs';
import { wholeNumber } from '../whole-number.mjs';

/** @typedef {import('../comparison.mjs').Counts} Counts */

/** @param {string[]} args */
export async function run(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      operations: { type: 'string', default: OPERATIONS },
      seed: { type: 'string', default: newSeed() },
    },
  });
  const { seed } = values;
  const operations = wholeNumber('--operations', values.operations);
  const folder = positionals[0] ?? recordedFolders()[0];
  if (folder === undefined || positionals.length > 1) throw new OracleError('check takes one folder.');

  const kernel = await readyKernel();
  return withTempFolder(join(tmpdir(), 'gpu-buddy-check-'), async (temp) => {
    const all = await checkRecorded(kernel, folder, temp);
    console.log(summaryText(`${all.length} traces`, all));
    if (operations > 0) {
      console.log(`\nThis library against Linux ${kernel.version} on new traces (--seed ${seed}):`);
      const generated = await checkGenerated(kernel, { generate, answers }, { operations, seed }, temp);
      console.log(summaryText(`${generated.length} profiles`, generated));
      all.push(...generated);
    }
    return total(all).different > 0 ? 1 : 0;
  });
}

/** @param {import('../linux/kernel.mjs').Kernel} kernel @param {string} folder @param {string} temp */
async function checkRecorded(kernel, folder, temp) {
  const recordings = await recordedIn(folder, temp);
  console.log(`Recorded traces, recorded anew on a booted Linux ${kernel.version}:`);
  /** @type {Counts[]} */
  const all = [];
  for (const { name, trace, expected } of recordings) {
    const anew = join(temp, 'anew');
    await record(kernel, trace, anew);
    const counts = compare(await readLines(trace), await readLines(expected), await readLines(anew));
    console.log(countsText(name, counts));
    all.push(counts);
  }
  return all;
}

/** This library's answers. @param {string} trace */
async function answers(trace) {
  const replayer = new TraceReplayer();
  try {
    return (await readLines(trace)).map((line) => replayer.execute(parseOperation(line)));
  } finally {
    replayer[Symbol.dispose]();
  }
}
