/**
 * Gives memory that lives for one frame, such as uniforms: nobody frees a single range. Each frame has a pool, which is cleared as a
 * whole when the GPU is done with that frame.
 */
export class FrameAllocator {
  #heap;
  #frames;
  #current = 0;

  /** @param {import('./heap.mjs').Heap} heap @param {number} [count] frames that may be under way at one time */
  constructor(heap, count = 2) {
    this.#heap = heap;
    this.#frames = Array.from({ length: count }, () => ({ pool: heap.pool(), done: Promise.resolve() }));
  }

  /**
   * Gives a range for the current frame.
   * @param {number} size bytes
   * @throws {RangeError} where the frames that are under way have used up the heap
   */
  alloc(size) {
    const range = this.#frames[this.#current].pool.tryAlloc(size);
    if (range) return range;
    throw new RangeError(`The heap "${this.#heap.label}" has no ${size} bytes free for this frame`);
  }

  /** Begins the next frame, after the current one is submitted: waits until the GPU is done with the one whose memory it takes over. */
  async next() {
    this.#frames[this.#current].done = this.#heap.device.queue.onSubmittedWorkDone();
    this.#current = (this.#current + 1) % this.#frames.length;
    const { pool, done } = this.#frames[this.#current];
    await done;
    pool.clear();
  }
}
