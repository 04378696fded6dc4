/** What is made of the rounds of a measurement. */

/** @param {readonly number[]} values @param {number} share from 0 to 1 */
export function quantile(values, share) {
  if (!values.length) return NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.ceil(place);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

/** @param {readonly number[]} values */
export function median(values) {
  return quantile(values, 0.5);
}

/**
 * @typedef {object} Summary
 * @property {number} median
 * @property {number} lowest
 * @property {number} highest
 * @property {number[]} rounds
 */

/** @param {readonly number[]} rounds @returns {Summary} */
export function summarize(rounds) {
  return {
    median: median(rounds),
    lowest: Math.min(...rounds),
    highest: Math.max(...rounds),
    rounds: [...rounds],
  };
}

/** Round by round, so that what slowed the machine in one slowed both. @param {number[]} rounds @param {number[]} base */
export function ratios(rounds, base) {
  return summarize(rounds.map((value, i) => value / base[i]));
}
