/**
 * One job for all, the same as space_job() in c/space.c: random sizes from 4 KiB to 2 MiB, powers of two, so that nobody
 * wastes anything. The space is filled to its half and then kept there: what would not fit into that half is not
 * allocated; a random allocation is freed instead.
 */
import { nextRandom, SEED } from '../random.mjs';

const SMALLEST = 4096;
const ORDERS = 10;

export class Job {
  #allocator;
  #half;
  #used = 0;
  #live = [];
  #sizes = [];
  #random = SEED;

  /** @param {import('./index.mjs').Allocator} allocator @param {number} size of its space */
  constructor(allocator, size) {
    this.#allocator = allocator;
    this.#half = size / 2;
  }

  /** Allocations that are live. */
  get live() {
    return this.#live.length;
  }

  /** Does `count` operations, allocations and frees. @param {number} count */
  run(count) {
    const allocator = this.#allocator;
    const live = this.#live;
    const sizes = this.#sizes;
    let random = this.#random;
    for (let i = 0; i < count; i++) {
      random = nextRandom(random);
      const size = SMALLEST << ((random >>> 8) % ORDERS);
      if (this.#used + size <= this.#half) {
        const allocation = allocator.alloc(size);
        if (allocation === null) throw new Error('There should be room.');
        live.push(allocation);
        sizes.push(size);
        this.#used += size;
        continue;
      }
      random = nextRandom(random);
      const place = (random >>> 0) % live.length;
      allocator.free(live[place]);
      this.#used -= sizes[place];
      live[place] = live[live.length - 1];
      sizes[place] = sizes[sizes.length - 1];
      live.pop();
      sizes.pop();
    }
    this.#random = random;
  }
}
