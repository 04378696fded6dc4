/** Formats a table for a terminal. */
import Table from 'cli-table3';

const NO_BORDERS = Object.fromEntries(
  ['top', 'bottom', 'left', 'right'].flatMap((side) =>
    ['', '-mid', '-left', '-right'].map((part) => [`${side}${part}`, '']),
  ),
);

/** Lays out rows below their headings; numbers stand at the right. */
export function tableText(
  headings: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const table = new Table({
    head: [...headings],
    chars: { ...NO_BORDERS, mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '', middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: headings.map((_, column) => (typeof rows[0]?.[column] === 'number' ? 'right' : 'left')),
  });
  table.push(...rows.map((row) => row.map(String)));
  return `${table.toString().replaceAll(/ +$/gm, '')}\n`;
}
