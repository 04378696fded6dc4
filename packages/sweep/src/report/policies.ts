/** Sums up the lines of results by policy, over all traces and seeds. */
import { byteText } from '../plan/byte-size.js';
import type { Row } from '../replay/row.js';

/** The lines of one policy in spaces of one size, as the specification has it. */
export interface PolicyAtSize {
  readonly asked: Row['asked'];
  readonly rows: readonly Row[];
}

/** A policy, and its lines by size, in the order in which they stand. */
export interface PolicyRows {
  readonly name: string;
  readonly sizes: readonly PolicyAtSize[];
}

/** `contiguous 64K`; the kernel is named where there are several. */
export function policiesOf(rows: readonly Row[]): PolicyRows[] {
  const hasKernels = new Set(rows.map(({ kernel }) => kernel)).size > 1;
  const nameOf = ({ mode, minBlockSize, kernel }: Row) =>
    `${mode} ${sizeText(minBlockSize)}${hasKernels ? ` Linux ${kernel}` : ''}`;
  return [...groupBy(rows, nameOf)].map(([name, ofPolicy]) => ({
    name,
    sizes: [...groupBy(ofPolicy, ({ asked }) => asked)].map(([asked, ofSize]) => ({ asked, rows: ofSize })),
  }));
}

export function sizeText(size: number | string): string {
  return typeof size === 'number' ? byteText(size) : size;
}

export function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** Whether a line has no failure: all that was recorded fits. */
export function fits({ failures }: Row): boolean {
  return failures === 0;
}

/** The mean of a measure over lines; `undefined` where one lacks it. Of a spread, its mean counts. */
export function meanOf(rows: readonly Row[], measure: string): number | undefined {
  let sum = 0;
  for (const row of rows) {
    const value = (row as Readonly<Record<string, unknown>>)[measure];
    const number = typeof value === 'object' && value !== null && 'mean' in value ? value.mean : value;
    if (typeof number !== 'number') return undefined;
    sum += number;
  }
  return rows.length > 0 ? sum / rows.length : undefined;
}
