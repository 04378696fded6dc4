/** Judges rows by limits.json, and prints them. */
import { readFileSync } from 'node:fs';
import { table } from './table.mjs';

/**
 * @typedef {import('./rows.mjs').Row} Row
 * @typedef {Record<string, Record<string, Limit>>} Limits by part and by the id of the row
 *
 * @typedef {object} Limit
 * @property {number} [atMost]
 * @property {number} [atLeast]
 * @property {number} [wish] where we want to be
 *
 * @typedef {object} Verdict
 * @property {string} id
 * @property {Limit} limit
 * @property {boolean} ok
 */

/** @type {Limits} */
export const limits = JSON.parse(readFileSync(new URL('limits.json', import.meta.url), 'utf8'));

/**
 * Judges the rows of these parts. A figure that was to be measured and is not there misses its limit.
 *
 * @param {Limits} limits
 * @param {readonly Row[]} rows
 * @param {readonly string[]} parts
 * @returns {Verdict[]}
 */
export function judge(limits, rows, parts) {
  return parts.flatMap((part) =>
    Object.entries(limits[part] ?? {}).map(([id, limit]) => {
      const { ratio, value } = rows.find((row) => row.id === id) ?? {};
      const measured = (ratio ?? value)?.median ?? NaN;
      const { atMost = Infinity, atLeast = -Infinity } = limit;
      return { id, limit, ok: measured <= atMost && measured >= atLeast };
    }),
  );
}

/** @param {number | undefined} number */
function digits(number) {
  if (number === undefined) return '';
  const fraction = number < 10 ? 2 : number < 100 ? 1 : 0;
  return number.toLocaleString('en', { minimumFractionDigits: fraction, maximumFractionDigits: fraction });
}

/** @param {Verdict | undefined} verdict */
function limitCells(verdict) {
  if (!verdict) return ['', ''];
  const { atMost, atLeast, wish } = verdict.limit;
  const bound = atMost === undefined ? `>= ${digits(atLeast)}` : `<= ${digits(atMost)}`;
  return [wish === undefined ? bound : `${bound} (${digits(wish)})`, verdict.ok ? 'ok' : 'MISSED'];
}

/**
 * Prints all rows, and how those with a limit compare with it.
 *
 * @param {readonly Row[]} rows
 * @param {readonly Verdict[]} verdicts
 * @returns {number} the exit code
 */
export function printVerdicts(rows, verdicts) {
  const verdictOf = (id) => verdicts.find((verdict) => verdict.id === id);
  const measured = rows.map(({ id, name, unit, value, base, ratio }) => [
    name,
    unit,
    digits(value.median),
    digits(base?.median),
    digits(ratio?.median),
    ...[(ratio ?? value).from, (ratio ?? value).to].map(digits),
    ...limitCells(verdictOf(id)),
  ]);
  const missing = verdicts
    .filter(({ id }) => !rows.some((row) => row.id === id))
    .map((verdict) => [verdict.id, '', '-', '', '', '', '', ...limitCells(verdict)]);
  const head = ['', 'unit', 'median', 'beside', 'ratio', '95 % from', 'to', 'limit (wish)', ''];
  console.log(table(head, [...measured, ...missing]));
  const missed = verdicts.filter(({ ok }) => !ok).length;
  if (verdicts.length)
    console.log(missed ? `\n${missed} of ${verdicts.length} figures missed` : '\nall figures hold');
  return missed ? 1 : 0;
}

/** Judges what was measured before. @param {string} file @returns {number} the exit code */
export function checkAgain(file) {
  const { rows, parts } = JSON.parse(readFileSync(file, 'utf8'));
  return printVerdicts(rows, judge(limits, rows, parts));
}
