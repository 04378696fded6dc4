/** The kernel's functions, called in C: see ../c/space.h. */
import { createRequire } from 'node:module';
import { SEED } from '../random.mjs';
import { kernelArguments } from './requests.mjs';

const c = createRequire(import.meta.url)('../c/build/Release/bench.node');

/** Nanoseconds of processor time that this thread has had. @type {() => number} */
export const threadTime = c.threadTime;

/** Gives what malloc keeps of freed memory back to the system, where malloc can. @type {() => void} */
export const trimMemory = c.trimMemory;

/** @type {(seed: number, numbers: Uint32Array) => void} */
export const randomNumbersOfC = c.randomNumbers;

/** @implements {Way} @typedef {import('./way.mjs').Way} Way @typedef {import('../states.mjs').Request} Request */
export class C {
  #params;
  #space;

  /** @param {import('./way.mjs').Params} params */
  constructor(params) {
    this.#params = params;
    this.#space = c.create(Float64Array.of(params.size, params.chunkSize, 0, 0, 0, 0), SEED);
  }

  /** @param {Request} request */
  #arguments(request) {
    const { size, minBlockSize, start, end, flags, freeFlags } = kernelArguments(request, this.#params);
    return Float64Array.of(size, minBlockSize, start, end, flags, freeFlags);
  }

  /** @param {Request} request @param {number} count */
  fill(request, count) {
    c.fill(this.#space, this.#arguments(request), count);
  }

  /** @param {Request} request */
  keepEverySecond(request) {
    c.keepEverySecond(this.#space, this.#arguments(request), 0);
  }

  /** @param {Request} request */
  keepRandomHalf(request) {
    c.keepRandomHalf(this.#space, this.#arguments(request), 0);
  }

  /** @param {Request} request @param {number} count */
  pairs(request, count) {
    c.pairs(this.#space, this.#arguments(request), count);
  }

  /** @param {Request} request @param {number} count */
  churn(request, count) {
    c.churn(this.#space, this.#arguments(request), count);
  }

  /** @param {Request} request @param {number} count */
  failures(request, count) {
    c.failures(this.#space, this.#arguments(request), count);
  }

  /** The job of ../peers/job.mjs. @param {Request} request @param {number} count */
  job(request, count) {
    c.job(this.#space, this.#arguments(request), count);
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

  /** As `blocks()`, all of it in C. */
  copyBlocks() {
    c.copyBlocks(this.#space);
  }

  dispose() {
    c.destroy(this.#space);
  }
}
