// The answers of other kernels to the recorded traces: a file a series, with only those lines that are not those of the kernel that
// the library is built from. Its first line names the kernel and the traces, each other one is `TRACE LINE ANSWER`; an answer that
// is a comment stands for what that kernel cannot do.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../folders.mjs';
import { readLines, recordingsIn, writeLines } from '../traces.mjs';

/** @typedef {{ name: string, trace: string[], expected: string[] }} Recorded lines, one answer a line */

/** The folders of the traces that other kernels are asked, too. */
const FOLDERS = ['test/golden', 'examples/traces'];
const PLACE = join(root, 'test/golden');
const ENDING = '.answers.gz';

/** Lists the series whose answers are here. */
export function recordedSeries() {
  const names = readdirSync(PLACE).filter((name) => name.endsWith(ENDING));
  return names.map((name) => name.slice('linux-'.length, -ENDING.length)).sort();
}

/** @param {string} series */
function fileOf(series) {
  return join(PLACE, `linux-${series}${ENDING}`);
}

/** Reads recorded traces, with the answers of the kernel that the library is built from. @param {readonly string[]} [names] all unless given */
export function recordedTraces(names) {
  const recordings = FOLDERS.flatMap((folder) => recordingsIn(join(root, folder)));
  const unknown = names?.filter((wanted) => recordings.every(({ name }) => name !== wanted)) ?? [];
  if (unknown.length > 0) throw new Error(`There is no recorded trace ${unknown.join(', ')}.`);
  return recordings
    .filter(({ name }) => names?.includes(name) ?? true)
    .map(({ name, trace, expected }) => ({ name, trace: readLines(trace), expected: readLines(expected) }));
}

/** Reads them with the answers of another series. Where it cannot do a thing, a comment stands in its place. @param {string} series */
export function recordedTracesOf(series) {
  const [head = '', ...entries] = readLines(fileOf(series));
  const names = head.split(': ')[1].split(' ');
  const recorded = recordedTraces(names);
  for (const entry of entries) {
    const [, name, line, answer] = /^(\S+) (\d+) (.+)$/.exec(entry) ?? [];
    const one = recorded.find((trace) => trace.name === name);
    const index = Number(line) - 1;
    if (!one?.trace[index]) throw new Error(`${fileOf(series)}: no trace has the line of ${entry}`);
    one.expected[index] = answer;
    if (answer.startsWith('#')) one.trace[index] = answer;
  }
  return recorded;
}

/**
 * Writes the file of a series.
 * @param {string} series
 * @param {string} version of the kernel that was asked
 * @param {ReadonlyMap<string, readonly string[]>} answers by the name of the trace
 * @returns {number} how many are others
 */
export function writeAnswers(series, version, answers) {
  const names = [...answers.keys()];
  const others = recordedTraces(names).flatMap(({ name, expected }) =>
    (answers.get(name) ?? []).flatMap((answer, i) =>
      answer === expected[i] ? [] : [`${name} ${i + 1} ${answer}`],
    ),
  );
  writeLines(fileOf(series), [
    `# Linux ${version}, where it answers otherwise: ${names.join(' ')}`,
    ...others,
  ]);
  return others.length;
}
