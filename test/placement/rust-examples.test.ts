// The four examples of the kernel's Rust bindings (rust/kernel/gpu/buddy.rs), as a user of this library would write them.

import { expect, test } from '@jest/globals';
import { GpuBuddy, SZ_16M, SZ_1G, SZ_4K, SZ_4M, SZ_8M } from 'gpu-buddy';
import { rangesOf } from '../support/allocator-state';

const MiB = 2 ** 20;
const GiB = 2 ** 30;

test('simple: one block at the top, and the range comes back when the list is dropped', () => {
  const buddy = new GpuBuddy({ baseOffset: 0, size: SZ_1G, chunkSize: SZ_4K });

  expect(buddy.size).toBe(GiB);
  expect(buddy.chunkSize).toBe(4096);
  const initial = buddy.avail;
  expect(initial).toBe(GiB);

  {
    using blocks = buddy.allocBlocks(SZ_16M, { minBlockSize: SZ_16M });
    expect(buddy.avail).toBe(initial - 16 * MiB);

    const [block, second] = blocks;
    expect(block?.offset).toBe(GiB - 16 * MiB);
    expect(block?.order).toBe(12);
    expect(block?.size).toBe(16 * MiB);
    expect(second).toBeUndefined();
  }

  expect(buddy.avail).toBe(initial);
});

test('top-down: the highest address, and the range comes back when the list is dropped', () => {
  const buddy = new GpuBuddy({ size: SZ_1G });
  const initial = buddy.avail;

  {
    using blocks = buddy.allocBlocks(SZ_16M, { minBlockSize: SZ_16M, mode: 'top-down' });
    expect(buddy.avail).toBe(initial - 16 * MiB);
    expect(blocks.at(0)?.offset).toBe(GiB - 16 * MiB);
    expect(blocks.at(0)?.order).toBe(12);
    expect(blocks.at(0)?.size).toBe(16 * MiB);
    expect(blocks.length).toBe(1);
  }

  expect(buddy.avail).toBe(initial);
});

test('fragmented: two blocks from the holes that other allocations leave', () => {
  const buddy = new GpuBuddy({ size: SZ_1G });
  const initial = buddy.avail;

  {
    using low = buddy.allocBlocks(SZ_4M, { minBlockSize: SZ_4M, mode: { range: { start: 0, end: SZ_4M } } });
    using high = buddy.allocBlocks(SZ_4M, {
      minBlockSize: SZ_4M,
      mode: { range: { start: SZ_8M, end: SZ_8M + SZ_4M } },
    });
    expect(low.at(0)?.offset).toBe(0);
    expect(high.at(0)?.offset).toBe(8 * MiB);

    using fragmented = buddy.allocBlocks(SZ_8M, {
      minBlockSize: SZ_4M,
      mode: { range: { start: 0, end: SZ_16M } },
    });
    expect(rangesOf(fragmented)).toEqual([
      [4 * MiB, 4 * MiB],
      [12 * MiB, 4 * MiB],
    ]);
    expect(buddy.avail).toBe(initial - 16 * MiB);
  }

  expect(buddy.avail).toBe(initial);
});

test('contiguous: fails with ENOSPC where only two separate holes are left', () => {
  const buddy = new GpuBuddy({ size: SZ_16M });

  {
    using low = buddy.allocBlocks(SZ_4M, { minBlockSize: SZ_4M, mode: { range: { start: 0, end: SZ_4M } } });
    using high = buddy.allocBlocks(SZ_4M, {
      minBlockSize: SZ_4M,
      mode: { range: { start: SZ_8M, end: SZ_8M + SZ_4M } },
    });
    expect(low.size + high.size).toBe(8 * MiB);

    const request = { minBlockSize: SZ_4M, contiguous: true };
    expect(() => buddy.allocBlocks(SZ_8M, request)).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
    expect(buddy.tryAllocBlocks(SZ_8M, request)).toBeNull();
    // There is enough, but in two pieces.
    using scattered = buddy.allocBlocks(SZ_8M, { minBlockSize: SZ_4M });
    expect(scattered.length).toBe(2);
  }

  expect(buddy.avail).toBe(16 * MiB);
});
