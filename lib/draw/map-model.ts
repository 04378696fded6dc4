/** Content of a map: blocks of a space, and the kind of each. */
import { STATE_ALLOCATED, STATE_CLEAR, type Bytes } from '../native';
import type { BlockTable } from '../block-table';
import { bytesText } from '../trace/number-text';
import { viridis, type ColorBy, type PatternName } from './colors';
import { categoryFill, type Fill } from './svg';
import { shortened } from './text';

/** Free memory that is dirty, and that is known to be zero; kinds of used memory count from 0. */
export const FREE = -1;
export const CLEAR = -2;

/** A kind of used memory. */
export interface MapKind {
  readonly name: string;
  readonly fill: Fill;
}

export interface MapModel {
  /** Bytes. */
  readonly size: number;
  readonly chunkSize: number;
  /** Address of the first byte. */
  readonly base: bigint;
  readonly kinds: readonly MapKind[];
  /** Blocks by address: bytes from the start of the space, order, and kind. What no block covers is free. */
  readonly offsets: Float64Array;
  readonly orders: Uint8Array;
  readonly kindOf: Int16Array;
}

/** A space and its blocks. */
export interface MapSpace {
  readonly size: number;
  readonly chunkSize: number;
  readonly base: bigint;
  readonly blocks: Pick<BlockTable<Bytes>, 'offsets' | 'orders' | 'states'>;
}

const USED: MapKind = { name: 'used', fill: { color: '#0072b2', pattern: 'plain' } };

const SIZE_PATTERNS: readonly PatternName[] = ['plain', 'up', 'lines', 'down', 'dots', 'grid'];

/** Labels that have a kind of their own; all others share one. */
const LABELS = 7;

/**
 * Sorts the blocks of a space into kinds.
 *
 * @param labelOf the label of a row of the blocks; only where colours tell labels
 */
export function mapModel(
  { size, chunkSize, base, blocks }: MapSpace,
  colorBy: ColorBy,
  labelOf: (row: number) => string,
): MapModel {
  const count = blocks.offsets.length;
  const offsets = new Float64Array(count);
  for (let row = 0; row < count; row++) offsets[row] = Number(BigInt(blocks.offsets[row] ?? 0) - base);
  const { orders, states } = blocks;
  const isUsed = (row: number) => ((states[row] ?? 0) & STATE_ALLOCATED) !== 0;
  const { kinds, kindOfRow } = KINDS[colorBy](orders, chunkSize, labelOf, isUsed);
  const kindOf = new Int16Array(count);
  for (let row = 0; row < count; row++) {
    if (isUsed(row)) kindOf[row] = kindOfRow(row);
    else kindOf[row] = (states[row] ?? 0) & STATE_CLEAR ? CLEAR : FREE;
  }
  return { size, chunkSize, base, kinds, offsets, orders, kindOf };
}

interface Kinds {
  readonly kinds: readonly MapKind[];
  readonly kindOfRow: (row: number) => number;
}

type MakeKinds = (
  orders: Uint8Array,
  chunkSize: number,
  labelOf: (row: number) => string,
  isUsed: (row: number) => boolean,
) => Kinds;

const KINDS: Readonly<Record<ColorBy, MakeKinds>> = {
  state: () => ({ kinds: [USED], kindOfRow: () => 0 }),
  size: kindsBySize,
  label: kindsByLabel,
};

/** A kind for each order that there is. */
function kindsBySize(
  orders: Uint8Array,
  chunkSize: number,
  _labelOf: unknown,
  isUsed: (row: number) => boolean,
): Kinds {
  const found = [...new Set(orders.filter((_, row) => isUsed(row)))].sort((a, b) => a - b);
  const [smallest = 0] = found;
  const span = Math.max((found.at(-1) ?? 0) - smallest, 1);
  const kinds = found.map((order, index) => ({
    name: bytesText(chunkSize * 2 ** order),
    fill: {
      color: viridis((order - smallest) / span),
      pattern: SIZE_PATTERNS[index % SIZE_PATTERNS.length] ?? 'plain',
    },
  }));
  return { kinds, kindOfRow: (row) => found.indexOf(orders[row] ?? 0) };
}

/** A kind for each of the labels with the most bytes, and one for all others. */
function kindsByLabel(
  orders: Uint8Array,
  _chunkSize: number,
  labelOf: (row: number) => string,
  isUsed: (row: number) => boolean,
): Kinds {
  const sums = new Map<string, number>();
  for (let row = 0; row < orders.length; row++) {
    if (!isUsed(row)) continue;
    const label = labelOf(row);
    sums.set(label, (sums.get(label) ?? 0) + 2 ** (orders[row] ?? 0));
  }
  const labels = [...sums].sort((a, b) => b[1] - a[1]).map(([label]) => label);
  const shown = labels.length > LABELS + 1 ? labels.slice(0, LABELS) : labels;
  const numbers = new Map(shown.map((label, index) => [label, index]));
  const kinds = shown.map((label, index) => ({
    name: label === '' ? 'without a label' : shortened(label),
    fill: categoryFill(index),
  }));
  if (shown.length < labels.length)
    kinds.push({ name: `${labels.length - LABELS} other labels`, fill: categoryFill(LABELS) });
  return { kinds, kindOfRow: (row) => numbers.get(labelOf(row)) ?? shown.length };
}
