/**
 * The allocators that scenarios work on, and everything that a program could reach when one of them is interrupted: lists,
 * results, batches, other allocators. Knows who should own what; judging it is the business of checks.mjs.
 */

/** @typedef {typeof import('gpu-buddy') & typeof import('gpu-buddy/trace') & typeof import('gpu-buddy/queue')} Package */
/** @typedef {import('gpu-buddy').Bytes} Bytes */
/** @typedef {import('gpu-buddy').GpuBuddy<Bytes>} GpuBuddy whatever it gives out */
/** @typedef {import('gpu-buddy').AllocatedBlocks<Bytes>} AllocatedBlocks */
/** @typedef {import('gpu-buddy').BatchResult<Bytes>} BatchResult */

/** @typedef {Pick<import('gpu-buddy').BlockTable<Bytes>, 'offsets' | 'orders'>} Blocks */

/**
 * A list that can be reached, the allocator that it must lie in, and, where nobody may change it, its blocks as they were.
 * @typedef {{ name: string, list: AllocatedBlocks, buddy: GpuBuddy, before?: Blocks | undefined }} Holding
 */

/** @typedef {import('gpu-buddy').Pool<Bytes>} Pool */

/**
 * A pool that can be reached, its allocator, and, where nobody may change it, its allocations as they were.
 * @typedef {{ name: string, pool: Pool, buddy: GpuBuddy, before?: readonly Allocation[] | undefined }} PoolHolding
 */

/** @typedef {{ handle: import('gpu-buddy').PoolHandle, offset: bigint, size: bigint }} Allocation */

/** Describes all allocations of a pool. @param {Pool} pool @returns {Allocation[]} */
export function allocationsOf(pool) {
  return Array.from(pool, (handle) => ({
    handle,
    offset: BigInt(pool.offset(handle)),
    size: BigInt(pool.size(handle)),
  }));
}

/**
 * A use of the library that can be interrupted. `arrange` makes what `act` needs, and `act` tells the world of all that it gets
 * hold of. After an interruption `again` must work; it may throw one of the codes in `refused` where the interrupted
 * call was done already. `verify` says what must hold then.
 *
 * @typedef {object} Scenario
 * @property {string} name the method, and what is special about the call
 * @property {(world: World) => unknown} [arrange] may return a promise; `act` then follows in the same turn of the event loop
 * @property {(world: World) => unknown} act
 * @property {(world: World) => unknown} [again] Default: `act`
 * @property {(world: World) => void} [verify]
 * @property {(world: World) => unknown} [cleanup]
 * @property {readonly string[]} [refused]
 * @property {string} [throws] the code of the error that `act` throws when nobody interrupts it
 * @property {boolean} [isSlow] its steps are sampled
 * @property {boolean} [isCollecting] waits for the collector each time
 * @property {boolean} [isAsync] the steps are met in callbacks from the event loop
 * @property {boolean} [makesAllocators] allocators, or handles, could be lost
 */

export const KIB = 1024;
export const MIB = 1024 * KIB;

export const SMALL = { size: MIB, chunkSize: 4 * KIB };
export const LARGE = { size: 256 * MIB, chunkSize: 8 * KIB, baseOffset: 2 ** 32 };
/** Its numbers do not fit into doubles. */
export const HUGE = /** @type {const} */ ({ size: 2n ** 60n, bigint: true });
/** Its chunks are smaller than the kernel's. */
export const FINE = { size: 4 * MIB, chunkSize: 256 };
/** A size that each of them can allocate. */
export const COMMON_SIZE = 8 * KIB;

export class World {
  /** A place for data of the scenarios. @type {any} */
  my = {};
  /** @type {Holding[]} */
  holdings = [];
  /** @type {PoolHolding[]} */
  pools = [];
  /** @type {BatchResult[]} */
  results = [];
  /** Allocators besides those of the world. @type {GpuBuddy[]} */
  buddies = [];
  /** Objects for an allocator that has another object already. @type {Map<GpuBuddy, GpuBuddy>} */
  aliases = new Map();
  /** Tokens of allocators that must be gone after `end()`. @type {import('gpu-buddy').GpuBuddyToken[]} */
  mortals = [];
  /** @type {Disposable[]} */
  replayers = [];
  /** @type {import('gpu-buddy').Batch<Bytes> | undefined} */
  batch;
  /** @type {BatchResult | undefined} */
  result;
  /** The handle of the list of `result` that has been asked for. @type {import('gpu-buddy').BatchHandle | undefined} */
  handle;

  /** @param {Package} library @param {GpuBuddy} [small] one that other threads use, too */
  constructor(library, small = new library.GpuBuddy(SMALL)) {
    this.library = library;
    this.small = small;
    this.large = new library.GpuBuddy(LARGE);
    this.huge = new library.GpuBuddy(HUGE);
    this.fine = new library.GpuBuddy(FINE);
  }

  /** @returns {GpuBuddy[]} */
  get allocators() {
    return [this.small, this.large, this.huge, this.fine];
  }

  /** Makes what no scenario touches. */
  begin() {
    const { small, large, huge, fine } = this;
    this.#keep('a block of small', small.allocBlocks(4 * KIB), small);
    this.#keep('a list of small', small.allocBlocks(20 * KIB), small);
    this.#keep('a block of large', large.allocBlocks(8 * KIB), large);
    this.#keep('a list of large', large.allocBlocks(56 * KIB), large);
    this.#keep('a block of huge', huge.allocBlocks(2n ** 54n), huge);
    this.#keep('a list of fine', fine.allocBlocks(5 * 256), fine);

    const pool = large.pool();
    pool.alloc(8 * KIB);
    pool.alloc(24 * KIB);
    this.pools.push({ name: 'a pool of large', pool, buddy: large, before: allocationsOf(pool) });

    this.batch = small.batch();
    this.batch.alloc(4 * KIB);
    this.batch.free(this.batch.alloc(8 * KIB));
    this.batch.free(this.#keep('a list that a batch will free', small.allocBlocks(4 * KIB), small));

    const batch = large.batch();
    this.handle = batch.alloc(8 * KIB);
    batch.alloc(24 * KIB);
    batch.free(batch.alloc(8 * KIB));
    this.result = batch.run();
    const list = this.result.blocks(this.handle);
    if (!list) throw new Error('The result has no list.');
    this.#keep('a list of a result', list, large);
  }

  /** @template {AllocatedBlocks} T @param {string} name @param {T} list @param {GpuBuddy} buddy @returns {T} */
  #keep(name, list, buddy) {
    this.holdings.push({ name, list, buddy, before: list.toArrays() });
    return list;
  }

  /** Takes note of a list. @template {AllocatedBlocks | null} T @param {T} list @param {GpuBuddy} buddy @returns {T} */
  hold(list, buddy) {
    if (list) this.holdings.push({ name: `list ${this.holdings.length}`, list, buddy });
    return list;
  }

  /** Takes note of a pool. @param {Pool} pool @param {GpuBuddy} buddy */
  holdPool(pool, buddy) {
    this.pools.push({ name: `pool ${this.pools.length}`, pool, buddy });
    return pool;
  }

  /** @param {BatchResult} result */
  holdResult(result) {
    this.results.push(result);
    return result;
  }

  /**
   * Takes note of an allocator, or of another object for one, unless it is one of the world's.
   *
   * @param {GpuBuddy} buddy @param {GpuBuddy} [original]
   */
  holdBuddy(buddy, original) {
    if (this.allocators.includes(buddy)) return buddy;
    this.buddies.push(buddy);
    if (original && buddy !== original) this.aliases.set(buddy, original);
    return buddy;
  }

  /** @template {Disposable} T @param {T} replayer @returns {T} */
  holdReplayer(replayer) {
    this.replayers.push(replayer);
    return replayer;
  }

  /**
   * Frees the list that `my.ticket` stands for, if nobody has adopted it, with the options `my.opened`. A token that is not kept in
   * the same moment in which `transfer()` or `park()` returns it could be lost: so scenarios keep it there, without a call.
   */
  #freeTicket() {
    if (!this.my.ticket) return;
    try {
      this.library.AllocatedBlocks.adopt(this.my.ticket, this.my.opened).free();
    } catch (error) {
      if (/** @type {any} */ (error).code !== 'ERR_GPU_BUDDY_TOKEN') throw error;
    }
  }

  /** Notes that an allocator must end with `end()`, whatever was interrupted. @param {GpuBuddy} buddy */
  expectEnd(buddy) {
    const token = buddy.share();
    this.mortals.push(token);
    return token;
  }

  /**
   * Gives back what a scenario has got hold of, so that it can be played again. Interrupted, it leaves everything in its place.
   */
  endRound() {
    const made = this.holdings.filter(({ before }) => before === undefined);
    this.#freeTicket();
    for (const { list } of made) list.free();
    for (const { pool, before } of this.pools) if (!before) pool.dispose();
    for (const result of this.results) result.free();
    for (const replayer of this.replayers) replayer[Symbol.dispose]();
    for (const buddy of this.buddies) buddy.dispose();
    this.holdings = this.holdings.filter(({ before }) => before !== undefined);
    this.pools = this.pools.filter(({ before }) => before !== undefined);
    this.results = [];
    this.replayers = [];
    this.buddies = [];
    this.aliases = new Map();
    this.my = {};
  }

  /** Gives everything back. @param {(what: string, error: unknown) => void} report */
  end(report) {
    /** @param {string} what @param {() => void} run */
    const attempt = (what, run) => {
      try {
        run();
      } catch (error) {
        report(what, error);
      }
    };
    attempt('the batch', () => {
      const result = this.batch?.run();
      if (!result) return;
      const { errnos, length } = result;
      result.free();
      if (length !== 4 || errnos.some((errno) => errno !== 0))
        throw new Error(`an untouched batch did ${errnos.join(' ')}`);
    });
    attempt('the result', () => this.result?.free());
    attempt('the token of a list', () => this.#freeTicket());
    for (const result of this.results) attempt('result.free()', () => result.free());
    for (const { name, pool } of this.pools) {
      attempt(`dispose() of ${name}`, () => {
        pool.dispose();
        if (!pool.disposed) throw new Error('it is not disposed of');
      });
    }
    for (const { name, list } of this.holdings) {
      attempt(`free() of ${name}`, () => {
        list.free();
        if (!list.freed) throw new Error('it is not freed');
      });
    }
    for (const replayer of this.replayers) attempt('dispose of a replayer', () => replayer[Symbol.dispose]());
    for (const buddy of this.buddies) attempt('dispose()', () => buddy.dispose());
    this.forget();
  }

  /** Drops everything but the allocators. */
  forget() {
    this.my = {};
    this.holdings = [];
    this.pools = [];
    this.results = [];
    this.buddies = [];
    this.aliases = new Map();
    this.replayers = [];
    this.batch = undefined;
    this.result = undefined;
    this.handle = undefined;
  }
}
