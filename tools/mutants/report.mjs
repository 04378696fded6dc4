// Turns what the levels said of the mutants into text. Pure: runs nothing, prints nothing.
import path from 'node:path';

/** @import { Mutant } from './mutant.mjs' */

/** @typedef {'caught' | 'late' | 'missed' | 'not run'} Mark */
/** @typedef {{ mutant: Mutant, marks: Mark[] }} Result one mark a level */

const WORDS = { caught: 'caught', late: 'late', missed: '-', 'not run': '' };

/** @param {Result} result */
export function isCaught({ marks }) {
  return marks.some((mark) => mark === 'caught' || mark === 'late');
}

/** @param {Mutant} mutant */
export function title({ file, name }) {
  return `${path.basename(file)}: ${name}`;
}

/** @param {string[]} levels */
export function headLine(levels) {
  return `${'mutant'.padEnd(78)}${levels.map((level) => level.padEnd(8)).join('')}`.trimEnd();
}

/** @param {Result} result */
export function resultLine({ mutant, marks }) {
  return `${title(mutant).padEnd(78)}${marks.map((mark) => WORDS[mark].padEnd(8)).join('')}`.trimEnd();
}

/** @param {string[]} levels @param {Result[]} results */
export function totalLines(levels, results) {
  const caught = results.filter(isCaught);
  const counts = levels.map((_, level) =>
    String(results.filter(({ marks }) => ['caught', 'late'].includes(marks[level])).length).padEnd(8),
  );
  const survivors = results.filter((result) => !isCaught(result));
  return [
    `${`caught by this level, of ${results.length}`.padEnd(78)}${counts.join('')}`.trimEnd(),
    '',
    `${caught.length} of ${results.length} mutants caught`,
    ...survivors.map(
      ({ mutant }) => `survives: ${title(mutant)}: ${mutant.survives || 'nobody has said why yet'}`,
    ),
  ];
}
