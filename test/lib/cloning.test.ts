// JSON.stringify(), structuredClone(), postMessage() and console.log() on every public object: the table in
// docs/internals/ownership.md.

import { inspect } from 'node:util';
import * as threads from 'node:worker_threads';
import { describe, expect, test } from '@jest/globals';
import {
  AllocatedBlocks,
  GpuBuddy,
  SZ_1M,
  SZ_4K,
  type AllocatedBlock,
  type Batch,
  type BatchResult,
  type Bytes,
  type Pool,
} from 'gpu-buddy';
import { AllocQueue } from 'gpu-buddy/queue';
import { describeBlock, firstOf, SZ_20K, thrownBy } from '../support/allocator-state';

/** True if Node can refuse to clone an object: from 22.10 on. */
const canRefuse = 'markAsUncloneable' in threads;

interface Objects<N extends Bytes> {
  readonly buddy: GpuBuddy<N>;
  readonly blocks: AllocatedBlocks<N>;
  readonly block: AllocatedBlock<N>;
  readonly batch: Batch<N>;
  readonly result: BatchResult<N>;
  readonly pool: Pool<N>;
  readonly queue: object;
}

function makeAll(): Objects<number>;
function makeAll(mode: { bigint: true }): Objects<bigint>;
function makeAll(mode?: { bigint: true }): Objects<Bytes> {
  const buddy = new GpuBuddy<Bytes>({ size: SZ_1M, baseOffset: SZ_1M, ...mode });
  const blocks = buddy.allocBlocks(SZ_20K, { tag: 7 });
  const batch = buddy.batch();
  batch.alloc(SZ_4K);
  const result = batch.run();
  batch.alloc(SZ_4K);
  const pool = buddy.pool();
  const queue = new AllocQueue(buddy);
  return { buddy, blocks, block: firstOf(blocks), batch, result, pool, queue };
}

/** Posts a value through a channel and gives the copy that arrives. */
function post(value: unknown): unknown {
  const { port1, port2 } = new threads.MessageChannel();
  try {
    port1.postMessage(value);
    return (threads.receiveMessageOnPort(port2) as { message: unknown }).message;
  } finally {
    port1.close();
  }
}

/** Gives the name of the error that a call throws: Node's own is not of the class that Jest's realm calls Error. */
function nameOfThrown(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return (error as Error).name;
  }
}

const ways: [string, (value: unknown) => unknown][] = [
  ['structuredClone()', (value) => structuredClone(value)],
  ['postMessage()', post],
];

describe.each(ways)('%s', (_, clone) => {
  test.each<keyof Objects<number>>(['buddy', 'batch', 'result', 'pool', 'queue'])(
    'gives, for %s, a DataCloneError where Node can refuse, else an empty object',
    (name) => {
      const object = makeAll()[name];
      if (canRefuse) expect(nameOfThrown(() => clone(object))).toBe('DataCloneError');
      else expect(clone(object)).toEqual({});
    },
  );

  test.each<keyof Objects<number>>(['blocks', 'block'])('gives an empty object for %s', (name) => {
    expect(clone(makeAll()[name])).toEqual({});
  });

  test('gives a token for a token', () => {
    const { buddy, blocks } = makeAll();
    const token = clone(blocks.transfer()) as never;
    expect(AllocatedBlocks.adopt(token).buddy).toBe(buddy);
    expect(GpuBuddy.from(clone(buddy.share()) as never).baseOffset).toBe(SZ_1M);
  });

  test('keeps all values of statistics, snapshots and segments', () => {
    const { buddy, blocks } = makeAll();
    for (const value of [
      buddy.stats(),
      buddy.snapshot(),
      buddy.save(),
      blocks.segments(),
      buddy.blockAt(firstOf(blocks).offset),
    ])
      expect(clone(value)).toEqual(value);
  });
});

describe('JSON', () => {
  const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

  test('has the numbers of an allocator', () => {
    const { buddy } = makeAll();
    expect(json(buddy)).toEqual({
      baseOffset: 1048576,
      size: 1048576,
      chunkSize: 4096,
      avail: SZ_1M - SZ_20K - SZ_4K,
      clearAvail: 0,
    });
    buddy.dispose();
    expect(json(buddy)).toEqual({ disposed: true });
  });

  test('has the places of a list and of a block, until they are freed', () => {
    const { buddy, blocks, block } = makeAll();
    const all = Array.from(blocks, describeBlock);
    expect(json(blocks)).toEqual({ tag: 7, size: 20480, blocks: all });
    expect(json(block)).toEqual(all[0]);
    expect(json(buddy.blockAt(block.offset))).toEqual(all[0]);
    blocks.free();
    expect([json(blocks), json(block)]).toEqual([{ freed: true }, { freed: true }]);
  });

  test('has the columns of a result, and the length of a batch', () => {
    const { batch, result } = makeAll();
    expect(json(batch)).toEqual({ length: 1 });
    expect(json(result)).toEqual({
      errnos: [0],
      offsets: [result.offsets[0]],
      orders: [0],
      counts: [1],
    });
  });

  test('has the length of a pool', () => {
    const { pool } = makeAll();
    expect(json(pool)).toEqual({ length: 0 });
    pool.alloc(SZ_4K);
    expect(json(pool)).toEqual({ length: 1 });
    pool.dispose();
    expect(json(pool)).toEqual({ disposed: true });
  });

  test('has the values of statistics and segments', () => {
    const { buddy, blocks } = makeAll();
    for (const value of [buddy.stats(), blocks.segments(), buddy.freeSegments(), buddy.save()])
      expect(json(value)).toEqual(value);
  });

  test('writes a token as a token, without addresses', () => {
    const { buddy, blocks } = makeAll();
    const shared = buddy.share();
    const token = blocks.transfer();
    expect(json(shared)).toEqual(shared);
    expect(Object.keys(shared)).toEqual(['type', 'id', 'kernel']);
    expect(Object.keys(token)).toEqual(['type', 'id', 'kernel', 'buddy']);
    expect(GpuBuddy.from({ ...(json(shared) as typeof shared), baseOffset: 5n } as never).baseOffset).toBe(
      SZ_1M,
    );
    expect(AllocatedBlocks.adopt(json(token) as typeof token).size).toBe(SZ_20K);
  });

  test('writes bytes as decimal strings if the allocator gives out bigints', () => {
    const { buddy, blocks, block, batch, result } = makeAll({ bigint: true });
    const numbers = makeAll();
    const written = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value), (key, inner: unknown) =>
        [
          'baseOffset',
          'size',
          'chunkSize',
          'avail',
          'clearAvail',
          'reserved',
          'offset',
          'blockSize',
        ].includes(key)
          ? String(inner)
          : key === 'offsets'
            ? (inner as number[]).map(String)
            : inner,
      );
    expect(json(buddy)).toEqual(written(numbers.buddy));
    expect(json(blocks)).toEqual(written(numbers.blocks));
    expect(json(block)).toEqual(written(numbers.block));
    expect(json(buddy.blockAt(block.offset))).toEqual(written(numbers.block));
    expect(json(batch)).toEqual({ length: 1 });
    expect(json(result)).toEqual(written(numbers.result));
    expect(json(buddy.stats())).toEqual(written(numbers.buddy.stats()));
  });

  test('fails with a TypeError of JSON.stringify() for snapshots and segments with bigints', () => {
    const { buddy, blocks } = makeAll({ bigint: true });
    for (const value of [buddy.snapshot(), blocks.toArrays(), blocks.segments()])
      expect(thrownBy(() => JSON.stringify(value))).toBeInstanceOf(TypeError);
  });

  test('has the code of an error', () => {
    const { buddy } = makeAll();
    expect(json(thrownBy(() => buddy.allocBlocks(5)))).toMatchObject({
      code: 'EINVAL',
      errno: -22,
      syscall: 'gpu_buddy_alloc_blocks',
    });
  });
});

describe('util.inspect()', () => {
  test('never throws, and never says what is not so', () => {
    const objects = makeAll();
    const stand = (object: object) => [
      object,
      new Proxy(object, {}),
      Object.create(object) as object,
      Object.getPrototypeOf(object) as object,
      Object.create(Object.getPrototypeOf(object) as object) as object,
    ];
    const all = Object.values(objects).flatMap(stand);
    const texts = () => all.map((object) => inspect(object, { showProxy: false }));
    expect(texts().every((text) => text.length > 0)).toBe(true);
    objects.blocks.free();
    objects.result.free();
    objects.pool.dispose();
    objects.buddy.dispose();
    expect(texts().every((text) => text.length > 0)).toBe(true);
    expect(inspect(objects.buddy)).toBe('GpuBuddy { disposed }');
  });

  test('shows the columns of a result, and the length of a batch', () => {
    const { batch, result } = makeAll();
    expect(inspect(batch)).toBe('Batch { length: 1 }');
    expect(inspect(result, { breakLength: Infinity })).toMatch(
      /^BatchResult\(1\) \{ errnos: Int32Array\(1\) \[ 0 \],/,
    );
  });

  test('shows nothing of a spread object: all properties are on the prototype', () => {
    for (const object of Object.values(makeAll())) expect(Object.assign({}, object)).toEqual({});
  });
});
