/** Rows of text as a table in fixed width. */

/** Columns are as wide as their widest cell; the first one is left-aligned, numbers stand right. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  }
  return rows.map((row) => `${rowText(row, widths)}\n`).join('');
}

function rowText(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
    .join('  ');
}
