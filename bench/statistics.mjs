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
 * The median, and the bounds between which that of all possible rounds lies with 95 %: those of the sorted rounds that are about
 * the square root of their number away from the middle one, whatever their distribution.
 *
 * @param {readonly number[]} values
 */
export function medianWithBounds(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const distance = (1.96 * Math.sqrt(sorted.length)) / 2;
  const middle = (sorted.length - 1) / 2;
  const lower = sorted[Math.max(0, Math.floor(middle - distance))];
  const upper = sorted[Math.min(sorted.length - 1, Math.ceil(middle + distance))];
  return { median: median(sorted), lower, upper };
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
