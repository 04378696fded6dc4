// The recorded traces, recorded anew on another kernel: where it answers otherwise than the kernel that they come from, and
// whether this library, built on it, answers as it does.

import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { compare, countsText } from '../comparison.mjs';
import { readLines } from '../files.mjs';
import { OracleError } from '../linux/oracle-error.mjs';
import { recordedIn } from '../recorded.mjs';
import { record } from '../recorder.mjs';
import { byOperation, changedAnswersText } from './report.mjs';

/** @typedef {import('../comparison.mjs').Counts} Counts */
/** @typedef {import('./report.mjs').OperationCounts} OperationCounts */

/**
 * @typedef {object} RecordedCounts
 * @property {Counts[]} changed the kernel against the recorded answers, a trace each
 * @property {OperationCounts[]} operations the same by kind of operation
 * @property {Counts[]} ours this library against the kernel, a trace each; nothing without a library
 */

/**
 * Prints what is different as it goes.
 * @param {import('../linux/kernel.mjs').Kernel} kernel
 * @param {import('../generated.mjs').Library | undefined} library
 * @param {string[]} folders
 * @param {string} temp
 * @returns {Promise<RecordedCounts>}
 */
export async function checkRecordedTraces(kernel, library, folders, temp) {
  /** @type {RecordedCounts} */
  const all = { changed: [], operations: [], ours: [] };
  for (const folder of folders)
    for (const recording of await recordedIn(folder, temp)) {
      const trace = await readLines(recording.trace);
      const before = await readLines(recording.expected);
      const name = join(basename(dirname(folder)), basename(folder), recording.name);
      const after = await recordAnew(kernel, name, recording.trace, temp);

      const changed = compare(trace, before, after);
      const operations = byOperation(trace, before, after);
      all.changed.push(changed);
      all.operations.push(operations);
      console.log(changedAnswersText(name, changed, operations));
      if (!library) continue;
      const asked = join(temp, 'asked');
      await writeFile(asked, withoutSkipped(trace, after));
      const ours = compare(trace, after, await library.answers(asked));
      all.ours.push(ours);
      if (ours.different > 0) console.log(countsText(`${name}, this library against that kernel`, ours));
    }
  return all;
}

/**
 * That kernel's answers; none where it came to no end, which a BUG in it may be the reason for.
 * @param {import('../linux/kernel.mjs').Kernel} kernel
 * @param {string} name
 * @param {string} trace
 * @param {string} temp
 */
async function recordAnew(kernel, name, trace, temp) {
  const anew = join(temp, 'anew');
  try {
    // Where this kernel has allocated fewer blocks, a trace may free one that is not there.
    await record(kernel, trace, anew, { skipMissing: true });
    return await readLines(anew);
  } catch (error) {
    if (!(error instanceof OracleError)) throw error;
    console.log(`${name}: ${error.message}`);
    return [];
  }
}

/** The trace as the kernel has taken it: the comment that stands for what it has skipped, in its place. @param {string[]} trace @param {string[]} answers */
function withoutSkipped(trace, answers) {
  const isComment = (/** @type {string | undefined} */ line) => line?.startsWith('#');
  return trace.map((line, i) => `${isComment(answers[i]) ? answers[i] : line}\n`).join('');
}
