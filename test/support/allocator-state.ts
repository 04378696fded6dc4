// Says what is where in an allocator, and that an error left no trace.

import { expect } from '@jest/globals';
import {
  GpuBuddy,
  STATE_ALLOCATED,
  STATE_CLEAR,
  SZ_4K,
  type AddressRange,
  type AllocatedBlock,
  type AllocatedBlocks,
  type BlockInfo,
  type Bytes,
} from 'gpu-buddy';

export const SZ_12K = 3 * SZ_4K;
export const SZ_20K = 5 * SZ_4K;
export const SZ_24K = 6 * SZ_4K;

/** Gives everything that users can see of an allocator, except the cost of its bookkeeping. */
export function stateOf(buddy: GpuBuddy<Bytes>) {
  const { offsets, orders, states, tags } = buddy.snapshot();
  return {
    avail: buddy.avail,
    clearAvail: buddy.clearAvail,
    orders: buddy.stats().orders,
    blocks: Array.from<Bytes, object>(offsets, (offset, i) => ({
      offset,
      order: orders[i],
      state: states[i],
      tag: tags[i],
    })),
  };
}

/** Gives the error that a call throws. */
export function thrownBy(
  call: () => unknown,
): Error & { code?: unknown; errno?: unknown; syscall?: unknown } {
  try {
    call();
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error(`Something was thrown that is no error: ${String(error)}`, { cause: error });
  }
  throw new Error('Nothing was thrown.');
}

/** Gives the error that a call throws, and checks that the allocator has not changed. */
export function refusalOf(buddy: GpuBuddy<Bytes>, call: () => unknown): ReturnType<typeof thrownBy> {
  const before = stateOf(buddy);
  const error = thrownBy(call);
  expect(stateOf(buddy)).toEqual(before);
  expectSound(buddy);
  return error;
}

/** Checks what must hold for an allocator at any time. */
export function expectSound(buddy: GpuBuddy<Bytes>): void {
  const { offsets, orders, states } = buddy.snapshot();
  const { size, chunkSize, baseOffset, maxOrder } = buddy;
  const freeBlocks = new Array<number>(maxOrder + 1).fill(0);
  const usedBlocks = new Array<number>(maxOrder + 1).fill(0);
  let next = BigInt(baseOffset);
  let avail = 0n;
  let clearAvail = 0n;

  Array.from<Bytes>(offsets).forEach((offset, i) => {
    const order = orders[i] ?? 0;
    const state = states[i] ?? 0;
    const bytes = BigInt(chunkSize) << BigInt(order);
    const blocks = state & STATE_ALLOCATED ? usedBlocks : freeBlocks;
    if (BigInt(offset) !== next) throw new Error(`The block after ${next} is at ${offset}.`);
    if ((next - BigInt(baseOffset)) % bytes !== 0n)
      throw new Error(`${bytes} bytes at ${offset} are not aligned.`);
    next += bytes;
    blocks[order] = (blocks[order] ?? 0) + 1;
    if (!(state & STATE_ALLOCATED)) avail += bytes;
    if (state === STATE_CLEAR) clearAvail += bytes;
  });

  const stats = buddy.stats();
  const given = (bytes: bigint): Bytes => (typeof size === 'bigint' ? bytes : Number(bytes));
  const free = { avail: given(avail), clearAvail: given(clearAvail) };
  expect(next).toBe(BigInt(baseOffset) + BigInt(size));
  expect({ avail: buddy.avail, clearAvail: buddy.clearAvail }).toEqual(free);
  expect(stats).toMatchObject({ size, chunkSize, ...free, kernelWarnings: 0 });
  expect(stats.orders.map((order) => order.freeBlocks)).toEqual(freeBlocks);
  expect(stats.orders.map((order) => order.usedBlocks)).toEqual(usedBlocks);
}

/** A block as a plain object. */
export function describeBlock<N extends Bytes>({
  offset,
  order,
  size,
  isClear,
  tag,
}: BlockInfo<N>): BlockInfo<N> {
  return { offset, order, size, isClear, tag };
}

/** The blocks of a list, or the free blocks of an allocator, each as [first chunk, number of chunks]. */
export function chunksOf(blocks: Iterable<AllocatedBlock<Bytes>>): [number, number][] {
  return Array.from(blocks, (block) => {
    const { buddy } = block.blocks;
    return [chunkOf(buddy, block.offset), Number(BigInt(block.size) / BigInt(buddy.chunkSize))];
  });
}

/** The number of the chunk that begins at an address. */
function chunkOf({ baseOffset, chunkSize }: GpuBuddy<Bytes>, address: Bytes): number {
  return Number((BigInt(address) - BigInt(baseOffset)) / BigInt(chunkSize));
}

/** The free blocks of an allocator in the order of their addresses, as [first chunk, number of chunks, clear]. */
export function freeChunksOf(buddy: GpuBuddy<Bytes>): [number, number, 'clear' | 'dirty'][] {
  const { offsets, orders, states } = buddy.snapshot();
  return Array.from<Bytes, { first: number; count: number; state: number }>(offsets, (offset, i) => ({
    first: chunkOf(buddy, offset),
    count: 2 ** (orders[i] ?? 0),
    state: states[i] ?? 0,
  }))
    .filter(({ state }) => !(state & STATE_ALLOCATED))
    .map(({ first, count, state }) => [first, count, state & STATE_CLEAR ? 'clear' : 'dirty']);
}

/** The addresses and sizes of the blocks of a list. */
export function rangesOf<N extends Bytes>(blocks: Iterable<BlockInfo<N>>): [N, N][] {
  return Array.from(blocks, ({ offset, size }) => [offset, size]);
}

export function firstOf<N extends Bytes>(blocks: AllocatedBlocks<N>): AllocatedBlock<N> {
  const block = blocks.at(0);
  if (!block) throw new Error('The list is empty.');
  return block;
}

/** Takes every chunk of an allocator, each as a list of its own. */
export function takeAll<N extends Bytes>(buddy: GpuBuddy<N>): AllocatedBlocks<N>[] {
  const chunk = BigInt(buddy.chunkSize);
  return Array.from({ length: Number(BigInt(buddy.size) / chunk) }, (_, i) => {
    const start = BigInt(buddy.baseOffset) + BigInt(i) * chunk;
    return buddy.allocBlocks(chunk, { mode: { range: { start, end: start + chunk } } });
  });
}

/**
 * An allocator of so many chunks of 4 KiB of which only these are free: the dirty ones, and the clear ones. The others
 * belong to lists that nobody holds, so this is for tests without `await`, where nothing is collected.
 */
export function withHoles(
  chunks: number,
  holes: { dirty?: number[]; clear?: number[] },
  options: { readonly maxSteps?: number } = {},
): GpuBuddy {
  const buddy = new GpuBuddy({ size: chunks * SZ_4K, ...options });
  const lists = takeAll(buddy);
  for (const i of holes.dirty ?? []) lists[i]?.free();
  for (const i of holes.clear ?? []) lists[i]?.free({ cleared: true });
  return buddy;
}

/** The numbers from `first` to `last`. */
export function span(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Two addresses as an allocation takes them. */
export function toRange([start, end]: readonly [number | bigint, number | bigint]): AddressRange {
  return { start, end };
}
