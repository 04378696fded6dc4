/** The kernel's functions, called in C: see ../c/space.h. */
import { createRequire } from 'node:module';
import { SEED } from '../random.mjs';
import { kernelArguments } from './requests.mjs';

const c = createRequire(import.meta.url)('../c/build/Release/bench.node');

/** Nanoseconds of processor time that this thread has had. @type {() => number} */
export const threadTime = c.threadTime;

/** Gives what malloc keeps of freed memory back to the system, where malloc can. @type {() => void} */
export const trimMemory = c.trimMemory;

/** @implements {Way} @typedef {import('./way.mjs').Way} Way */
export class C {
  #params;
  #space;

  /** @param {import('./way.mjs').Params} params */
  constructor(params) {
    this.#params = params;
    this.#space = c.create(Float64Array.of(params.size, params.chunkSize, 0, 0, 0, 0), SEED);
  }

  /** @param {import('./way.mjs').Operation} operation @param {import('../states.mjs').Request} request @param {number} [count] */
  run(operation, request, count = 0) {
    const { size, minBlockSize, start, end, flags, freeFlags } = kernelArguments(request, this.#params);
    c[operation](this.#space, Float64Array.of(size, minBlockSize, start, end, flags, freeFlags), count);
  }

  end() {}

  blocks() {
    const count = c.countBlocks(this.#space);
    const columns = {
      offsets: new BigUint64Array(count),
      orders: new Uint8Array(count),
      states: new Uint8Array(count),
      tags: new Float64Array(count),
    };
    c.walk(this.#space, columns.offsets, columns.orders, columns.states, columns.tags);
    return columns;
  }

  dispose() {
    c.destroy(this.#space);
  }
}
