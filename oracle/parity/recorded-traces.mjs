// The recorded traces, recorded anew on another kernel: where it answers otherwise than the kernel that they come from, and
// whether this library, built on it, answers as it does.

import { basename, join } from 'node:path';
import { compare, countsText } from '../comparison.mjs';
import { readLines } from '../files.mjs';
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
      const anew = join(temp, 'anew');
      await record(kernel, recording.trace, anew);
      const after = await readLines(anew);
      const name = `${basename(folder)}/${recording.name}`;

      const changed = compare(trace, before, after);
      all.changed.push(changed);
      const operations = byOperation(trace, before, after);
      all.operations.push(operations);
      console.log(changedAnswersText(name, changed, operations));
      if (!library) continue;
      const ours = compare(trace, after, await library.answers(recording.trace));
      all.ours.push(ours);
      if (ours.different > 0) console.log(countsText(`${name}, this library against that kernel`, ours));
    }
  return all;
}
