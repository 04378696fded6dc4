/** Pieces of HTML from text, which is escaped here and nowhere else. */
import { escaped } from '../text';

/** A cell of a table: text, or a number as text, which stands right. */
export type Cell = string | { readonly number: string };

/** A table with a caption. Wide ones scroll by themselves, also by the keyboard. */
export function tableHtml(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
): string {
  if (rows.length === 0) return `<p>${escaped(caption)}: none.</p>`;
  const isNumber = (column: number) => typeof rows[0]?.[column] === 'object';
  const titles = head.map(
    (name, column) => `<th scope="col"${isNumber(column) ? ' class="right"' : ''}>${escaped(name)}</th>`,
  );
  const body = rows.map((row) => `<tr>${row.map(cellHtml).join('')}</tr>`);
  return [
    `<div class="scroll" role="group" aria-label="${escaped(caption)}" tabindex="0"><table><caption>${escaped(caption)}</caption>`,
    `<thead><tr>${titles.join('')}</tr></thead>`,
    `<tbody>${body.join('\n')}</tbody></table></div>`,
  ].join('\n');
}

function cellHtml(cell: Cell): string {
  return typeof cell === 'string'
    ? `<td>${escaped(cell)}</td>`
    : `<td class="right">${escaped(cell.number)}</td>`;
}

/** A chart, which scrolls where the page is narrower than it can be read. */
export function chartHtml(name: string, svg: string): string {
  return `<figure class="chart" aria-label="${escaped(name)}" tabindex="0">${svg}</figure>`;
}

/** Content that a click unfolds. */
export function detailsHtml(summary: string, content: string): string {
  return `<details><summary>${escaped(summary)}</summary>${content}</details>`;
}
