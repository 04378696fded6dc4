// The contract of GpuBuddy with the kernel's Rust bindings: parameters, getters, modes, flags and how allocation ends.

import { describe, expect, test } from '@jest/globals';
import { inspect } from 'node:util';
import {
  GpuBuddy,
  GpuBuddyError,
  kernelVersion,
  SZ_16K,
  SZ_1M,
  SZ_2M,
  SZ_4K,
  SZ_64K,
  SZ_8K,
} from 'gpu-buddy';
import * as library from 'gpu-buddy';
import {
  chunksOf,
  expectSound,
  freeChunksOf,
  SZ_12K,
  SZ_20K,
  stateOf,
  thrownBy,
  withHoles,
} from '../support/allocator-state';

describe('the package', () => {
  test('exports what its documents name, and nothing else', () => {
    const powers = Array.from({ length: 29 }, (_, i) => SZ_4K * 2 ** i);
    const named = powers.map((size) => {
      const [unit, letter] =
        size < 2 ** 20 ? [2 ** 10, 'K'] : size < 2 ** 30 ? [2 ** 20, 'M'] : [2 ** 30, 'G'];
      return [size === 2 ** 40 ? 'SZ_1T' : `SZ_${size / unit}${letter}`, size] as const;
    });
    expect(library).toMatchObject(Object.fromEntries(named));
    expect(Object.keys(library).sort()).toEqual(
      [
        'Account',
        'AllocatedBlock',
        'AllocatedBlocks',
        'Batch',
        'BatchResult',
        'GpuBuddy',
        'GpuBuddyError',
        'Pool',
        'STATE_ALLOCATED',
        'STATE_CLEAR',
        'kernelVersion',
        ...named.map(([name]) => name),
      ].sort(),
    );
  });

  test('says which Linux is inside', () => {
    expect(kernelVersion).toMatch(/^\d+\.\d+(\.\d+)?$/);
  });
});

describe('a new allocator', () => {
  test.each([
    ['the defaults', { size: SZ_1M }, { baseOffset: 0, chunkSize: 4096, size: 2 ** 20, maxOrder: 8 }],
    [
      'undefined for the defaults',
      {
        size: SZ_1M,
        chunkSize: undefined,
        baseOffset: undefined,
        maxNativeBytes: undefined,
        maxSteps: undefined,
      },
      { baseOffset: 0, chunkSize: 4096, size: 2 ** 20, maxOrder: 8 },
    ],
    [
      'a larger chunk size',
      { size: SZ_1M, chunkSize: SZ_64K },
      { baseOffset: 0, chunkSize: 65536, size: 2 ** 20, maxOrder: 4 },
    ],
    [
      'one chunk',
      { size: SZ_2M, chunkSize: SZ_2M },
      { baseOffset: 0, chunkSize: 2 ** 21, size: 2 ** 21, maxOrder: 0 },
    ],
    [
      'a size that is no power of two',
      { size: SZ_20K },
      { baseOffset: 0, chunkSize: 4096, size: 20480, maxOrder: 2 },
    ],
    [
      'a size that is no multiple of the chunk size',
      { size: SZ_12K + 4095 },
      { baseOffset: 0, chunkSize: 4096, size: 12288, maxOrder: 1 },
    ],
    [
      'a size that is no multiple of a larger chunk size',
      { size: SZ_1M - 1, chunkSize: SZ_64K },
      { baseOffset: 0, chunkSize: 65536, size: 15 * 65536, maxOrder: 3 },
    ],
    [
      'a base offset',
      { size: SZ_1M, baseOffset: 0x8000_0000 },
      { baseOffset: 0x8000_0000, chunkSize: 4096, size: 2 ** 20, maxOrder: 8 },
    ],
    [
      'a base offset that is aligned to nothing',
      { size: SZ_1M, baseOffset: 1 },
      { baseOffset: 1, chunkSize: 4096, size: 2 ** 20, maxOrder: 8 },
    ],
    [
      'bigints',
      { size: 1n << 20n, chunkSize: 8192n, baseOffset: 1n << 40n },
      { baseOffset: 2 ** 40, chunkSize: 8192, size: 2 ** 20, maxOrder: 7 },
    ],
  ])('shows its options, and is free and dirty: %s', (_, options, expected) => {
    const buddy = new GpuBuddy(options);
    const { baseOffset, chunkSize, size, maxOrder, avail, clearAvail, disposed } = buddy;
    expect({ baseOffset, chunkSize, size, maxOrder }).toEqual(expected);
    expect({ avail, clearAvail, disposed }).toEqual({
      avail: expected.size,
      clearAvail: 0,
      disposed: false,
    });
    expectSound(buddy);
  });

  test('takes any power of two from 1 up to its size as chunk size', () => {
    for (let chunkSize = 1, order = 20; chunkSize <= SZ_1M; chunkSize *= 2, order--) {
      const buddy = new GpuBuddy({ size: SZ_1M, chunkSize });
      expect([buddy.chunkSize, buddy.maxOrder]).toEqual([chunkSize, order]);
      expect(buddy.allocBlocks(chunkSize).size).toBe(chunkSize);
    }
  });

  test('shares nothing with another one', () => {
    const [one, other] = [new GpuBuddy({ size: SZ_1M }), new GpuBuddy({ size: SZ_1M })];
    using blocks = one.allocBlocks(SZ_16K);
    expect(blocks.buddy).toBe(one);
    expect([one.avail, other.avail]).toEqual([SZ_1M - SZ_16K, SZ_1M]);
  });

  test('reads its getters only, so they cannot be assigned', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    for (const name of ['baseOffset', 'chunkSize', 'size', 'avail', 'clearAvail', 'maxOrder', 'disposed'])
      expect(Reflect.set(buddy, name, 1n)).toBe(false);
  });
});

describe('the class', () => {
  class Mine extends GpuBuddy {
    readonly label = 'mine';

    get used(): number {
      return this.size - this.avail;
    }
  }

  class MineOfBigints extends GpuBuddy<bigint> {
    get used(): bigint {
      return this.size - this.avail;
    }
  }

  test('is called GpuBuddy, as its instances say', () => {
    const buddies = [new GpuBuddy({ size: SZ_4K }), new GpuBuddy({ size: SZ_4K, bigint: true })];
    expect(GpuBuddy.name).toBe('GpuBuddy');
    for (const buddy of [...buddies, GpuBuddy.from(new GpuBuddy({ size: SZ_4K }).share())]) {
      expect(buddy).toBeInstanceOf(GpuBuddy);
      expect(buddy.constructor).toBe(GpuBuddy);
      expect(buddy.constructor.name).toBe('GpuBuddy');
      expect(Object.prototype.toString.call(buddy)).toBe('[object Object]');
    }
  });

  test('cannot be called without new', () => {
    expect(() => (GpuBuddy as unknown as (options: object) => unknown)({ size: SZ_4K })).toThrow(TypeError);
  });

  test('can be extended, whether it gives out numbers or bigints', () => {
    const numbers = new Mine({ size: SZ_1M });
    const bigints = new MineOfBigints({ size: SZ_1M, bigint: true });
    expect([Mine.name, numbers.constructor.name, numbers.label]).toEqual(['Mine', 'Mine', 'mine']);
    for (const buddy of [numbers, bigints]) {
      expect(buddy).toBeInstanceOf(GpuBuddy);
      const blocks = buddy.allocBlocks(SZ_20K, { tag: 3 });
      expect(blocks.buddy).toBe(buddy);
      const batch = buddy.batch();
      const handle = batch.alloc(SZ_4K);
      expect(batch.run().blocks(handle)?.buddy).toBe(buddy);
      expectSound(buddy);
    }
    expect([numbers.used, bigints.used]).toEqual([SZ_20K + SZ_4K, BigInt(SZ_20K + SZ_4K)]);
    expect(GpuBuddy.from(numbers.share()).constructor).toBe(GpuBuddy);
    expect(inspect(numbers)).toMatch(/^GpuBuddy \{/);
  });

  test('refuses options that look like those of its own code', () => {
    class Sneaky {
      readonly size = 0;
      readonly token = [0n, 0n];
      readonly isBigint = false;
    }
    expect(thrownBy(() => new GpuBuddy(new Sneaky()))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
  });
});

describe('avail', () => {
  test('falls with each allocation and rises with each free, by what the blocks hold', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const steps = [buddy.avail];
    const small = buddy.allocBlocks(SZ_4K);
    steps.push(buddy.avail);
    const large = buddy.allocBlocks(SZ_20K);
    steps.push(buddy.avail);
    small.free();
    steps.push(buddy.avail);
    large.free();
    steps.push(buddy.avail);
    expect(steps).toEqual([SZ_1M, SZ_1M - SZ_4K, SZ_1M - 6 * SZ_4K, SZ_1M - SZ_20K, SZ_1M]);
  });
});

describe('a mode', () => {
  // Free: chunk 2 alone, chunks 4 and 5 as one block.
  const holes = { dirty: [2, 4, 5] };

  test.each([
    ['not given is simple', undefined, [[2, 1]]],
    ['simple takes the best fit', { mode: 'simple' }, [[2, 1]]],
    ['undefined is simple', { mode: undefined }, [[2, 1]]],
    ['top-down takes the highest address', { mode: 'top-down' }, [[5, 1]]],
    [
      'range takes the lowest address in it',
      { mode: { range: { start: 3 * SZ_4K, end: 8 * SZ_4K } } },
      [[4, 1]],
    ],
    ['range takes bigints', { mode: { range: { start: 12288n, end: 32768n } } }, [[4, 1]]],
    ['range takes a number beside a bigint', { mode: { range: { start: SZ_12K, end: 32768n } } }, [[4, 1]]],
  ] as const)('that is %s', (_, options, expected) => {
    const buddy = withHoles(8, holes);
    expect(chunksOf(buddy.allocBlocks(SZ_4K, options))).toEqual(expected);
  });

  test('range never leaves the range, however much is free outside', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const range = { start: SZ_16K, end: SZ_16K + SZ_12K };
    expect(chunksOf(buddy.allocBlocks(SZ_8K, { mode: { range } }))).toEqual([[4, 2]]);
    expect(chunksOf(buddy.allocBlocks(SZ_4K, { mode: { range } }))).toEqual([[6, 1]]);
    expect(buddy.tryAllocBlocks(SZ_4K, { mode: { range } })).toBeNull();
  });
});

describe('a flag', () => {
  const all = ['contiguous', 'clear', 'trimDisable'] as const;

  test.each(all)('%s that is false or undefined is as if it were not given', (flag) => {
    const layout = (options: object) => {
      // No block of 4 chunks, dirty and clear memory: each flag would change the answer.
      const buddy = withHoles(16, { dirty: [2, 3, 8, 9, 14, 15], clear: [4, 5, 10, 11] });
      return chunksOf(buddy.allocBlocks(SZ_12K, { minBlockSize: SZ_8K, ...options }));
    };
    const expected = layout({});
    expect(layout({ [flag]: false })).toEqual(expected);
    expect(layout({ [flag]: undefined })).toEqual(expected);
    expect(layout({ [flag]: true })).not.toEqual(expected);
  });

  test('contiguous gives adjacent blocks where scattered ones would fit better', () => {
    const holes = { dirty: [1, 4, 5, 6, 7] };
    expect(chunksOf(withHoles(8, holes).allocBlocks(SZ_12K))).toEqual([
      [6, 2],
      [1, 1],
    ]);
    expect(chunksOf(withHoles(8, holes).allocBlocks(SZ_12K, { contiguous: true }))).toEqual([
      [4, 2],
      [6, 1],
    ]);
  });

  test('clear prefers memory that is known to be zero', () => {
    const holes = { dirty: [5], clear: [2] };
    expect(chunksOf(withHoles(8, holes).allocBlocks(SZ_4K))).toEqual([[5, 1]]);
    expect(chunksOf(withHoles(8, holes).allocBlocks(SZ_4K, { clear: true }))).toEqual([[2, 1]]);
  });

  test.each([
    ['to min block size', SZ_12K, { minBlockSize: SZ_16K }],
    ['to a power of two for contiguous', SZ_12K, { contiguous: true }],
  ])('trimDisable keeps what is rounded up %s', (_, size, options) => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    expect(buddy.allocBlocks(size, options).size).toBe(SZ_12K);
    expect(buddy.allocBlocks(size, { ...options, trimDisable: true }).size).toBe(SZ_16K);
  });

  test('goes with any other and with any mode', () => {
    const modes = ['simple', 'top-down', { range: { start: 0, end: SZ_1M } }] as const;
    for (const mode of modes) {
      for (let bits = 0; bits < 8; bits++) {
        const buddy = new GpuBuddy({ size: SZ_1M });
        const flags = Object.fromEntries(all.map((flag, i) => [flag, (bits & (1 << i)) !== 0]));
        const { size } = buddy.allocBlocks(SZ_12K, { mode, minBlockSize: SZ_8K, ...flags });
        expect(size).toBe(flags['trimDisable'] ? SZ_16K : SZ_12K);
        expectSound(buddy);
      }
    }
  });
});

describe('minBlockSize', () => {
  test.each([SZ_4K, SZ_64K])('is the chunk size, here %d, where it is not given', (chunkSize) => {
    const rest = () => {
      const buddy = new GpuBuddy({ size: 8 * chunkSize, chunkSize });
      buddy.allocBlocks(chunkSize, { mode: { range: { start: chunkSize, end: 2 * chunkSize } } });
      return buddy;
    };
    const expected = chunksOf(rest().allocBlocks(7 * chunkSize));
    expect(expected).toEqual([
      [4, 4],
      [2, 2],
      [0, 1],
    ]);
    expect(chunksOf(rest().allocBlocks(7 * chunkSize, { minBlockSize: undefined }))).toEqual(expected);
    expect(chunksOf(rest().allocBlocks(7 * chunkSize, { minBlockSize: chunkSize }))).toEqual(expected);
    expect(rest().tryAllocBlocks(6 * chunkSize, { minBlockSize: 4 * chunkSize })).toBeNull();
  });

  test('is what no block is smaller than, and what each is aligned to', () => {
    const buddy = withHoles(16, { dirty: [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 13] });
    const blocks = buddy.allocBlocks(8 * SZ_4K, { minBlockSize: SZ_8K });
    expect(chunksOf(blocks)).toEqual([
      [8, 4],
      [4, 2],
      [2, 2],
    ]);
    expect(buddy.tryAllocBlocks(SZ_8K, { minBlockSize: SZ_8K })).toBeNull();
    expect(freeChunksOf(buddy).map(([first]) => first)).toEqual([1, 7, 13]);
  });
});

describe('tryAllocBlocks', () => {
  test('is allocBlocks where there is space', () => {
    const [one, other] = [new GpuBuddy({ size: SZ_1M }), new GpuBuddy({ size: SZ_1M })];
    const options = { minBlockSize: SZ_8K, tag: 7, contiguous: true };
    const blocks = one.tryAllocBlocks(SZ_12K, options);
    expect(chunksOf(blocks ?? [])).toEqual(chunksOf(other.allocBlocks(SZ_12K, options)));
    expect(stateOf(one)).toEqual(stateOf(other));
  });

  test('gives null where there is none, and leaves the allocator as it was', () => {
    const buddy = withHoles(8, { dirty: [1, 2, 5] });
    const before = stateOf(buddy);
    expect(buddy.tryAllocBlocks(SZ_8K, { contiguous: true })).toBeNull();
    expect(buddy.tryAllocBlocks(SZ_16K)).toBeNull();
    expect(buddy.tryAllocBlocks(SZ_4K, { mode: { range: { start: SZ_12K, end: SZ_20K } } })).toBeNull();
    expect(stateOf(buddy)).toEqual(before);
    expect(thrownBy(() => buddy.allocBlocks(SZ_16K))).toMatchObject({ code: 'ENOSPC', errno: -28 });
  });

  test.each([
    ['EINVAL', (buddy: GpuBuddy) => buddy.tryAllocBlocks(1)],
    ['EINVAL', (buddy: GpuBuddy) => buddy.tryAllocBlocks(2 * SZ_1M)],
    ['ERR_INVALID_ARG_TYPE', (buddy: GpuBuddy) => buddy.tryAllocBlocks('4096' as never)],
    ['ERR_OUT_OF_RANGE', (buddy: GpuBuddy) => buddy.tryAllocBlocks(-1)],
    [
      'ERR_GPU_BUDDY_DISPOSED',
      (buddy: GpuBuddy) => {
        buddy.dispose();
        return buddy.tryAllocBlocks(SZ_4K);
      },
    ],
  ])('throws %s as allocBlocks does', (code, call) => {
    expect(thrownBy(() => call(new GpuBuddy({ size: SZ_1M })))).toMatchObject({ code });
  });

  test('throws ENOMEM, which is no lack of space', () => {
    const buddy = new GpuBuddy({ size: 64 * SZ_1M, maxNativeBytes: SZ_64K * 2 });
    const error = thrownBy(() => {
      while (buddy.tryAllocBlocks(SZ_4K));
      throw new Error('It gave null.');
    });
    expect(error).toBeInstanceOf(GpuBuddyError);
    expect(error).toMatchObject({ code: 'ENOMEM', errno: -12 });
    expect(buddy.avail).toBeGreaterThan(0);
  });
});
