/** Tests heaps, pools and frames without a GPU: on a device whose work is done when the test says so. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { FrameAllocator } from '../frame-allocator.mjs';
import { Heap } from '../heap.mjs';

/** Makes a heap, and a function that ends the GPU's work. @param {number} size bytes */
function heapOf(size) {
  /** @type {(() => void)[]} */
  const waiting = [];
  const device = {
    createBuffer: (descriptor) => descriptor,
    queue: { onSubmittedWorkDone: () => new Promise((resolve) => waiting.push(() => resolve(undefined))) },
  };
  const heap = new Heap(/** @type {GPUDevice} */ (device), { label: 'vectors', size, usage: 8 });
  const finishWork = () => waiting.splice(0).forEach((resolve) => resolve());
  return { heap, finishWork };
}

describe('a heap', () => {
  test('is one buffer, whose ranges begin at multiples of 256 and do not overlap', () => {
    const { heap } = heapOf(4096);
    assert.deepEqual(heap.buffer, { label: 'vectors', size: 4096, usage: 8 });
    const [first, second] = [heap.pool(), heap.pool()];
    const ranges = [first.tryAlloc(4), second.tryAlloc(300), first.tryAlloc(1024), second.tryAlloc(256)];
    const ends = ranges
      .toSorted((a, b) => a.offset - b.offset)
      .map(({ buffer, offset, size }) => {
        assert.equal(buffer, heap.buffer);
        assert.equal(offset % 256, 0);
        return [offset, offset + size];
      });
    for (const [i, [, end]] of ends.entries()) assert.ok(end <= (ends[i + 1]?.[0] ?? 4096));
    assert.deepEqual(
      ranges.map(({ size }) => size),
      [4, 300, 1024, 256],
    );
    assert.deepEqual([heap.ranges, heap.peak], [4, 2048]);
  });

  test('gives null where it is full, and refuses what it could never hold', async () => {
    const pool = heapOf(1024).heap.pool();
    assert.ok(pool.tryAlloc(1000));
    assert.equal(pool.tryAlloc(1), null);
    const message = 'The heap "vectors" has 1024 bytes, not 1025';
    assert.throws(() => pool.tryAlloc(1025), { name: 'RangeError', message });
    await assert.rejects(pool.alloc(1025), { name: 'RangeError', message });
  });

  test("refuses a range that is freed already, or another pool's", () => {
    const { heap } = heapOf(1024);
    const pool = heap.pool();
    const range = pool.tryAlloc(256);
    assert.throws(() => heap.pool().free(range), { code: 'EINVAL' });
    pool.free(range);
    assert.throws(() => pool.free(range), { code: 'EINVAL' });
    assert.equal(heap.buddy.isEmpty, true);
  });
});

test('a range is freed, and given to who waits for it, when the GPU is done', async () => {
  const { heap, finishWork } = heapOf(1024);
  const pool = heap.pool();
  const freed = pool.freeWhenDone(pool.tryAlloc(1024));
  /** @type {any} */
  let next;
  const allocated = pool.alloc(512).then((range) => (next = range));
  await setImmediate();
  assert.equal(heap.buddy.avail, 0);
  assert.equal(next, undefined);

  finishWork();
  await freed;
  await allocated;
  assert.equal(next.size, 512);
  assert.equal(heap.buddy.avail, 512);
});

describe('a frame allocator', () => {
  test("takes a frame's memory back as a whole, when the GPU is done with that frame", async () => {
    const { heap, finishWork } = heapOf(2048);
    const frames = new FrameAllocator(heap);
    for (let i = 0; i < 4; i++) frames.alloc(8);
    await frames.next();
    for (let i = 0; i < 4; i++) frames.alloc(8);
    assert.equal(heap.buddy.avail, 0);

    let hasBegun = false;
    const next = frames.next().then(() => (hasBegun = true));
    await setImmediate();
    assert.equal(hasBegun, false);
    assert.equal(heap.buddy.avail, 0);

    finishWork();
    await next;
    assert.equal(heap.buddy.avail, 1024);
    frames.alloc(1024);
  });

  test('tells where the frames under way have used up the heap', () => {
    const frames = new FrameAllocator(heapOf(512).heap);
    frames.alloc(512);
    assert.throws(() => frames.alloc(8), {
      name: 'RangeError',
      message: 'The heap "vectors" has no 8 bytes free for this frame',
    });
  });
});
