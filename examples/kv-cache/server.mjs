import { InputError } from './input-error.mjs';
import { bytesOf } from './units.mjs';

/** The part of the space that stays free when a sequence begins, so that those that run can grow. */
const SPARE = 1 / 100;

/**
 * @typedef {object} Sequence a request that runs, or waits to run
 * @property {number} tokens that it has
 * @property {number} length tokens that it will have in the end
 * @property {number} since the time at which it came
 * @property {number | null} wait seconds until it ran first
 * @property {import('./kv-cache.mjs').Pages | null} pages while it runs
 */

/**
 * Serves requests as an inference server with continuous batching does: first come, first served. In each step every running
 * sequence gets one token more. Where one can't grow, the youngest is preempted: it gives back its pages, and runs again, with all
 * its tokens, before those that wait.
 */
export class Server {
  preemptions = 0;
  adapters = 0;
  failedAdapters = 0;
  /** @type {Sequence[]} all that have come */
  sequences = [];
  /** @type {Sequence[]} in the order in which they began */
  #running = [];
  /** @type {Sequence[]} */
  #waiting = [];
  /** @type {{ end: number, blocks: import('gpu-buddy').AllocatedBlocks }[]} */
  #loaded = [];

  /** @param {import('./kv-cache.mjs').KvCache} cache */
  constructor(cache) {
    this.cache = cache;
  }

  /**
   * Takes a request in.
   * @param {import('./arrivals.mjs').Request} request
   * @param {number} now
   * @throws {InputError} where it would wait for ever
   */
  submit({ context, generated }, now) {
    const length = context + generated;
    if (bytesOf(length) > this.cache.capacity)
      throw new InputError(`A request of ${length} tokens is larger than the space for sequences`);
    const sequence = { tokens: context, length, since: now, wait: null, pages: null };
    this.sequences.push(sequence);
    this.#waiting.push(sequence);
  }

  /** Loads an adapter, if there is room for it. @param {import('./arrivals.mjs').Adapter} adapter @param {number} now */
  load({ size, seconds }, now) {
    this.adapters += 1;
    const blocks = this.cache.load(size);
    if (blocks) this.#loaded.push({ end: now + seconds, blocks });
    else this.failedAdapters += 1;
  }

  /** Unloads the adapters whose time is over. @param {number} now */
  unload(now) {
    for (const { end, blocks } of this.#loaded) if (end <= now) blocks.free();
    this.#loaded = this.#loaded.filter(({ end }) => end > now);
  }

  /** Makes one step. @param {number} now */
  step(now) {
    this.#admit(now);
    for (let i = 0; i < this.#running.length; i++) this.#decode(this.#running[i]);
    for (const { tokens, length, pages } of this.#running) if (tokens >= length) pages.blocks.free();
    this.#running = this.#running.filter(({ tokens, length }) => tokens < length);
  }

  /** Whether no sequence runs or waits, and no adapter is loaded. */
  get isIdle() {
    return this.#running.length + this.#waiting.length + this.#loaded.length === 0;
  }

  /** @param {number} now */
  #admit(now) {
    for (let next; (next = this.#waiting[0]); this.#waiting.shift()) {
      // One that runs alone leaves nothing free for others.
      const spare = this.#running.length > 0 ? SPARE * this.cache.buddy.size : 0;
      next.pages = this.cache.open(next.tokens + 1, next.length, spare);
      if (!next.pages) return;
      next.wait ??= now - next.since;
      this.#running.push(next);
    }
  }

  /** @param {Sequence} sequence */
  #decode(sequence) {
    while (!this.cache.grow(sequence.pages, sequence.tokens + 1)) {
      const youngest = this.#running.pop();
      youngest.pages.blocks.free();
      this.#waiting.unshift(youngest);
      this.preemptions += 1;
      if (youngest === sequence) return;
    }
    sequence.tokens += 1;
  }
}
