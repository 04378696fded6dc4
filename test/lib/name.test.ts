// The name of an allocator: what it may be, and where it is seen.

import { describe, expect, test } from '@jest/globals';
import { inspect } from 'node:util';
import { GpuBuddy, GpuBuddyError, SZ_1M, SZ_4K } from 'gpu-buddy';
import { thrownBy } from '../support/allocator-state';

const named = (name: unknown) => new GpuBuddy({ size: SZ_1M, name: name as string });

describe('a name', () => {
  test('is seen by console.log() and JSON, and by every object for the allocator', () => {
    const buddy = named('vram 0');
    expect(buddy.name).toBe('vram 0');
    expect(GpuBuddy.from(buddy.share()).name).toBe('vram 0');
    expect(GpuBuddy.from(buddy.share(), { bigint: true }).name).toBe('vram 0');
    expect(inspect(buddy)).toMatch(/^GpuBuddy \{\s+name: 'vram 0',\s+baseOffset: 0,/);
    expect(JSON.parse(JSON.stringify(buddy))).toMatchObject({ name: 'vram 0', size: SZ_1M });
    const { buddy: restored } = GpuBuddy.restore(buddy.save(), { name: 'vram 1' });
    expect([restored.name, restored.allocBlocks(SZ_4K).buddy.name]).toEqual(['vram 1', 'vram 1']);
    buddy.dispose();
    expect([buddy.name, inspect(buddy)]).toEqual(['vram 0', 'GpuBuddy { disposed }']);
  });

  test('may be left out, and is not seen then', () => {
    const buddy = new GpuBuddy({ size: SZ_1M, name: undefined });
    expect([buddy.name, GpuBuddy.from(buddy.share()).name]).toEqual([undefined, undefined]);
    expect(inspect(buddy)).not.toContain('name');
    expect(JSON.stringify(buddy)).not.toContain('name');
  });

  test.each([
    ['one character', 'x'],
    ['64 bytes', 'ä'.repeat(32)],
    ['characters beyond 16 bits', '🦬'.repeat(16)],
    ['quotes and blanks', ` 'a' "b" \\ `],
  ])('may have %s', (_, name) => {
    const buddy = named(name);
    expect([buddy.name, GpuBuddy.from(buddy.share()).name]).toEqual([name, name]);
  });

  test.each([
    ['nothing', ''],
    ['65 bytes', `${'ä'.repeat(32)}x`],
    ['a newline', 'a\nb'],
    ['a zero', 'a\0'],
    ['a control character above 127', 'a\u0085'],
    ['half a character', 'a\ud83e'],
  ])('must not have %s', (_, name) => {
    expect(thrownBy(() => named(name))).toMatchObject({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_VALUE',
      message: expect.stringContaining('1 to 64 bytes in UTF-8, without control characters'),
    });
  });

  test.each([[null], [7], [{}]])('must be a string: %j', (name) => {
    expect(thrownBy(() => named(name))).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
  });
});

describe('errors name the allocator', () => {
  type Use = (buddy: GpuBuddy) => unknown;
  const uses: [string, Use][] = [
    ['allocBlocks()', (buddy) => buddy.allocBlocks(2 * SZ_1M)],
    [
      'a list that is freed',
      (buddy) => {
        const list = buddy.allocBlocks(SZ_4K);
        list.free();
        return list.size;
      },
    ],
    ['claim()', (buddy) => buddy.claim([{ offset: SZ_1M, order: 0 }])],
    ['claim() of nothing', (buddy) => buddy.claim([])],
    ['account()', (buddy) => buddy.account({ reserved: 2 * SZ_1M })],
    [
      'an account that is disposed of',
      (buddy) => {
        const account = buddy.account();
        account.dispose();
        return account.used;
      },
    ],
    ['a pool', (buddy) => buddy.pool().alloc(1)],
    [
      'a handle of another pool',
      (buddy) => {
        buddy.pool().free(buddy.pool().alloc(SZ_4K));
      },
    ],
    [
      'a batch',
      (buddy) => {
        const batch = buddy.batch();
        const handle = batch.alloc(1);
        throw batch.run().error(handle) ?? new Error();
      },
    ],
    [
      'a list of another allocator',
      (buddy) => {
        buddy.allocBlocks(SZ_4K).append(named('other').allocBlocks(SZ_4K));
      },
    ],
    ['blockAt()', (buddy) => buddy.blockAt(2 * SZ_1M)],
    [
      'dispose()',
      (buddy) => {
        buddy.dispose();
        return buddy.avail;
      },
    ],
  ];

  function refusalOf(buddy: GpuBuddy, use: Use): GpuBuddyError {
    const error = thrownBy(() => use(buddy));
    if (!(error instanceof GpuBuddyError)) throw error;
    return error;
  }

  test.each(uses)('%s', (_, use) => {
    const error = refusalOf(named('vram 0'), use);
    expect([error.name, error.allocatorName]).toEqual(['GpuBuddyError', 'vram 0']);
    expect(error.message).toMatch(/, gpu_buddy\w* of 'vram 0'$/);
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ allocatorName: 'vram 0' });
  });

  test.each(uses)('%s, and nothing where it has none', (_, use) => {
    const error = refusalOf(new GpuBuddy({ size: SZ_1M }), use);
    expect(Object.keys(error)).not.toContain('allocatorName');
    expect(error.message).toMatch(/, gpu_buddy\w*$/);
  });
});
