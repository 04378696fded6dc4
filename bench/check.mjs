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
