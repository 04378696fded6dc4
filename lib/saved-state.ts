/** Declares the state of a saved allocator, and checks data that should be one. */
import { seriesOf } from './addon/series';
import { U64_MAX, toNumberIfSafe } from './arguments';
import { gpuBuddyError, invalidArgType, type GpuBuddyError } from './errors';
import { orNoMemory } from './heap-room';
import * as native from './native';
import type { Bytes } from './native';
import { misplaced } from './places';
import { SZ_4K } from './sizes';

/**
 * Describes an allocator at one moment, as plain data that JSON can hold. `GpuBuddy.save()` writes it, `GpuBuddy.restore()` reads it.
 * Offsets count chunks from the start of the space.
 */
export interface GpuBuddyState {
  readonly format: 'gpu-buddy';
  readonly version: 1;
  /** The release of Linux whose allocator it was, such as `7.3.4`. One of another series (7.3) refuses it. */
  readonly kernel: string;
  /** Bytes; a decimal string above 2^53 - 1, as in the two below. */
  readonly size: number | string;
  /** Bytes. */
  readonly chunkSize: number | string;
  /** Address of the first byte. */
  readonly baseOffset: number | string;
  /** Lists that have blocks, those of every thread and pool, by the address of their first block. */
  readonly lists: {
    /** Tags of the lists. */
    readonly tags: readonly number[];
    /** Number of blocks of each list. */
    readonly counts: readonly number[];
  };
  /** The blocks of these lists, list after list, in list order. */
  readonly blocks: {
    readonly offsets: readonly number[];
    readonly orders: readonly number[];
    /** Is 1 if the memory was known to be zero when it was allocated, else 0. */
    readonly clear: readonly number[];
  };
  /** The free blocks that are known to be zero, in the order of their addresses. All other free memory is dirty. */
  readonly free: {
    readonly offsets: readonly number[];
    readonly orders: readonly number[];
  };
}

export const FORMAT = 'gpu-buddy';
export const VERSION = 1;

/** A checked state. */
interface ReadState {
  readonly size: Bytes;
  readonly chunkSize: Bytes;
  readonly baseOffset: Bytes;
  readonly columns: native.StateColumns;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads all of a state, once. Afterwards its columns fit each other, and its blocks lie in the space.
 *
 * @throws {GpuBuddyError} `EINVAL`, with the entry at fault
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
 */
export function toState(value: unknown): ReadState {
  const { format, version, kernel, size, chunkSize, baseOffset, lists, blocks, free } = toFields(
    'state',
    value,
  );
  refuseUnknown('state.format', toType('state.format', format, 'string'), FORMAT);
  refuseUnknown('state.version', toType('state.version', version, 'number'), VERSION);
  refuseForeign(toType('state.kernel', kernel, 'string'));
  const space = toSpace(size, chunkSize, baseOffset);
  const chunks = Number(space.size / space.chunkSize);
  return {
    size: toNumberIfSafe(space.size),
    chunkSize: toNumberIfSafe(space.chunkSize),
    baseOffset: toNumberIfSafe(space.baseOffset),
    columns: toColumns(
      chunks,
      toFields('state.lists', lists),
      toFields('state.blocks', blocks),
      toFields('state.free', free),
    ),
  };
}

function toFields(name: string, value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidArgType(name, 'of type object', value);
  return value as Fields;
}

function toType(name: string, value: unknown, type: 'string' | 'number'): string | number {
  if (typeof value !== type) throw invalidArgType(name, `of type ${type}`, value);
  return value as string | number;
}

function refuseUnknown(name: string, value: string | number, known: string | number): void {
  if (value !== known) throw entryError(native.STATE_UNKNOWN, 'state', name, value);
}

/** Another series may have other blocks for the same calls. */
function refuseForeign(kernel: string | number): void {
  if (seriesOf(String(kernel)) === seriesOf(native.kernelVersion)) return;
  const note = `it is of the allocator of Linux ${String(kernel)}, and this is that of Linux ${native.kernelVersion}`;
  throw entryError(native.STATE_UNKNOWN, 'state', 'state.kernel', String(kernel), note);
}

interface StateSpace {
  readonly size: bigint;
  readonly chunkSize: bigint;
  readonly baseOffset: bigint;
}

function toSpace(size: unknown, chunkSize: unknown, baseOffset: unknown): StateSpace {
  const space = {
    size: toStateBytes('state.size', size),
    chunkSize: toStateBytes('state.chunkSize', chunkSize),
    baseOffset: toStateBytes('state.baseOffset', baseOffset),
  };
  const { size: bytes, chunkSize: chunk, baseOffset: base } = space;
  const kernelBytes = chunk > 0n && chunk < SZ_4K ? (bytes * BigInt(SZ_4K)) / chunk : bytes;
  if (chunk === 0n || (chunk & (chunk - 1n)) !== 0n)
    throw entryError(statusOf('CHUNK_SIZE_NO_POWER_OF_2'), 'chunkSize', 'state.chunkSize', chunk);
  if (bytes < chunk) throw entryError(statusOf('SIZE_BELOW_CHUNK'), 'size', 'state.size', bytes);
  if (bytes % chunk !== 0n) throw entryError(statusOf('SIZE_UNALIGNED'), 'size', 'state.size', bytes);
  if (kernelBytes > U64_MAX) throw entryError(statusOf('SIZE_TOO_LARGE_SCALED'), 'size', 'state.size', bytes);
  if (base + bytes > U64_MAX)
    throw entryError(statusOf('BASE_OFFSET_TOO_LARGE'), 'baseOffset', 'state.baseOffset', base);
  return space;
}

function statusOf(name: string): number {
  return native.statuses.findIndex((text) => text.name === name);
}

/** Reads a byte count: an integer, or a decimal string. */
function toStateBytes(name: string, value: unknown): bigint {
  if (typeof value !== 'number' && typeof value !== 'string')
    throw invalidArgType(name, 'of type number or string', value);
  const isWhole = typeof value === 'number' ? isCount(value) : /^\d{1,20}$/.test(value);
  if (!isWhole || BigInt(value) > U64_MAX)
    throw unfit(name, value, 'a byte count, or the decimal digits of one');
  return BigInt(value);
}

function toColumns(chunks: number, lists: Fields, blocks: Fields, free: Fields): native.StateColumns {
  const maxOrder = chunks.toString(2).length - 1;
  const tags = toArray('state.lists.tags', lists['tags']);
  const counts = toArray('state.lists.counts', lists['counts']);
  const offsets = toArray('state.blocks.offsets', blocks['offsets']);
  const orders = toArray('state.blocks.orders', blocks['orders']);
  const clear = toArray('state.blocks.clear', blocks['clear']);
  const freeOffsets = toArray('state.free.offsets', free['offsets']);
  const freeOrders = toArray('state.free.orders', free['orders']);
  refuseLength(counts, tags.length);
  refuseLength(orders, offsets.length);
  refuseLength(clear, offsets.length);
  refuseLength(freeOrders, freeOffsets.length);
  for (const column of [tags, offsets, freeOffsets])
    if (column.length > chunks)
      throw unfitLength(column, `at most ${String(chunks)}, as many as there are chunks`);

  const columns = orNoMemory(() => native.stateColumns(tags.length, offsets.length, freeOffsets.length));
  readColumn(tags, columns.tags, Number.MAX_SAFE_INTEGER);
  readColumn(counts, columns.counts, offsets.length, 1);
  readColumn(offsets, columns.blocks.chunks, chunks - 1);
  readColumn(orders, columns.blocks.orders, maxOrder);
  readColumn(clear, columns.clear, 1);
  readColumn(freeOffsets, columns.free.chunks, chunks - 1);
  readColumn(freeOrders, columns.free.orders, maxOrder);
  refusePlaces(offsets.name, columns.blocks, chunks);
  refusePlaces(freeOffsets.name, columns.free, chunks);
  const sum = columns.counts.reduce((all, count) => all + count, 0);
  if (sum !== offsets.length)
    throw unfit(counts.name, `${String(sum)} in all`, `${String(offsets.length)} blocks in all`);
  return columns;
}

/** An array of a state, whose length was read once. */
interface Entries {
  readonly name: string;
  readonly values: readonly unknown[];
  readonly length: number;
}

function toArray(name: string, value: unknown): Entries {
  if (!Array.isArray(value)) throw invalidArgType(name, 'an array', value);
  return { name, values: value, length: value.length };
}

function refuseLength(entries: Entries, length: number): void {
  if (entries.length !== length)
    throw unfitLength(entries, `${String(length)}, as many as in the column before it`);
}

function unfitLength({ name, length }: Entries, expected: string): GpuBuddyError {
  return unfit(name, `${String(length)} entries`, expected);
}

function readColumn(
  { name, values }: Entries,
  column: Float64Array | Uint8Array,
  most: number,
  least = 0,
): void {
  for (let row = 0; row < column.length; row++) {
    const value = values[row];
    if (typeof value !== 'number') throw invalidArgType(`${name}[${String(row)}]`, 'of type number', value);
    if (!Number.isInteger(value) || value < least || value > most)
      throw unfit(`${name}[${String(row)}]`, value, `an integer from ${String(least)} to ${String(most)}`);
    column[row] = value;
  }
}

function refusePlaces(name: string, { chunks, orders }: native.Places, count: number): void {
  for (let row = 0; row < chunks.length; row++) {
    const chunk = chunks[row] ?? 0;
    const order = orders[row] ?? 0;
    const status = misplaced(chunk, order, count);
    if (status !== native.OK)
      throw entryError(status, 'block', `${name}[${String(row)}]`, chunk, `order ${String(order)}`);
  }
}

/** Writes a byte count for a state. */
export function toPlain(bytes: Bytes): number | string {
  return bytes <= Number.MAX_SAFE_INTEGER ? Number(bytes) : String(bytes);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function unfit(name: string, value: string | number, expected: string): GpuBuddyError {
  return entryError(native.STATE_UNFIT, 'entry', name, value, `it must be ${expected}`);
}

/** @param argument the name of the status's argument, in place of which the entry is named */
export function entryError(
  status: number,
  argument: string,
  name: string,
  value: Bytes | string,
  note?: string,
): GpuBuddyError {
  return gpuBuddyError(status, 'gpu_buddy_init', {
    given: { [argument]: value },
    names: { [argument]: name },
    note,
  });
}
