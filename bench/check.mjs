import { readFileSync } from 'node:fs';
import { table } from './table.mjs';

/** @type {readonly Limit[]} */
export const limits = JSON.parse(readFileSync(new URL('limits.json', import.meta.url), 'utf8'));

/**
 * Judges figures by limits.json.
 *
 * @typedef {object} Limit
 * @property {import('./options.mjs').Part} part that measures it
 * @property {string} figure
 * @property {string} id
 * @property {number} [atMost]
 * @property {number} [atLeast]
 * @property {number} [wish] where we want to be
 * @property {string} [unit] of a figure that is no ratio
 *
 * @typedef {Limit & { measured: number | undefined, ok: boolean }} Verdict
 */

/**
 * A figure that was to be measured and is not there is missed, too.
 *
 * @param {readonly Limit[]} limits
 * @param {Readonly<Record<string, number>>} figures
 * @param {readonly string[]} measuredParts
 * @returns {Verdict[]}
 */
export function judge(limits, figures, measuredParts) {
  return limits
    .filter(({ part }) => measuredParts.includes(part))
    .map((limit) => {
      const measured = figures[limit.id];
      const { atMost = Infinity, atLeast = -Infinity } = limit;
      return { ...limit, measured, ok: measured !== undefined && measured <= atMost && measured >= atLeast };
    });
}

/** @param {Verdict} verdict */
export function verdictCells({ figure, atMost, atLeast, wish, unit = '', measured, ok }) {
  const limit = atMost === undefined ? `>= ${atLeast}` : `<= ${atMost}`;
  const digits = Math.max(atMost ?? 0, atLeast ?? 0) < 10 ? 2 : 0;
  return [
    figure,
    `${limit}${unit && ` ${unit}`}${wish === undefined ? '' : ` (${wish})`}`,
    measured === undefined ? '-' : measured.toFixed(digits),
    ok ? 'ok' : 'MISSED',
  ];
}

/** Prints how every figure compares with its limit. @param {readonly Verdict[]} verdicts @returns {number} the exit code */
export function tell(verdicts) {
  console.log(`\n${table(['figure', 'limit', 'measured', ''], verdicts.map(verdictCells))}`);
  const missed = verdicts.filter(({ ok }) => !ok).length;
  console.log(missed ? `\n${missed} of ${verdicts.length} figures missed` : '\nall figures hold');
  return missed ? 1 : 0;
}

/** Judges what was measured before. @param {string} file @returns {number} the exit code */
export function checkAgain(file) {
  const { figures, parts } = JSON.parse(readFileSync(file, 'utf8'));
  return tell(judge(limits, figures, parts));
}
