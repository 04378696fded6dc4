// save() and restore(): a state says all that there is, and what is made of it behaves as what it was made from.

import { describe, expect, test } from '@jest/globals';
import {
  AllocatedBlocks,
  GpuBuddy,
  GpuBuddyError,
  kernelVersion,
  SZ_1G,
  SZ_1M,
  SZ_4K,
  SZ_8K,
  type Bytes,
  type GpuBuddyOptions,
  type GpuBuddyState,
} from 'gpu-buddy';
import {
  chunksOf,
  expectSound,
  freeChunksOf,
  stateOf,
  SZ_12K,
  SZ_20K,
  thrownBy,
} from '../support/allocator-state';
import { Random } from '../support/random';
import { drawOperation, fillPool, perform, type Bench } from './programs';

/** Sends a state as text, and gives what arrives. */
function sent(state: GpuBuddyState): GpuBuddyState {
  return JSON.parse(JSON.stringify(state)) as GpuBuddyState;
}

/** A state that is no constant any more. */
type Writable<T> = T extends object ? { -readonly [Key in keyof T]: Writable<T[Key]> } : T;

/** An allocator with two lists and clear memory. */
function makeUsed() {
  const buddy = new GpuBuddy({ size: SZ_1M, baseOffset: SZ_1G });
  const large = buddy.allocBlocks(SZ_20K, { tag: 7 });
  const small = buddy.allocBlocks(SZ_4K, { tag: 9 });
  buddy.allocBlocks(SZ_8K).free({ cleared: true });
  return { buddy, large, small };
}

describe('a state', () => {
  test('is plain data that says what lies where', () => {
    const { buddy } = makeUsed();
    expect(buddy.save()).toEqual({
      format: 'gpu-buddy',
      version: 1,
      kernel: kernelVersion,
      size: SZ_1M,
      chunkSize: SZ_4K,
      baseOffset: SZ_1G,
      lists: { tags: [9, 7], counts: [1, 2] },
      blocks: { offsets: [250, 252, 251], orders: [0, 2, 0], clear: [0, 0, 0] },
      free: { offsets: [248], orders: [1] },
    });
  });

  test('is empty for an allocator without lists', () => {
    const state = new GpuBuddy({ size: SZ_1M }).save();
    expect(state.lists).toEqual({ tags: [], counts: [] });
    expect(GpuBuddy.restore(state).lists).toEqual([]);
  });

  test('has the blocks of batches, pools and lists that are under way', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const batch = buddy.batch();
    batch.alloc(SZ_4K, { tag: 1 });
    const result = batch.run();
    const pool = buddy.pool();
    const handle = pool.alloc(SZ_8K, { tag: 2 });
    const ticket = buddy.allocBlocks(SZ_12K, { tag: 3 }).transfer();
    const same = GpuBuddy.from(buddy.share());
    const list = same.allocBlocks(SZ_4K, { tag: 4 });
    expect([...buddy.save().lists.tags].sort()).toEqual([1, 2, 3, 4]);
    expect(same.save()).toEqual(buddy.save());
    list.free();
    AllocatedBlocks.adopt(ticket).free();
    pool.free(handle);
    result.free();
    expect(buddy.save().lists.tags).toEqual([]);
  });

  test('has no lists that are empty, freed or dropped', () => {
    const { buddy, large, small } = makeUsed();
    small.free();
    large.freeBlock(0);
    large.freeBlock(0);
    expect(buddy.save().lists.tags).toEqual([]);
  });

  test('writes numbers that are not exact as decimal strings', () => {
    const buddy = new GpuBuddy({
      size: 2n ** 60n,
      baseOffset: 2n ** 61n + 1n,
      chunkSize: SZ_4K,
      bigint: true,
    });
    buddy.allocBlocks(2n ** 54n);
    const state = buddy.save();
    expect([state.size, state.chunkSize, state.baseOffset]).toEqual([
      String(2n ** 60n),
      SZ_4K,
      String(2n ** 61n + 1n),
    ]);
    const { buddy: again, lists } = GpuBuddy.restore(sent(state), { bigint: true });
    expect(stateOf(again)).toEqual(stateOf(buddy));
    expect(lists[0]?.size).toBe(2n ** 54n);
  });

  test('is refused to those who disposed of the allocator', () => {
    const { buddy } = makeUsed();
    buddy.dispose();
    expect(thrownBy(() => buddy.save())).toMatchObject({ code: 'ERR_GPU_BUDDY_DISPOSED' });
  });
});

describe('restore()', () => {
  test('gives all lists in the order of the state, with tags and blocks', () => {
    const { buddy, large, small } = makeUsed();
    const { buddy: again, lists } = GpuBuddy.restore(buddy.save());
    expect(lists.map((list) => [list.tag, chunksOf(list)])).toEqual([
      [9, chunksOf(small)],
      [7, chunksOf(large)],
    ]);
    expect(lists.every((list) => list.buddy === again)).toBe(true);
    expect(stateOf(again)).toEqual(stateOf(buddy));
    for (const list of lists) list.free();
    expect(again.isEmpty).toBe(true);
  });

  test('keeps clear and dirty halves apart', () => {
    const buddy = new GpuBuddy({ size: SZ_8K });
    buddy.allocBlocks(SZ_4K).free({ cleared: true });
    const { buddy: again } = GpuBuddy.restore(buddy.save());
    expect(freeChunksOf(again)).toEqual([
      [0, 1, 'dirty'],
      [1, 1, 'clear'],
    ]);
  });

  test('knows of blocks whether they were clear', () => {
    const buddy = new GpuBuddy({ size: SZ_8K });
    buddy.resetClear(true);
    const blocks = buddy.allocBlocks(SZ_4K);
    const { lists } = GpuBuddy.restore(buddy.save());
    expect([blocks.at(0)?.isClear, lists[0]?.at(0)?.isClear]).toEqual([true, true]);
  });

  test('takes the options that a state does not have', () => {
    const { buddy } = makeUsed();
    const given = { bigint: true, maxNativeBytes: SZ_1M, maxSteps: 1000, captureStacks: true } as const;
    const { buddy: again, lists } = GpuBuddy.restore(buddy.save(), given);
    expect([again.size, lists[0]?.size]).toEqual([BigInt(SZ_1M), BigInt(SZ_4K)]);
  });

  test('refuses options that it does not know', () => {
    const state = makeUsed().buddy.save();
    const given = { size: SZ_1M } as object;
    expect(thrownBy(() => GpuBuddy.restore(state, given))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
  });

  test('refuses a space that numbers can not name', () => {
    const state = new GpuBuddy({ size: 2n ** 60n, bigint: true }).save();
    expect(thrownBy(() => GpuBuddy.restore(state))).toMatchObject({ code: 'EINVAL' });
  });

  test('is ENOMEM where the bookkeeping does not fit into maxNativeBytes', () => {
    const buddy = new GpuBuddy({ size: 64 * SZ_1M });
    const lists = buddy.allocMany(8192, SZ_4K);
    const state = buddy.save();
    expect(thrownBy(() => GpuBuddy.restore(state, { maxNativeBytes: 300_000 }))).toMatchObject({
      code: 'ENOMEM',
    });
    expect(GpuBuddy.restore(state).lists).toHaveLength(lists.length);
  });
});

describe('a state that does not fit is refused, with the entry at fault', () => {
  const { buddy } = makeUsed();
  const good = buddy.save();

  const mistakes: [entry: string, code: string, spoil: (state: Writable<GpuBuddyState>) => unknown][] = [
    ['state.format', 'EINVAL', (state) => Object.assign(state, { format: 'other' })],
    ['state.kernel', 'EINVAL', (state) => Object.assign(state, { kernel: '6.12.117' })],
    ['state.kernel', 'ERR_INVALID_ARG_TYPE', (state) => Object.assign(state, { kernel: undefined })],
    ['state.format', 'ERR_INVALID_ARG_TYPE', (state) => Object.assign(state, { format: undefined })],
    ['state.version', 'EINVAL', (state) => Object.assign(state, { version: 2 })],
    ['state.version', 'ERR_INVALID_ARG_TYPE', (state) => Object.assign(state, { version: '1' })],
    ['state.size', 'EINVAL', (state) => (state.size = 'much')],
    ['state.size', 'EINVAL', (state) => (state.size = -1)],
    ['state.size', 'EINVAL', (state) => (state.size = String(2n ** 64n))],
    ['state.size', 'EINVAL', (state) => (state.size = SZ_4K + 1)],
    ['state.size', 'EINVAL', (state) => (state.size = 0)],
    ['state.size', 'ERR_INVALID_ARG_TYPE', (state) => Object.assign(state, { size: null })],
    ['state.chunkSize', 'EINVAL', (state) => (state.chunkSize = 0)],
    ['state.chunkSize', 'EINVAL', (state) => (state.chunkSize = 3)],
    ['state.baseOffset', 'EINVAL', (state) => (state.baseOffset = String(2n ** 64n - 1n))],
    ['state.baseOffset', 'EINVAL', (state) => (state.baseOffset = 0.5)],
    ['state.lists', 'ERR_INVALID_ARG_TYPE', (state) => Object.assign(state, { lists: undefined })],
    ['state.blocks', 'ERR_INVALID_ARG_TYPE', (state) => Object.assign(state, { blocks: [] })],
    ['state.free', 'ERR_INVALID_ARG_TYPE', (state) => Object.assign(state, { free: null })],
    ['state.lists.tags', 'ERR_INVALID_ARG_TYPE', (state) => Object.assign(state.lists, { tags: {} })],
    ['state.lists.tags[1]', 'EINVAL', (state) => (state.lists.tags[1] = 0.5)],
    ['state.lists.tags[0]', 'ERR_INVALID_ARG_TYPE', (state) => Object.assign(state.lists.tags, ['9'])],
    ['state.lists.counts', 'EINVAL', (state) => state.lists.counts.pop()],
    ['state.lists.counts', 'EINVAL', (state) => (state.lists.counts[0] = 2)],
    ['state.lists.counts[0]', 'EINVAL', (state) => (state.lists.counts[0] = 0)],
    ['state.blocks.orders', 'EINVAL', (state) => state.blocks.orders.push(0)],
    ['state.blocks.clear', 'EINVAL', (state) => state.blocks.clear.pop()],
    ['state.blocks.clear[2]', 'EINVAL', (state) => (state.blocks.clear[2] = 2)],
    ['state.blocks.clear[0]', 'ERR_INVALID_ARG_TYPE', (state) => Object.assign(state.blocks.clear, [true])],
    ['state.blocks.offsets[0]', 'EINVAL', (state) => (state.blocks.offsets[0] = 256)],
    ['state.blocks.offsets[0]', 'EINVAL', (state) => (state.blocks.offsets[0] = -1)],
    ['state.blocks.offsets[0]', 'EINVAL', (state) => (state.blocks.offsets[0] = NaN)],
    ['state.blocks.offsets[1]', 'EINVAL', (state) => (state.blocks.offsets[1] = 251)],
    ['state.blocks.offsets[2]', 'EINVAL', (state) => (state.blocks.offsets[2] = 250)],
    ['state.blocks.orders[0]', 'EINVAL', (state) => (state.blocks.orders[0] = 9)],
    ['state.blocks.offsets[0]', 'EINVAL', (state) => (state.blocks.orders[0] = 8)],
    ['state.free.orders', 'EINVAL', (state) => state.free.orders.pop()],
    ['state.free.offsets[0]', 'EINVAL', (state) => (state.free.offsets[0] = 252)],
    [
      'state.free.offsets',
      'EINVAL',
      (state) => (state.free.offsets.length = state.free.orders.length = 2 ** 32 - 1),
    ],
  ];

  test.each(mistakes)('%s: %s (%#)', (entry, code, spoil) => {
    const state = sent(good) as Writable<GpuBuddyState>;
    spoil(state);
    const error = thrownBy(() => GpuBuddy.restore(state));
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(entry);
    expect(error instanceof GpuBuddyError).toBe(code === 'EINVAL');
  });

  test.each([undefined, null, 5, 'gpu-buddy', []])('%p is no state', (state) => {
    const error = thrownBy(() => GpuBuddy.restore(state as unknown as GpuBuddyState));
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
  });

  test('clear neighbours that the kernel would have merged become one block', () => {
    const state = {
      ...sent(new GpuBuddy({ size: SZ_8K }).save()),
      free: { offsets: [0, 1], orders: [0, 0] },
    };
    expect(freeChunksOf(GpuBuddy.restore(state).buddy)).toEqual([[0, 2, 'clear']]);
  });

  test('getters are asked once, and may do what they like', () => {
    const used = makeUsed();
    const state = used.buddy.save();
    const asked: string[] = [];
    const tricky = {
      ...state,
      get lists() {
        asked.push('lists');
        used.buddy.dispose();
        return state.lists;
      },
    };
    expect(GpuBuddy.restore(tricky).lists).toHaveLength(2);
    expect(asked).toEqual(['lists']);
  });
});

const PROGRAMS = Number(process.env['GPU_BUDDY_PROGRAMS'] ?? 24);
const OPERATIONS_AFTERWARDS = 1000;

const SPACES: readonly [GpuBuddyOptions, ...GpuBuddyOptions[]] = [
  { size: 256 * SZ_4K },
  { size: 211 * SZ_4K, baseOffset: 12345 },
  { size: 100, chunkSize: 1 },
  { size: 2n ** 62n + 2n ** 58n, chunkSize: 2n ** 54n, bigint: true, baseOffset: 2n ** 61n },
];

/** Lists that are as long as they were, in the order of a state. */
function inOrder(lists: readonly AllocatedBlocks<Bytes>[]): AllocatedBlocks<Bytes>[] {
  return [...lists].sort((a, b) => Number(BigInt(a.at(0)?.offset ?? 0) - BigInt(b.at(0)?.offset ?? 0)));
}

// Run all programs by: GPU_BUDDY_PROGRAMS=1000 npm run test:js -- test/lib/save-restore.test.ts
describe('an allocator that was restored in the middle of a program', () => {
  test.each(Array.from({ length: PROGRAMS }, (_, seed) => seed))(
    'answers as the one that was saved: %i',
    (seed) => {
      const random = new Random(seed);
      const options = random.oneOf(SPACES);
      const old: Bench = { buddy: new GpuBuddy<Bytes>(options), lists: [] };
      const length = random.below(400);
      for (let i = 0; i < length; i++) perform(old, drawOperation(random, old));
      const pool = fillPool(random, old);

      const state = old.buddy.save();
      const restored = GpuBuddy.restore(sent(state), { bigint: options.bigint });
      const anew: Bench = { buddy: restored.buddy, lists: restored.lists };
      expect(stateOf(anew.buddy)).toEqual(stateOf(old.buddy));
      expect(anew.buddy.save()).toEqual(state);
      expectSound(anew.buddy);

      old.lists = inOrder([...old.lists, ...Array.from(pool, (handle) => pool.blocks(handle))]);
      expect(anew.lists.map((list) => list.toJSON())).toEqual(old.lists.map((list) => list.toJSON()));
      for (let i = 0; i < OPERATIONS_AFTERWARDS; i++) {
        const operation = drawOperation(random, old);
        expect(perform(anew, operation)).toBe(perform(old, operation));
      }
      expect(stateOf(anew.buddy)).toEqual(stateOf(old.buddy));
      expect(anew.buddy.save()).toEqual(old.buddy.save());
    },
  );
});
