/** The ways of JavaScript: the same loops around the calls of the public API, of a pool, of a batch and of a replay. */
import { library } from '../library.mjs';
import { Job } from '../peers/job.mjs';
import { nextRandom, SEED } from '../random.mjs';
import { apiOptions, kernelArguments } from './requests.mjs';

const NO_SPACE = -28;
/** Pairs, or requests in vain, that go down together in a batch. */
const PAIRS_A_BATCH = 1000;

/**
 * @typedef {import('../states.mjs').Request} Request
 * @typedef {import('../library.mjs').Library} Library
 *
 * @typedef {object} Calls
 * @property {(request: Request) => { alloc: any, free?: any }} options in the words of the calls
 * @property {(size: number, options?: any) => any} alloc
 * @property {(size: number) => any} [tryAlloc] gives `null` where there is no room
 * @property {(size: number, options?: any) => boolean} fails asks in vain
 * @property {(allocation: any, options?: any) => void} free
 * @property {() => { errnos: Int32Array }} [run] does what was collected, after each thousand pairs
 * @property {() => void} [end] does what was put off
 * @property {() => import('./way.mjs').Blocks} blocks
 * @property {() => void} dispose
 */

/** @type {Record<import('../states.mjs').WayName, (params: import('./way.mjs').Params, library: Library) => Calls>} */
export const openers = {
  /** One call after the other. */
  api(params, { GpuBuddy }) {
    const buddy = new GpuBuddy(params);
    return {
      options: apiOptions,
      alloc: (size, options) => buddy.allocBlocks(size, options),
      tryAlloc: (size) => buddy.tryAllocBlocks(size),
      fails: (size, options) => buddy.tryAllocBlocks(size, options) === null,
      free: (blocks, options) => blocks.free(options),
      blocks: () => buddy.snapshot(),
      dispose: () => buddy.dispose(),
    };
  },

  /** Allocations are numbers, and each is one run of memory, without being told to be. */
  pool(params, { GpuBuddy }) {
    const buddy = new GpuBuddy(params);
    const pool = buddy.pool();
    return {
      options: (request) => apiOptions({ ...request, contiguous: false }),
      alloc: (size, options) => pool.alloc(size, options),
      tryAlloc: (size) => pool.tryAlloc(size),
      fails: (size, options) => pool.tryAlloc(size, options) === null,
      free: (handle, options) => pool.free(handle, options),
      blocks: () => buddy.snapshot(),
      dispose: () => buddy.dispose(),
    };
  },

  /**
   * Operations are collected, then done in one call. No list is asked for as an object, so what is to be freed must have been
   * allocated in the same batch: before churn and in the common job, everything since the space was empty is one batch.
   */
  batch(params, { GpuBuddy }) {
    const buddy = new GpuBuddy(params);
    const batch = buddy.batch();
    /** Keep their lists allocated. @type {{ free(): void }[]} */
    const results = [];
    return {
      options: apiOptions,
      alloc: (size, options) => batch.alloc(size, options),
      tryAlloc: (size) => batch.alloc(size),
      // Whether it has failed is seen after the run.
      fails(size, options) {
        batch.alloc(size, options);
        return true;
      },
      free: (handle, options) => batch.free(handle, options),
      run: () => batch.run(),
      end() {
        if (batch.length) results.push(batch.run());
      },
      blocks: () => buddy.snapshot(),
      dispose() {
        for (const result of results) result.free();
        buddy.dispose();
      },
    };
  },

  /** The kernel's calls with its arguments as they are. Nothing is parsed, and the lines of the results are not asked for. */
  replay(params, { TraceReplayer }) {
    const replayer = new TraceReplayer();
    replayer.execute({ kind: 'init', size: params.size, chunkSize: params.chunkSize });
    /** Each list has an ID of its own. */
    let nextId = 1;
    /** @param {import('gpu-buddy/trace').TraceOperation} operation */
    function enqueue(operation) {
      if (replayer.enqueue(operation)) return;
      replayer.run();
      replayer.enqueue(operation);
    }
    /** @param {number} size @param {ReturnType<typeof kernelArguments>} given */
    function alloc(size, { start, end, minBlockSize, flags }) {
      const id = nextId++;
      enqueue({ kind: 'alloc', id, start, end, size, minBlockSize, flags });
      return id;
    }
    /** @param {number} id @param {boolean} cleared */
    function free(id, cleared) {
      enqueue({ kind: 'free', id, cleared });
    }
    return {
      options: (request) => ({ alloc: kernelArguments(request, params), free: request.clear }),
      alloc,
      fails(size, given) {
        // An ID stands for a list even if it is empty.
        free(alloc(size, given), false);
        return true;
      },
      free,
      end: () => replayer.run(),
      blocks() {
        const snapshot = replayer.snapshot();
        if (!snapshot) throw new Error('The replayer has no allocator.');
        return snapshot.blocks;
      },
      dispose: () => replayer[Symbol.dispose](),
    };
  },
};

/** @implements {Way} @typedef {import('./way.mjs').Way} Way */
export class JavaScript {
  #calls;
  #job;
  /** @type {any[]} */
  #live = [];
  #random = SEED;

  /** @param {Calls} calls @param {import('./way.mjs').Params} params */
  constructor(calls, { size }) {
    this.#calls = calls;
    this.#job = new Job({ alloc: calls.tryAlloc ?? calls.alloc, free: calls.free }, size);
  }

  /** @param {string} way @param {import('./way.mjs').Params} params @param {Library} [from] */
  static open(way, params, from = library) {
    return new JavaScript(openers[way](params, from), params);
  }

  /** @param {import('./way.mjs').Operation} operation @param {Request} request @param {number} [count] */
  run(operation, request, count = 0) {
    this[operation](request, count);
  }

  /** @param {Request} request @param {number} count */
  fill(request, count) {
    const { alloc, options } = this.#calls;
    const given = options(request);
    for (let i = 0; i < count; i++) this.#live.push(alloc(request.size, given.alloc));
  }

  /** @param {Request} request */
  keepEverySecond(request) {
    this.#keepHalf(request, (i) => 2 * i);
  }

  /** @param {Request} request */
  keepRandomHalf(request) {
    this.#keepHalf(request, (i, length) => {
      this.#random = nextRandom(this.#random);
      return i + ((this.#random >>> 0) % (length - i));
    });
  }

  /** Keeps the same half of the live blocks as c/space.c. @param {Request} request @param {(i: number, length: number) => number} choose */
  #keepHalf(request, choose) {
    const live = this.#live;
    const given = this.#calls.options(request);
    const kept = Math.floor(live.length / 2);
    for (let i = 0; i < kept; i++) {
      const place = choose(i, live.length);
      [live[i], live[place]] = [live[place], live[i]];
    }
    for (const allocation of live.splice(kept)) this.#calls.free(allocation, given.free);
  }

  /** @param {Request} request @param {number} count */
  pairs(request, count) {
    const { alloc, free, options, run } = this.#calls;
    const { size } = request;
    const given = options(request);
    const step = run ? PAIRS_A_BATCH : count;
    for (let done = 0; done < count; done += step) {
      for (let i = 0; i < step; i++) free(alloc(size, given.alloc), given.free);
      run?.();
    }
  }

  /** @param {Request} request @param {number} count */
  churn(request, count) {
    const live = this.#live;
    const { alloc, free, options } = this.#calls;
    const { size } = request;
    const given = options(request);
    let random = this.#random;
    for (let i = 0; i < count; i++) {
      random = nextRandom(random);
      const place = (random >>> 0) % live.length;
      free(live[place], given.free);
      live[place] = alloc(size, given.alloc);
    }
    this.#random = random;
  }

  /** @param {Request} request @param {number} count */
  failures(request, count) {
    const { fails, options, run } = this.#calls;
    const { size } = request;
    const given = options(request);
    const step = run ? PAIRS_A_BATCH : count;
    for (let done = 0; done < count; done += step) {
      for (let i = 0; i < step; i++)
        if (!fails(size, given.alloc)) throw new Error('There should be no room.');
      if (run?.().errnos.some((errno) => errno !== NO_SPACE)) throw new Error('There should be no room.');
    }
  }

  /** @param {Request} _ is part of the job @param {number} count */
  job(_, count) {
    this.#job.run(count);
  }

  /** @param {Request} _ @param {number} count */
  copyBlocks(_, count) {
    for (let i = 0; i < count; i++) this.#calls.blocks();
  }

  end() {
    this.#calls.end?.();
  }

  blocks() {
    this.end();
    return this.#calls.blocks();
  }

  dispose() {
    this.#calls.dispose();
  }
}
