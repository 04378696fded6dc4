/** Bytes that every range begins at a multiple of: what WebGPU wants of the offset of a uniform or storage binding, on every GPU. */
export const UNIT = 256;

/**
 * @typedef {object} Range a part of a heap's buffer. It is a GPUBufferBinding: the `resource` of a bind group's entry
 * @property {GPUBuffer} buffer
 * @property {number} offset bytes
 * @property {number} size bytes that were asked for
 * @property {import('gpu-buddy').PoolHandle} handle
 */

/** Hands out ranges of a heap, which are freed one by one, or all at once. */
export class RangePool {
  #heap;
  #pool;

  /** @param {import('./heap.mjs').Heap} heap */
  constructor(heap) {
    this.#heap = heap;
    this.#pool = heap.buddy.pool();
  }

  /**
   * Gives a range; `null` where none is free.
   * @param {number} size bytes
   * @returns {Range | null}
   * @throws {RangeError} where the heap is smaller
   */
  tryAlloc(size) {
    const { buffer, buddy, label } = this.#heap;
    if (size > buddy.size) throw new RangeError(`The heap "${label}" has ${buddy.size} bytes, not ${size}`);
    const handle = this.#pool.tryAlloc(Math.ceil(size / UNIT) * UNIT);
    if (handle === null) return null;
    this.#heap.count();
    return { buffer, offset: this.#pool.offset(handle), size, handle };
  }

  /**
   * Gives a range, as soon as one is free. Takes two things to end: others free theirs, and do not wait for this one meanwhile.
   * @param {number} size bytes
   * @returns {Promise<Range>}
   * @throws {RangeError} where the heap is smaller
   */
  async alloc(size) {
    const { buddy } = this.#heap;
    for (;;) {
      const since = buddy.epoch;
      const range = this.tryAlloc(size);
      if (range) return range;
      await buddy.waitForFree({ since });
    }
  }

  /** Frees a range at once. @param {Range} range */
  free(range) {
    this.#pool.free(range.handle);
  }

  /**
   * Frees a range when the GPU has done all that was submitted before. The queue keeps its order, so what `writeBuffer()` writes later
   * could take its place earlier; but whoever waits for memory then also waits for the GPU, and can't run ahead of it.
   * @param {Range} range
   */
  async freeWhenDone(range) {
    await this.#heap.device.queue.onSubmittedWorkDone();
    this.free(range);
  }

  /** Frees all ranges at once. */
  clear() {
    this.#pool.clear();
  }
}
