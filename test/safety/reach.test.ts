// Tests that nothing which users can reach is trusted again: columns, symbols, the mailbox, names in place of numbers.

import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import {
  AllocatedBlock,
  AllocatedBlocks,
  Batch,
  BatchResult,
  GpuBuddy,
  Pool,
  SZ_1G,
  SZ_1M,
  SZ_4K,
  type BatchHandle,
  type Bytes,
} from 'gpu-buddy';
import { addonFile } from '../../lib/native';
import { expectSound, firstOf, span, SZ_20K, thrownBy } from '../support/allocator-state';

const COLUMNS = ['offsets', 'errnos', 'orders', 'counts'] as const;

const MODES = [{ bigint: false }, { bigint: true }] as const;
const COLUMNS_OF_MODES = MODES.flatMap(({ bigint }) => COLUMNS.map((name) => ({ bigint, name })));

const megabyte = (bigint: boolean) => new GpuBuddy<Bytes>({ size: SZ_1M, bigint });

/** Does a hundred allocations of a chunk. */
function runMany(buddy: GpuBuddy<Bytes>): { result: BatchResult<Bytes>; handles: readonly BatchHandle[] } {
  const batch = buddy.batch();
  const handles = Array.from({ length: 100 }, () => batch.alloc(SZ_4K));
  return { result: batch.run(), handles };
}

function handleAt(handles: readonly BatchHandle[], index: number): BatchHandle {
  const handle = handles[index];
  if (handle === undefined) throw new Error(`There is no operation ${index}.`);
  return handle;
}

describe('the columns of a result', () => {
  test.each(COLUMNS_OF_MODES)(
    '$name can be taken away, and the result still frees its lists (bigint: $bigint)',
    ({ bigint, name }) => {
      const buddy = megabyte(bigint);
      const { result, handles } = runMany(buddy);
      const column = result[name];
      structuredClone(column, { transfer: [column.buffer as ArrayBuffer] });
      expect([result[name].length, result.length]).toEqual([0, 100]);
      for (const other of COLUMNS) if (other !== name) expect(result[other].length).toBe(100);
      const handle = handleAt(handles, 5);
      expect([result.indexOf(handle), result.error(handle), result.blocks(handle)?.length]).toEqual([
        5,
        null,
        1,
      ]);
      expect(Array.from(result, (outcome) => outcome.handle)).toEqual(handles);
      result.free();
      expect(buddy.avail).toBe(buddy.size);
      expectSound(buddy);
    },
  );

  test.each(COLUMNS_OF_MODES)(
    '$name can be written over, and the result frees its own lists only (bigint: $bigint)',
    ({ bigint, name }) => {
      const buddy = megabyte(bigint);
      const mine = Array.from({ length: 50 }, () => buddy.allocBlocks(SZ_4K));
      const { avail } = buddy;
      for (let value = 0; value < 120; value++) {
        const { result, handles } = runMany(buddy);
        new Uint8Array(result[name].buffer).fill(value);
        expect(result.error(handleAt(handles, 0))).toBe(null);
        expect(result.blocks(handleAt(handles, 1))?.length).toBe(1);
        const [first] = result;
        expect([first?.handle, first?.error, first?.blocks?.length]).toEqual([handles[0], null, 1]);
        result.free();
        expect(buddy.avail).toBe(avail);
      }
      expect(Number(avail)).toBe(SZ_1M - 50 * SZ_4K);
      expect(mine.every((list) => !list.freed && buddy.blockAt(firstOf(list).offset) !== null)).toBe(true);
      expectSound(buddy);
    },
  );
});

describe('handles of a result', () => {
  const methods = ['blocks', 'error', 'indexOf'] as const;
  const names = ['at', 'length', 'map', 'constructor', '__proto__', '0', ''];

  test.each(names.map((name) => [name]))('%j is a TypeError, and nobody loses a list', (name) => {
    const mine = megabyte(false).allocBlocks(SZ_4K);
    const { result } = runMany(megabyte(false));
    for (const method of methods)
      expect(thrownBy(() => result[method](name as never))).toMatchObject({
        name: 'TypeError',
        code: 'ERR_INVALID_ARG_TYPE',
      });
    expect(firstOf(mine).size).toBe(4096);
  });

  test.each([-1, 0, 1.5, NaN, Infinity, -Infinity, 2 ** 32, 2 ** 53, -(2 ** 53), 5e-324])(
    '%d is none, and EINVAL',
    (handle) => {
      const { result } = runMany(megabyte(false));
      for (const method of methods)
        expect(thrownBy(() => result[method](handle as BatchHandle))).toMatchObject({
          name: 'GpuBuddyError',
          code: 'EINVAL',
          message: expect.stringContaining(`handle (${String(handle)})`),
        });
    },
  );

  test('that are of the run before, of the next run, and of another batch are EINVAL', () => {
    const buddy = megabyte(false);
    const batch = buddy.batch();
    const runAgain = () => {
      const handles = Array.from({ length: 100 }, () => batch.alloc(SZ_4K));
      return { handles, result: batch.run() };
    };
    const runs = [runAgain(), runMany(buddy), runAgain()];
    for (const { result, handles } of runs) {
      expect(handles.map((handle) => result.indexOf(handle))).toEqual(span(0, 99));
      for (const other of runs)
        if (other.result !== result)
          for (const handle of other.handles)
            for (const method of methods)
              expect(thrownBy(() => result[method](handle))).toMatchObject({ code: 'EINVAL' });
    }
    for (const { result } of runs) result.free();
    expect(buddy.avail).toBe(buddy.size);
  });
});

test('no method can be reached by a symbol but those that JavaScript and Node know', () => {
  const classes = [GpuBuddy, AllocatedBlocks, AllocatedBlock, Batch, BatchResult, Pool];
  const known = [Symbol.dispose, Symbol.iterator, Symbol.for('nodejs.util.inspect.custom')];
  for (const Class of classes)
    for (const holder of [Class, Class.prototype])
      expect(
        Object.getOwnPropertySymbols(holder).filter((symbol) => !known.includes(symbol as never)),
      ).toEqual([]);
});

describe('the memory of a pool', () => {
  test('is no property of it, and is not made by whatever has the name of a constructor', () => {
    const made: unknown[] = [];
    const spy = <Class extends new (...args: never[]) => object>(Real: Class): Class =>
      new Proxy(Real, {
        construct(target, args, newTarget) {
          const object = Reflect.construct(target, args, newTarget) as object;
          made.push(object);
          return object;
        },
      });
    const real = { SharedArrayBuffer, Int32Array };
    Object.assign(globalThis, {
      SharedArrayBuffer: spy(SharedArrayBuffer),
      Int32Array: spy(Int32Array),
    });
    try {
      const pool = megabyte(false).pool();
      for (let i = 0; i < 200; i++) pool.alloc(SZ_4K);
      expect(Reflect.ownKeys(pool)).toEqual([]);
    } finally {
      Object.assign(globalThis, real);
    }
    expect(made).toEqual([]);
  });
});

describe('the mailbox', () => {
  const addon = createRequire(__filename)(addonFile) as {
    connect: (cells: unknown) => { cells: Float64Array };
  };

  test('is no property of the addon', () => {
    for (const value of Object.values(addon))
      expect(value).not.toBeInstanceOf(Object.getPrototypeOf(Float64Array));
    expect(Object.keys(addon)).not.toContain('mailbox');
  });

  test('cannot be taken away', () => {
    const { cells } = addon.connect(new Float64Array(new SharedArrayBuffer(8)));
    expect(Object.prototype.toString.call(cells.buffer)).toBe('[object SharedArrayBuffer]');
    expect(() => structuredClone(cells, { transfer: [cells.buffer as never] })).toThrow();
    const buddy = new GpuBuddy({ size: SZ_1G });
    expect(buddy.allocBlocks(SZ_20K).length).toBe(2);
    expect(buddy.avail).toBe(SZ_1G - SZ_20K);
  });
});
