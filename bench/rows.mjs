/** Rows: a figure each, made of the rounds of its measurement. */

/**
 * @typedef {object} Summary
 * @property {number} median
 * @property {number} from the median of all possible rounds is not lower, with 95 %
 * @property {number} to nor higher
 * @property {readonly number[]} rounds
 *
 * @typedef {object} Row
 * @property {string} id
 * @property {string} name
 * @property {string} unit
 * @property {Summary} value
 * @property {Summary} [base] what it is compared with
 * @property {Summary} [ratio] of both, which counts then
 */

/** @param {readonly number[]} sorted */
function middle(sorted) {
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2;
}

/**
 * Whatever the distribution of the rounds, the bounds are those that lie, sorted, about the square root of their number away
 * from the middle.
 *
 * @param {readonly number[]} rounds
 * @returns {Summary}
 */
export function summarize(rounds) {
  const sorted = rounds.toSorted((a, b) => a - b);
  const distance = (1.96 * Math.sqrt(sorted.length)) / 2;
  const center = (sorted.length - 1) / 2;
  return {
    median: middle(sorted),
    from: sorted[Math.max(0, Math.floor(center - distance))],
    to: sorted[Math.min(sorted.length - 1, Math.ceil(center + distance))],
    rounds,
  };
}

/**
 * The ratio is one of rounds, not of medians, so that what slowed the machine in a round slowed both sides.
 *
 * @param {string} id
 * @param {string} name
 * @param {string} unit
 * @param {readonly number[]} rounds
 * @param {readonly number[]} [base]
 * @returns {Row}
 */
export function row(id, name, unit, rounds, base) {
  return {
    id,
    name,
    unit,
    value: summarize(rounds),
    ...(base && { base: summarize(base), ratio: summarize(rounds.map((value, i) => value / base[i])) }),
  };
}
