// Nothing that users can reach is trusted again: columns, symbols, the mailbox, names in place of numbers.

import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import {
  AllocatedBlock,
  AllocatedBlocks,
  Batch,
  BatchResult,
  GpuBuddy,
  SZ_1G,
  SZ_1M,
  SZ_4K,
} from 'gpu-buddy';
import { findAddon } from '../../lib/addon/load';
import { expectSound, firstOf, SZ_20K, thrownBy } from '../lib/helpers';
import { collectUntil } from './built';

const COLUMNS = ['offsets', 'errnos', 'orders', 'counts'] as const;

function runMany(buddy: GpuBuddy): BatchResult {
  const batch = buddy.batch();
  for (let i = 0; i < 100; i++) batch.alloc(SZ_4K);
  return batch.run();
}

describe('the columns of a result', () => {
  test.each(COLUMNS)('%s can be taken away, and the result still frees its lists', (name) => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const result = runMany(buddy);
    const column = result[name];
    structuredClone(column, { transfer: [column.buffer as ArrayBuffer] });
    expect([result[name].length, result.length]).toEqual([0, 100]);
    for (const other of COLUMNS) if (other !== name) expect(result[other].length).toBe(100);
    expect([result.error(5), result.blocks(5)?.length]).toEqual([null, 1]);
    result.free();
    expect(buddy.avail).toBe(buddy.size);
    expectSound(buddy);
  });

  test.each(COLUMNS)('%s can be written over, and the result frees its own lists only', (name) => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const mine = Array.from({ length: 50 }, () => buddy.allocBlocks(SZ_4K));
    for (let value = 0; value < 120; value++) {
      const result = runMany(buddy);
      new Uint8Array(result[name].buffer).fill(value);
      expect(result.error(0)).toBe(null);
      expect(result.blocks(1)?.length).toBe(1);
      result.free();
      expect(buddy.avail).toBe(BigInt(SZ_1M - 50 * SZ_4K));
    }
    expect(mine.every((list) => !list.freed && buddy.blockAt(firstOf(list).offset) !== null)).toBe(true);
    expectSound(buddy);
  });

  test('can be taken away from a result that the collector finds', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    (() => {
      for (const name of COLUMNS) {
        const column = runMany(new GpuBuddy({ size: SZ_1M }))[name];
        structuredClone(column, { transfer: [column.buffer as ArrayBuffer] });
      }
      const { offsets } = runMany(buddy);
      structuredClone(offsets, { transfer: [offsets.buffer as ArrayBuffer] });
    })();
    await collectUntil('all of it', () => buddy.avail === buddy.size);
  });
});

describe('places of a result', () => {
  const names = ['at', 'length', 'map', 'constructor', '__proto__', '0', ''];

  test.each(names.map((name) => [name]))('%j is a TypeError, and nobody loses a list', (name) => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const mine = buddy.allocBlocks(SZ_4K);
    const result = runMany(new GpuBuddy({ size: SZ_1M }));
    for (const method of ['blocks', 'error'] as const)
      expect(thrownBy(() => result[method](name as never))).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    expect(firstOf(mine).size).toBe(4096n);
  });

  test.each([-1, 1.5, NaN, 2 ** 53])('%d is a RangeError', (place) => {
    const result = runMany(new GpuBuddy({ size: SZ_1M }));
    for (const method of ['blocks', 'error'] as const)
      expect(thrownBy(() => result[method](place))).toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
  });
});

test('no method can be reached by a symbol but those that JavaScript and Node know', () => {
  const classes = [GpuBuddy, AllocatedBlocks, AllocatedBlock, Batch, BatchResult];
  const known = [Symbol.dispose, Symbol.iterator, Symbol.for('nodejs.util.inspect.custom')];
  for (const Class of classes)
    for (const holder of [Class, Class.prototype])
      expect(
        Object.getOwnPropertySymbols(holder).filter((symbol) => !known.includes(symbol as never)),
      ).toEqual([]);
});

describe('the mailbox', () => {
  const addon = createRequire(__filename)(findAddon()) as {
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
    expect(buddy.avail).toBe(BigInt(SZ_1G - SZ_20K));
  });
});
