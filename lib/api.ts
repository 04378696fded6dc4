// Declares everything that users of this package can call: the classes and their documentation, without code. It imports nothing that
// stands above it, so that the files with the code, which are named after the classes, need not import each other to speak of them.
//
// TypeScript reads this file as the package `gpu-buddy`. Node gets what lib/index.ts exports, and a test compares the two. Import only
// types from here: there is nothing else.

/**
 * Hands out ranges of a space by the Linux kernel's GPU buddy allocator. Begin with {@link GpuBuddy}.
 *
 * @module gpu-buddy
 */
// The declarations speak of `Disposable`, whatever the compiler's `lib` is.
/// <reference lib="esnext.disposable" preserve="true" />
import type { AddressRange } from './address-range';
import type { BatchHandle } from './batch-handles';
import type { BlockInfo, BlockTable } from './block-table';
import type { GpuBuddyError, GpuBuddyErrorCode, ShortageReason } from './errors';
import type { FreeOptions } from './free-options';
import type { GpuBuddyOptions, RestoreOptions } from './gpu-buddy-options';
import type { JournalOptions, ReadJournalOptions } from './journal';
import type { JournalEntry } from './journal-entry';
import type { Json } from './json';
import type { Bytes } from './native';
import type { PoolHandle } from './pool-handle';
import type { GpuBuddyState } from './saved-state';
import type { Segment } from './segments';
import type { Column } from './space';
import type { AccountToken, AllocatedBlocksToken, GpuBuddyToken, OpenOptions } from './tokens';
import type { WaitForFreeOptions } from './waiting';

export type { AddressRange } from './address-range';
export type { BatchHandle } from './batch-handles';
export type { BlockInfo, BlockTable } from './block-table';
export { GpuBuddyError, type GpuBuddyErrorCode, type ShortageReason } from './errors';
export type { FreeOptions } from './free-options';
export type { GpuBuddyOptions, RestoreOptions } from './gpu-buddy-options';
export type { JournalOptions, ReadJournalOptions } from './journal';
export type * from './journal-entry';
export type { Json } from './json';
export { kernelVersion, STATE_ALLOCATED, STATE_CLEAR, type Bytes } from './native';
export type { PoolHandle } from './pool-handle';
export type { ReclaimedMessage } from './reclaim';
export type { GpuBuddyState } from './saved-state';
export type { Segment } from './segments';
export * from './sizes';
export type { Column } from './space';
export type { AccountToken, AllocatedBlocksToken, GpuBuddyToken, OpenOptions } from './tokens';
export type { WaitSignal } from './wait-signal';
export type { WaitForFreeOptions } from './waiting';

/** The policy that chooses blocks: one of four. */
export type AllocMode =
  /** The smallest block that is large enough; of several, the one at the highest address. */
  | 'simple'
  /** The block at the highest address. */
  | 'top-down'
  /** The block at the lowest address, within these addresses. */
  | { readonly range: AddressRange }
  /** Exactly this address, with `baseOffset`: a range as long as the size. */
  | { readonly at: Bytes };

/** How to allocate. */
export interface AllocOptions {
  /** Bytes: no block is smaller, and every block is aligned to it. A power of two, at least `chunkSize`, its default. */
  readonly minBlockSize?: Bytes | undefined;
  /** Chooses where to look. Default: `'simple'`. */
  readonly mode?: AllocMode | undefined;
  /** Allocates one piece: one block, or adjacent ones. */
  readonly contiguous?: boolean | undefined;
  /** Prefers memory that is known to be zero. */
  readonly clear?: boolean | undefined;
  /** Keeps the rounded-up size. */
  readonly trimDisable?: boolean | undefined;
  /** A number that the blocks carry, for `blockAt()` and `snapshot()`: a safe integer from 0 on. Default: 0. */
  readonly tag?: number | undefined;
  /** The account that is charged, one of this allocator. Default: none. */
  readonly account?: Account<Bytes> | undefined;
}

/** How to allocate in a pool: as `AllocOptions`, but always in one piece. */
export type PoolAllocOptions = Omit<AllocOptions, 'contiguous'>;

/**
 * Allocates ranges of the addresses from `baseOffset` to `baseOffset + size`: the kernel's `struct gpu_buddy`. It manages numbers, and
 * never touches what lies at these addresses.
 *
 * Sizes and addresses are bytes. They go in as safe integers or bigints, and come out as numbers, or as bigints if the allocator was
 * made with `bigint: true`. After an error the allocator is as it was.
 *
 * Mirrors `GpuBuddy` of the kernel's Rust bindings.
 *
 * @example
 * ```ts
 * import { GpuBuddy, SZ_1G, SZ_16M } from 'gpu-buddy';
 *
 * const buddy = new GpuBuddy({ size: SZ_1G });
 * const blocks = buddy.allocBlocks(SZ_16M, { minBlockSize: SZ_16M });
 * console.log(blocks.at(0)?.offset); // 1056964608: 1 GiB - 16 MiB
 * blocks.free();
 * ```
 */
export interface GpuBuddy<N extends Bytes = number> extends Disposable {
  /** Name from the options, the same in every thread; `undefined` without one. */
  readonly name: string | undefined;

  /** Address of the first byte of the space. */
  readonly baseOffset: N;

  /** Bytes of the smallest block. */
  readonly chunkSize: N;

  /** Managed bytes: a multiple of `chunkSize`. */
  readonly size: N;

  /**
   * Free bytes: `gpu_buddy.avail`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  readonly avail: N;

  /**
   * Free bytes that are known to be zero: `gpu_buddy.clear_avail`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  readonly clearAvail: N;

  /**
   * Counts how often memory has become free, in any thread: by a free, a trim or `freeAll()`, by the collector, or by the end of a
   * thread. An allocation that is undone, such as part of a failed batch, counts only if another thread was refused memory meanwhile.
   * See `waitForFree()`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  readonly epoch: number;

  /**
   * Whether nothing is allocated.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  readonly isEmpty: boolean;

  /**
   * Bytes of the largest free block; 0 if nothing is free. Adjacent free blocks can make a longer piece: see `findFree()`. Takes the
   * same time for any number of blocks.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  readonly largestFree: N;

  /**
   * Fragmentation of the free memory, from 0 (none, or nothing is free) to nearly 1: 1 minus `largestFree` divided by the largest block
   * that as many free bytes could hold. Takes the same time for any number of blocks.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  readonly fragmentation: number;

  /** Order of the largest block that the space can hold. */
  readonly maxOrder: number;

  /** Whether `dispose()` has been called. Never throws. */
  readonly disposed: boolean;

  /**
   * Allocates `size` bytes: a multiple of `chunkSize`, in as few blocks as the kernel's policy finds.
   *
   * Behind it: `gpu_buddy_alloc_blocks()`.
   *
   * @throws {GpuBuddyError} `ENOSPC` if no free space fits, with `reason` and what was free; `EINVAL` with the argument at
   *   fault; `ENOMEM`; `ERR_GPU_BUDDY_WORK_LIMIT` if the search took more than `maxSteps` steps; `ERR_GPU_BUDDY_DISPOSED`;
   *   `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  allocBlocks(size: Bytes, options?: AllocOptions): AllocatedBlocks<N>;

  /**
   * Allocates like `allocBlocks()`, but returns `null` instead of throwing `ENOSPC`, and does not look for the reason. It throws every
   * other error, also `ERR_GPU_BUDDY_WORK_LIMIT`, after which it is unknown whether there is space.
   *
   * @throws as `allocBlocks()`, but for `ENOSPC`
   */
  tryAllocBlocks(size: Bytes, options?: AllocOptions): AllocatedBlocks<N> | null;

  /**
   * Allocates `count` times `size` bytes, or nothing at all. The lists are freed one by one.
   *
   * Behind it: `gpu_buddy_alloc_blocks()`.
   *
   * @throws as `allocBlocks()`
   */
  allocMany(count: number, size: Bytes, options?: AllocOptions): AllocatedBlocks<N>[];

  /**
   * Allocates exactly these blocks, as one list in this order, or nothing: for memory that was in use before the program started, or for
   * placements of your own. Each block must lie within one free block, and comes as one block of this order. Properties other than
   * `offset` and `order` are ignored.
   *
   * Behind it: `gpu_buddy_alloc_blocks()` with a range as long as the block, for each.
   *
   * @throws {GpuBuddyError} `EINVAL` if there is no block, and with the place of one that leads out of the space, that does not
   *   begin on a multiple of its own size, or that overlaps another; `ENOSPC` with the place of the first one that is not free;
   *   `ENOMEM`; `ERR_GPU_BUDDY_DISPOSED`; `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   *
   * @example
   * ```ts
   * import { GpuBuddy, SZ_1G, SZ_4K } from 'gpu-buddy';
   *
   * const buddy = new GpuBuddy({ size: SZ_1G });
   * const firmware = buddy.claim([
   *   { offset: 0, order: 4 },
   *   { offset: 16 * SZ_4K, order: 0 },
   * ]);
   * console.log(firmware.size); // 69632: 17 * 4 KiB
   * ```
   */
  claim(blocks: Iterable<BlockPlace>, options?: ClaimOptions): AllocatedBlocks<N>;

  /**
   * Opens a new account. It counts the bytes of the allocations that name it, limits them, and reserves free bytes for them. An allocator
   * has at most 2,047 accounts at one time.
   *
   * @throws {GpuBuddyError} `EINVAL` if more is reserved than the limit, or all accounts together reserve more than the space;
   *   `ENOSPC` if more is reserved than is free, and not reserved for others; `ENOMEM`; `ERR_GPU_BUDDY_DISPOSED`;
   *   `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   *
   * @example
   * ```ts
   * import { GpuBuddy, SZ_1G, SZ_1M } from 'gpu-buddy';
   *
   * const buddy = new GpuBuddy({ size: SZ_1G });
   * const account = buddy.account({ name: 'tenant 7', limit: 64 * SZ_1M });
   * const blocks = buddy.allocBlocks(48 * SZ_1M, { account });
   * console.log(account.used); // 50331648
   * console.log(buddy.tryAllocBlocks(32 * SZ_1M, { account })); // null
   * blocks.free();
   * console.log(account.used); // 0
   * ```
   */
  account(options?: AccountOptions): Account<N>;

  /**
   * Opens an account of this allocator by its token: the same account, in any thread.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_TOKEN` if there is no such account, or none any more, or it is another allocator's;
   *   `ENOMEM`; `ERR_GPU_BUDDY_DISPOSED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  openAccount(token: AccountToken): Account<N>;

  /**
   * Makes an empty pool, whose allocations are numbers. The pool owns them.
   *
   * @throws {GpuBuddyError} `ENOMEM`; `ERR_GPU_BUDDY_DISPOSED`
   */
  pool(): Pool<N>;

  /**
   * Describes the parked lists of all threads, in no particular order: those that `AllocatedBlocks.park()` has left here, and that nobody
   * has adopted or revoked. Lists given away by `transfer()` are not among them.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`; `ERR_GPU_BUDDY_POISONED`
   *
   * @example
   * ```ts
   * import { AllocatedBlocks, GpuBuddy, SZ_1G, SZ_1M } from 'gpu-buddy';
   *
   * const buddy = new GpuBuddy({ size: SZ_1G });
   * buddy.allocBlocks(SZ_1M, { tag: 7 }).park();
   * for (const { token, tag, size } of buddy.parked()) {
   *   console.log(tag, size); // 7 1048576
   *   AllocatedBlocks.revoke(token);
   * }
   * console.log(buddy.isEmpty); // true
   * ```
   */
  parked(): ParkedBlocks<N>[];

  /**
   * Frees everything that this thread has allocated here, through any `GpuBuddy` object: lists, those of batches, and the content of
   * pools; and all parked lists, which belong to no thread. The freed memory is dirty; clear free memory stays clear. Memory of other
   * threads stays, and so do lists on their way between threads by `transfer()`.
   *
   * The time grows with all blocks of the allocator.
   *
   * Behind it: `gpu_buddy_free_list()`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`; `ERR_GPU_BUDDY_POISONED`
   */
  freeAll(): void;

  /**
   * Waits until memory becomes free, in any thread: resolves to `epoch` once that is above `since`, at once if it is already. The free
   * memory need not fit your request, and others may be quicker: try again, and wait again. Read `epoch` before the allocation that may
   * fail, and you miss no free in between.
   *
   * A free costs nothing more while nobody waits, and one call for all waiters of a thread. A wait keeps the allocator alive, and the
   * event loop too, unless `ref` is false.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`, also if `dispose()` is called meanwhile; `ERR_GPU_BUDDY_POISONED`
   * @throws the signal's `reason`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   *
   * @example
   * ```ts
   * import { GpuBuddy, SZ_1M, type AllocatedBlocks } from 'gpu-buddy';
   *
   * async function allocWhenFree(buddy: GpuBuddy, size: number): Promise<AllocatedBlocks> {
   *   for (;;) {
   *     const since = buddy.epoch;
   *     const blocks = buddy.tryAllocBlocks(size);
   *     if (blocks) return blocks;
   *     await buddy.waitForFree({ since });
   *   }
   * }
   *
   * const buddy = new GpuBuddy({ size: SZ_1M });
   * const first = buddy.allocBlocks(SZ_1M);
   * setTimeout(() => first.free(), 10);
   * const second = await allocWhenFree(buddy, SZ_1M);
   * console.log(second.size); // 1048576
   * ```
   */
  waitForFree(options?: WaitForFreeOptions): Promise<number>;

  /**
   * Begins a journal: writes down every operation of every thread with its answer, in the order in which they are done, also those of
   * pools, batches, accounts, the collector and ending threads. The entries stay in a ring of native memory until they are read. If the
   * ring is full, a `gap` entry says how many are missing. No operation waits for a reader.
   *
   * docs/guide/journal.md says what it costs.
   *
   * @throws {GpuBuddyError} `EBUSY`: there is one; `ENOMEM`; `ERR_GPU_BUDDY_DISPOSED`, `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  startJournal(options?: JournalOptions): void;

  /**
   * Ends the journal. The entries in the ring can still be read, until another journal begins.
   *
   * @throws {GpuBuddyError} `EINVAL`: there is none, or it has ended; `ERR_GPU_BUDDY_DISPOSED`
   */
  stopJournal(): void;

  /**
   * Reads the journal, in any thread that has opened the allocator: first the entries in the ring, then others as they come, until the
   * journal is stopped. The first entry, `start`, is the state at its beginning. An entry leaves the ring once the reader asks for the
   * next one. A reader that stops early has taken the entries that it got, and the next reader goes on behind them. Two readers at the
   * same time each miss the entries of the other.
   *
   * Keeps the allocator alive, and the event loop too, unless `ref` is false.
   *
   * @throws {GpuBuddyError} `EINVAL`: there is no journal; `ERR_GPU_BUDDY_DISPOSED`, also if `dispose()` is called meanwhile
   * @throws the signal's `reason`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`
   *
   * @example
   * ```ts
   * import { GpuBuddy, SZ_1M, SZ_4K } from 'gpu-buddy';
   *
   * const buddy = new GpuBuddy({ size: SZ_1M, journal: { capacity: SZ_1M } });
   * const blocks = buddy.allocBlocks(SZ_4K);
   * blocks.free();
   * buddy.stopJournal();
   * for await (const entry of buddy.journal()) {
   *   if (entry.kind === 'alloc') console.log(entry.sequence, entry.size); // 1 4096
   *   if (entry.kind === 'free') console.log(entry.sequence, entry.list); // 2 1044480
   * }
   * ```
   */
  journal(options?: ReadJournalOptions): AsyncGenerator<JournalEntry<N>, undefined>;

  /** Makes an empty batch: allocations and frees that are done in one call. */
  batch(): Batch<N>;

  /**
   * Describes the allocated block at an address; `null` if that address is free.
   *
   * Behind it: `gpu_buddy_allocated_addr_to_block()`.
   *
   * @throws {GpuBuddyError} `ENXIO` outside the space; `ERR_GPU_BUDDY_DISPOSED`; `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  blockAt(address: Bytes): BlockInfo<N> | null;

  /**
   * Counts the free bytes between two addresses, which need not be aligned. The time grows with the blocks between them.
   *
   * @throws {GpuBuddyError} `EINVAL` if the range is empty or leads out of the space; `ERR_GPU_BUDDY_DISPOSED`;
   *   `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  availIn(range: AddressRange): N;

  /**
   * Lists the free memory by address. Free blocks that lie side by side, clear or dirty, are joined into one segment, which can be
   * longer than `largestFree`.
   *
   * @throws {GpuBuddyError} `ENOMEM` if the segments do not fit into V8's heap; `ERR_GPU_BUDDY_DISPOSED`;
   *   `ERR_GPU_BUDDY_POISONED`
   */
  freeSegments(): Segment<N>[];

  /**
   * Finds the lowest address where `size` adjacent bytes are free, in any blocks; `null` if there is none. `size` is a multiple of
   * `chunkSize`.
   *
   * `contiguous`, the kernel's own search for one piece, misses some: it looks only beside free blocks of `size` rounded down to a power
   * of two. This one finds every piece, and `mode: { at }` takes it. If other threads use the allocator the answer is a hint: they may
   * take the piece first.
   *
   * @throws {GpuBuddyError} `EINVAL` if `size` is no multiple of the chunk size, 0, or larger than the space, if
   *   `alignment` is no power of two, if the range is empty or leads out of the space; `ERR_GPU_BUDDY_WORK_LIMIT`;
   *   `ERR_GPU_BUDDY_DISPOSED`; `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   *
   * @example
   * ```ts
   * import { GpuBuddy, SZ_1M } from 'gpu-buddy';
   *
   * const buddy = new GpuBuddy({ size: 16 * SZ_1M });
   * const lists = buddy.allocMany(16, SZ_1M); // from the top
   * for (const list of lists.slice(2, 7)) list.free();
   * console.log(buddy.tryAllocBlocks(5 * SZ_1M, { contiguous: true })); // null
   *
   * const start = buddy.findFree(5 * SZ_1M);
   * console.log(start); // 9437184: 9 MiB
   * if (start !== null) {
   *   const blocks = buddy.allocBlocks(5 * SZ_1M, { mode: { at: start } });
   *   console.log(blocks.segments().length); // 1
   * }
   * ```
   */
  findFree(size: Bytes, options?: FindFreeOptions): N | null;

  /**
   * Declares all free memory clear (zero) or dirty. Allocated memory is not affected.
   *
   * Behind it: `gpu_buddy_reset_clear()`, repeated until it has reached every free block.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`; `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  resetClear(isClear: boolean): void;

  /**
   * Counts blocks by order, and the native memory of the bookkeeping. Takes the same time for any number of blocks.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  stats(): GpuBuddyStats<N>;

  /**
   * Lists all blocks at this moment, free and allocated, by address. They cover the whole space.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`; `ERR_GPU_BUDDY_POISONED`
   */
  snapshot(): BlockTable<N>;

  /**
   * Saves what is allocated, and which free memory is clear, as plain data that JSON can hold, for `GpuBuddy.restore()` in this process or
   * another. It has the lists of all threads and pools, also parked ones and those on their way between threads, but no lists without
   * blocks.
   *
   * @throws {GpuBuddyError} `ENOMEM` if the state does not fit into V8's heap; `ERR_GPU_BUDDY_DISPOSED`;
   *   `ERR_GPU_BUDDY_POISONED`
   */
  save(): GpuBuddyState;

  /**
   * Gives the kernel's own text about the allocator, lines that each end in a newline. If chunks are smaller than 4096, the
   * kernel's bytes are larger than yours: the first line says how many times.
   *
   * Behind it: `gpu_buddy_print()`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`; `ERR_GPU_BUDDY_POISONED`
   */
  print(): string;

  /**
   * Gives a token for this allocator: `GpuBuddy.from(token)` opens the same allocator, with its lock, in any thread of this process. The
   * token is plain data, and can be used more than once. It keeps nothing alive: the allocator ends with its last object and its last
   * list, parked ones too.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  share(): GpuBuddyToken;

  /**
   * Ends the use of this object. Its lists stay valid and can be freed; the native memory is freed with the last of them. Waits through
   * this object reject with `ERR_GPU_BUDDY_DISPOSED`. The collector does the same for an object that is dropped. A second call does
   * nothing.
   *
   * Behind it: `gpu_buddy_fini()`, after the last list.
   */
  dispose(): void;

  /** `dispose()`, at the end of a `using` block. */
  [Symbol.dispose](): void;

  /** Returns the name, if any, addresses and byte counts, with decimal strings for bigints; `{ disposed: true }` after `dispose()`. */
  toJSON():
    | (Json<Pick<GpuBuddy<N>, 'baseOffset' | 'size' | 'chunkSize' | 'avail' | 'clearAvail'>> & {
        readonly name?: string;
      })
    | { readonly disposed: true };
}

/** Names the allocator in each message of a diagnostics channel. */
export interface BuddyMessage {
  /** The allocator, as this thread has it. */
  readonly buddy: GpuBuddy<Bytes>;
  /** Its `name`. */
  readonly name: string | undefined;
}

/** The message of `gpu-buddy:alloc`: allocations that a call has made. */
export interface AllocMessage extends BuddyMessage {
  /** Number of allocations: 1, except for `allocMany()` and batches. */
  readonly count: number;
  /** Bytes that were asked for, in all. */
  readonly size: number;
  /** Tag of the blocks; `undefined` for a batch, whose allocations may differ. */
  readonly tag: number | undefined;
  /** Account that is charged; `undefined` for a batch. */
  readonly account: Account<Bytes> | undefined;
}

/** The message of `gpu-buddy:free`: memory that a call has given back. */
export interface FreeMessage extends BuddyMessage {
  /** Number of lists, parts of lists, or allocations of a pool. `undefined` after `freeAll()`. */
  readonly count: number | undefined;
  /** Bytes, in all. `undefined` after `freeAll()`. */
  readonly size: number | undefined;
}

/** The message of `gpu-buddy:failed`: an allocation that was refused, whether the call throws or returns `null` or `false`. */
export interface FailedMessage extends AllocMessage {
  /** Code of the error. */
  readonly code: GpuBuddyErrorCode;
  /** Reason, if the call has looked for it. */
  readonly reason: ShortageReason | undefined;
}

/** The message of `gpu-buddy:wait`: the end of a `waitForFree()`. */
export interface WaitMessage extends BuddyMessage {
  /** The time that it has taken. */
  readonly milliseconds: number;
  /** The epoch that it resolves to, or `undefined`. */
  readonly epoch: number | undefined;
  /** The reason that it rejects with, or `undefined`. */
  readonly error: unknown;
}

/** Makes allocators. */
export interface GpuBuddyConstructor {
  readonly prototype: GpuBuddy<Bytes>;

  /**
   * Makes an allocator that gives out numbers. All of its space is free and dirty.
   *
   * Behind it: `gpu_buddy_init()`.
   *
   * @throws {GpuBuddyError} `EINVAL` if the chunk size is no power of two, if `size` is below a chunk, if
   *   `baseOffset + size` or `size * 4096 / chunkSize` is not below 2^64, if the space ends above 2^53 - 1 without
   *   `bigint: true`; `ENOMEM`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`; `ERR_INVALID_ARG_VALUE` if an option is unknown, or `name` is not valid
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  new (options: GpuBuddyOptions & { readonly bigint?: false | undefined }): GpuBuddy;

  /** Makes an allocator that gives out bigints. `N` is for `class … extends GpuBuddy<bigint>`. */
  new <N extends Bytes>(
    options: GpuBuddyOptions & { readonly bigint: true },
  ): GpuBuddy<Bytes extends N ? bigint : N>;

  /** Makes an allocator that gives out numbers or bigints, by an option that is known only when the program runs. */
  new <N extends Bytes>(options: GpuBuddyOptions): GpuBuddy<N>;

  /**
   * Makes the saved allocator again, with all of its lists, in the order of the state. It gives the same answers to the same calls as the
   * saved one: placement and clear memory are the same, block by block. Limits are options, and not part of a state. Counters begin anew.
   *
   * If it throws, no allocator is made.
   *
   * Behind it: `gpu_buddy_init()`, and `gpu_buddy_alloc_blocks()` with a range as long as the block, for each.
   *
   * @throws {GpuBuddyError} `EINVAL` with the entry that does not fit, if the state is of another version or is no state, or if its space
   *   ends above 2^53 - 1, without `bigint: true`; `ENOMEM`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   *
   * @example
   * ```ts
   * import { GpuBuddy, SZ_1G, SZ_1M, type GpuBuddyState } from 'gpu-buddy';
   *
   * const buddy = new GpuBuddy({ size: SZ_1G });
   * const blocks = buddy.allocBlocks(3 * SZ_1M, { tag: 7 });
   * const text = JSON.stringify(buddy.save());
   *
   * const { buddy: again, lists } = GpuBuddy.restore(JSON.parse(text) as GpuBuddyState);
   * console.log(lists.map((list) => [list.tag, list.size])); // [ [ 7, 3145728 ] ]
   * console.log(again.avail === buddy.avail); // true
   * blocks.free();
   * ```
   */
  restore(state: GpuBuddyState, options: RestoreOptions & { readonly bigint: true }): Restored<bigint>;
  /** Restores an allocator that gives out numbers. */
  restore(state: GpuBuddyState, options?: RestoreOptions & { readonly bigint?: false | undefined }): Restored;
  /** Restores an allocator that gives out numbers or bigints, by an option that is known only when the program runs. */
  restore(state: GpuBuddyState, options?: RestoreOptions): Restored<Bytes>;

  /**
   * Opens the allocator of a token. Each thread that uses it has objects of its own, and disposes of them itself.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_TOKEN` if there is no such allocator any more, or it lives in another copy
   *   of this package; `EINVAL` if its space ends above 2^53 - 1, without `bigint: true`; `ENOMEM`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  from(token: GpuBuddyToken, options: OpenOptions & { readonly bigint: true }): GpuBuddy<bigint>;
  /** Opens an allocator as an object that gives out numbers. */
  from(token: GpuBuddyToken, options?: OpenOptions & { readonly bigint?: false | undefined }): GpuBuddy;
  /** Opens an allocator as an object that gives out numbers or bigints, by an option that is known only when the program runs. */
  from(token: GpuBuddyToken, options?: OpenOptions): GpuBuddy<Bytes>;
}
/** Makes an allocator: `new GpuBuddy({ size })`, `GpuBuddy.from(token)` or `GpuBuddy.restore(state)`. */
export declare const GpuBuddy: GpuBuddyConstructor;

/** Blocks of one order. */
export interface OrderStats<N extends Bytes = number> {
  /** `blockSize` is `chunkSize * 2 ** order`. */
  readonly order: number;
  /** Bytes of one block. */
  readonly blockSize: N;
  readonly freeBlocks: number;
  readonly usedBlocks: number;
}

/** Numbers about an allocator. */
export interface GpuBuddyStats<N extends Bytes = number> {
  /** Bytes. */
  readonly size: N;
  /** Bytes. */
  readonly chunkSize: N;
  /** Bytes that are free. */
  readonly avail: N;
  /** Bytes that are free and known to be zero. */
  readonly clearAvail: N;
  /** Bytes of `avail` that accounts reserve, and do not use: nobody else can take them. */
  readonly reserved: N;
  /** Bytes of native memory that the bookkeeping has taken. */
  readonly nativeBytes: number;
  /** Number of `WARN_ON`s that the kernel's code has met. */
  readonly kernelWarnings: number;
  /** One entry an order, from 0 to `maxOrder`. */
  readonly orders: readonly OrderStats<N>[];
}

/** How `findFree()` searches. */
export interface FindFreeOptions {
  /**
   * Alignment of the address, counted from the start of the space: a power of two. Default: `chunkSize`; a smaller one means the same.
   */
  readonly alignment?: Bytes | undefined;
  /** The addresses that the whole run must lie in. Default: the whole space. */
  readonly range?: AddressRange | undefined;
}

/** A block's place and size, as an `AllocatedBlock` and a `BlockInfo` have them, too. */
export interface BlockPlace {
  /** Address of its first byte, with the allocator's `baseOffset`. */
  readonly offset: Bytes;
  /** Its size is `chunkSize * 2 ** order`. */
  readonly order: number;
}

/** Options of `claim()`. */
export interface ClaimOptions {
  /** A number that the blocks carry, as with `allocBlocks()`. Default: 0. */
  readonly tag?: number | undefined;
  /** Whether the blocks count as known to be zero (`isClear`). Default: as the free memory was. */
  readonly clear?: boolean | undefined;
  /** The account that is charged, one of this allocator. Default: none. */
  readonly account?: Account<Bytes> | undefined;
}

/** An allocator that was made from a state, with its lists in the order of the state. They belong to the caller. */
export interface Restored<N extends Bytes = number> {
  readonly buddy: GpuBuddy<N>;
  readonly lists: AllocatedBlocks<N>[];
}

/** A list that `AllocatedBlocks.park()` has left with its allocator. */
export interface ParkedBlocks<N extends Bytes = number> {
  /** Token for `AllocatedBlocks.adopt()` and `AllocatedBlocks.revoke()`. */
  readonly token: AllocatedBlocksToken;
  /** The number given to `allocBlocks()`; 0 where none was. */
  readonly tag: number;
  /** Bytes in all of its blocks. */
  readonly size: N;
  /** Token for `GpuBuddy.openAccount()`; `undefined` if the list is charged to no account. */
  readonly account: AccountToken | undefined;
}

/** A list as `JSON.stringify()` writes it: with decimal strings for bigints. */
export interface AllocatedBlocksJson<N extends Bytes = number> {
  readonly tag: number;
  /** Bytes. */
  readonly size: Json<N>;
  readonly blocks: readonly Json<BlockInfo<N>>[];
}

/** How `trim()` chooses the part that is kept. */
export interface TrimOptions {
  /** Address of the first byte that is kept, with `baseOffset`. Default: the block's start. */
  readonly start?: Bytes | undefined;
}

/**
 * Blocks of an allocator, in the order in which the kernel found them: largest first, or ascending for an exact range
 * and after trimming.
 *
 * A list owns its blocks until `free()`, until the end of a `using` block, or until it is collected. The collector comes late, and never
 * inside synchronous code: free lists yourself, or by `using`.
 *
 * Mirrors `AllocatedBlocks` of the kernel's Rust bindings.
 *
 * @example
 * ```ts
 * import { GpuBuddy, SZ_1G, SZ_16M } from 'gpu-buddy';
 *
 * const buddy = new GpuBuddy({ size: SZ_1G });
 * const blocks = buddy.allocBlocks(SZ_16M);
 * for (const block of blocks) console.log(block.offset, block.size); // 1056964608 16777216
 * blocks.free(); // or, from Node 24 on: using blocks = …
 * console.log(buddy.avail === buddy.size); // true
 * ```
 */
export declare class AllocatedBlocks<N extends Bytes = number>
  implements Iterable<AllocatedBlock<N>>, Disposable
{
  private constructor(...args: never);

  /** The allocator that the blocks come from. */
  get buddy(): GpuBuddy<N>;

  /** Whether the list is freed. Never throws. */
  get freed(): boolean;

  /** The number given to `allocBlocks()`; 0 where none was. */
  get tag(): number;

  /**
   * Number of blocks.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_FREED`
   */
  get length(): number;

  /**
   * Whether the list has no blocks: true only after all of them were freed one by one.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_FREED`
   */
  get isEmpty(): boolean;

  /**
   * Bytes of all blocks together: the requested size, or more with `trimDisable`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_FREED`
   */
  get size(): N;

  /**
   * Counts the bytes of the blocks between two addresses, which need not be aligned, such as those that the CPU can see.
   *
   * @throws {GpuBuddyError} `EINVAL` if the range is empty or leads out of the space; `ERR_GPU_BUDDY_FREED`;
   *   `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  sizeIn(range: AddressRange): N;

  /**
   * Address of the list's first byte, with `baseOffset`, if its blocks make up one piece, in any order; `undefined` if there are gaps, or
   * no blocks.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_FREED`; `ERR_GPU_BUDDY_POISONED`
   */
  get offset(): N | undefined;

  /**
   * Gives the block at an index; a negative one counts from the end, as for `Array.prototype.at()`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_FREED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  at(index: number): AllocatedBlock<N> | undefined;

  /**
   * Iterates over the blocks, in list order. Do not free or trim the list meanwhile.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_FREED`
   */
  [Symbol.iterator](): IterableIterator<AllocatedBlock<N>>;

  /**
   * Copies all blocks, in list order, into columns like those of `GpuBuddy.snapshot()`: an array for each property. Later calls do
   * not change them.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_FREED`; `ERR_GPU_BUDDY_POISONED`
   */
  toArrays(): BlockTable<N>;

  /**
   * Joins blocks into pieces: a block that begins where the one before it in the list ends belongs to the same piece. No piece is longer
   * than `maxLength` bytes; longer blocks are cut.
   *
   * @throws {GpuBuddyError} `EINVAL` if `maxLength` is 0 or no multiple of the chunk size; `ERR_GPU_BUDDY_FREED`;
   *   `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  segments(maxLength?: Bytes): Segment<N>[];

  /**
   * Shrinks a list of one block: keeps `newSize` bytes from `start` on, and frees the rest. The kept part may come as several blocks, in
   * ascending order. The list stays as it is if this fails.
   *
   * Behind it: `gpu_buddy_block_trim()`. The freed part of a block that was clear when it was allocated counts as
   * clear again, even if it has been written to.
   *
   * @throws {GpuBuddyError} `EINVAL` if there is not exactly one block, if `newSize` is 0, no multiple of the chunk
   *   size or larger than the block, if `start` is no multiple of the chunk size or leads out of the block; `ENOMEM`;
   *   `ERR_GPU_BUDDY_FREED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  trim(newSize: Bytes, options?: TrimOptions): void;

  /**
   * Frees one block of the list. A negative `index` counts from the end, as in `at()`.
   *
   * Behind it: `gpu_buddy_free_list()` with that block alone.
   *
   * @throws {GpuBuddyError} `EINVAL` if there is no such block; `ERR_GPU_BUDDY_FREED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  freeBlock(index: number, options?: FreeOptions): void;

  /**
   * Moves the blocks of another list of the same allocator to the end of this one. They get its tag, and `other` is freed afterwards.
   * Blocks that were read from this list stay valid.
   *
   * The time grows with the blocks of `other`.
   *
   * @throws {GpuBuddyError} `EINVAL` if `other` is this list, comes from another allocator, or is charged to another account;
   *   `ERR_GPU_BUDDY_FREED` if one of the two is freed; `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   *
   * @example
   * ```ts
   * import { GpuBuddy, SZ_1G, SZ_1M } from 'gpu-buddy';
   *
   * const buddy = new GpuBuddy({ size: SZ_1G });
   * const texture = buddy.allocBlocks(4 * SZ_1M);
   * texture.append(buddy.allocBlocks(SZ_1M)); // its smaller levels
   * console.log(texture.length, texture.size); // 2 5242880
   * ```
   */
  append(other: AllocatedBlocks<Bytes>): void;

  /**
   * Allocates the `size` bytes right after the list's highest block, and adds them to the end of the list. Returns `false`, and changes
   * nothing, if that memory is not free, if it lies outside of the space, if the list's account does not allow it, or if the list has no
   * blocks. Blocks that were read from this list stay valid.
   *
   * Behind it: `gpu_buddy_alloc_blocks()` with a range as long as `size`.
   *
   * @throws {GpuBuddyError} `EINVAL` if `size` is 0, no multiple of the chunk size, or larger than the space; `ENOMEM`;
   *   `ERR_GPU_BUDDY_WORK_LIMIT`; `ERR_GPU_BUDDY_FREED`; `ERR_GPU_BUDDY_DISPOSED`; `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   *
   * @example
   * ```ts
   * import { GpuBuddy, SZ_1G, SZ_1M } from 'gpu-buddy';
   *
   * const buddy = new GpuBuddy({ size: SZ_1G });
   * const ring = buddy.allocBlocks(SZ_1M, { mode: { at: 0 } });
   * console.log(ring.tryExtend(SZ_1M), ring.size); // true 2097152
   * console.log(ring.segments().length); // 1
   * ```
   */
  tryExtend(size: Bytes): boolean;

  /**
   * Frees all blocks. Does nothing if the list is freed already.
   *
   * Behind it: `gpu_buddy_free_list()`.
   *
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  free(options?: FreeOptions): void;

  /**
   * Gives the blocks away: this list becomes freed, and any thread of this process can take them over, once, by
   * `AllocatedBlocks.adopt(token)`. The token is plain data.
   *
   * Blocks on their way keep nothing alive. They are freed when the thread that gave them away ends, or when the allocator's last object
   * and last other list are gone.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_FREED`; `ENOMEM`; `ERR_GPU_BUDDY_POISONED`
   */
  transfer(): AllocatedBlocksToken;

  /**
   * Leaves the blocks with their allocator, also after this thread ends: this list becomes freed, and any thread of this process can take
   * them over by `AllocatedBlocks.adopt(token)`, or free them by `AllocatedBlocks.revoke(token)`, once. `GpuBuddy.parked()` finds lost
   * tokens.
   *
   * A parked list keeps its allocator alive, even if no thread has it open: `GpuBuddy.from(token.buddy)` opens it again. It stays charged
   * to its account. Without `adopt()`, `revoke()` or `freeAll()` its memory is kept until the process ends.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_FREED`; `ENOMEM`; `ERR_GPU_BUDDY_POISONED`
   *
   * @example
   * ```ts
   * import { AllocatedBlocks, GpuBuddy, SZ_1G, SZ_1M } from 'gpu-buddy';
   *
   * const buddy = new GpuBuddy({ size: SZ_1G });
   * const token = buddy.allocBlocks(SZ_1M, { tag: 7 }).park();
   * buddy.dispose(); // or the thread ends
   *
   * const blocks = AllocatedBlocks.adopt(token);
   * console.log(blocks.tag, blocks.size); // 7 1048576
   * blocks.free();
   * ```
   */
  park(): AllocatedBlocksToken;

  /**
   * Takes over the blocks that `transfer()` or `park()` gave away, in any thread.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_TOKEN` if they were adopted before, or are freed; `EINVAL` if the allocator's space needs
   *   bigints; `ENOMEM`; `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  static adopt(
    token: AllocatedBlocksToken,
    options: OpenOptions & { readonly bigint: true },
  ): AllocatedBlocks<bigint>;
  /** Takes over blocks as a list that gives out numbers. */
  static adopt(
    token: AllocatedBlocksToken,
    options?: OpenOptions & { readonly bigint?: false | undefined },
  ): AllocatedBlocks;
  /** Takes over blocks as a list that gives out numbers or bigints, by an option that is known only when the program runs. */
  static adopt(token: AllocatedBlocksToken, options?: OpenOptions): AllocatedBlocks<Bytes>;

  /**
   * Frees the blocks that `transfer()` or `park()` gave away, in any thread: nobody can adopt them any more. Waits for memory are woken, as
   * with every free.
   *
   * Behind it: `gpu_buddy_free_list()`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_TOKEN` if they were adopted before, or are freed; `ERR_GPU_BUDDY_POISONED`, and the blocks are
   *   not parked any more
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  static revoke(token: AllocatedBlocksToken): void;

  /** `free()`, at the end of a `using` block. */
  [Symbol.dispose](): void;

  /** Returns tag, size and blocks, with decimal strings for bigints; `{ freed: true }` where the list is freed. */
  toJSON(): AllocatedBlocksJson<N> | { readonly freed: true };
}

/**
 * Describes one block of an {@link AllocatedBlocks}, and keeps that list from being collected. Once the list is freed, trimmed or loses
 * a block, every getter except `blocks` throws `ERR_GPU_BUDDY_FREED`.
 *
 * Mirrors `AllocatedBlock` of the kernel's Rust bindings; behind it stands a `struct gpu_buddy_block`.
 */
export declare class AllocatedBlock<N extends Bytes = number> implements BlockInfo<N> {
  private constructor(...args: never);

  /** The list that the block is, or was, on. */
  get blocks(): AllocatedBlocks<N>;

  /** Address of its first byte, with the allocator's `baseOffset`: `gpu_buddy_block_offset()`. */
  get offset(): N;

  /** Its size is `chunkSize * 2 ** order`: `gpu_buddy_block_order()`. */
  get order(): number;

  /** Bytes: `gpu_buddy_block_size()`. */
  get size(): N;

  /** Whether its memory was known to be zero when it was allocated: `gpu_buddy_block_is_clear()`. */
  get isClear(): boolean;

  /** The number given to `allocBlocks()`, kept in `gpu_buddy_block.private`; 0 where none was. */
  get tag(): number;

  /** Returns all properties, with decimal strings for bigints; `{ freed: true }` if the block can't be read any more. */
  toJSON(): Json<BlockInfo<N>> | { readonly freed: true };
}

/** How a batch is run. */
export interface BatchRunOptions {
  /** Does all operations or none: after a failure, earlier allocations are undone and later operations are skipped. */
  readonly atomic?: boolean | undefined;
}

/**
 * Collects allocations and frees of one allocator, and does them in one call. Nothing happens before `run()`. A batch can be
 * used again and again.
 *
 * @example
 * ```ts
 * import { GpuBuddy, SZ_1G, SZ_4K, SZ_64K } from 'gpu-buddy';
 *
 * const buddy = new GpuBuddy({ size: SZ_1G });
 * const batch = buddy.batch();
 * const small = batch.alloc(SZ_4K);
 * const large = batch.alloc(SZ_64K, { minBlockSize: SZ_64K });
 * batch.free(small);
 * const result = batch.run();
 *
 * console.log(result.errnos); // Int32Array(3) [ 0, 0, 0 ]
 * console.log(result.blocks(large)?.size); // 65536
 * console.log(result.blocks(small)); // null: freed in the batch
 * result.free();
 * ```
 */
export declare class Batch<N extends Bytes = number> {
  private constructor(...args: never);

  /** Number of collected operations. */
  get length(): number;

  /**
   * Adds an allocation, as `GpuBuddy.allocBlocks()`. Returns its handle, for `free()` and for the result.
   *
   * @throws {GpuBuddyError} `EINVAL` if the range begins or ends below the space; `ENOMEM`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  alloc(size: Bytes, options?: AllocOptions): BatchHandle;

  /**
   * Adds a free: of an allocation of this batch, by its handle, or of an existing list, which stays as it is until `run()`. Returns the
   * handle of the free. A list that is freed before `run()` is skipped.
   *
   * @throws {GpuBuddyError} `EINVAL` if the list comes from another allocator, or the handle is not one of an allocation
   *   of this batch since it was last run or cleared, or its blocks are freed already; `ENOMEM`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  free(what: BatchHandle | AllocatedBlocks<Bytes>, options?: FreeOptions): BatchHandle;

  /** Drops the collected operations. */
  clear(): void;

  /**
   * Does the collected operations, in their order, and empties the batch. A failed operation does not stop the others, unless the run is
   * `atomic`. If this throws, nothing was done and the batch is as it was, with one exception: memory that an `atomic` run had allocated
   * and freed before it failed is dirty now, unless it was freed as cleared.
   *
   * If JavaScript is stopped in the middle (by a stack overflow, or the timeout of a `vm`), existing lists that the batch frees are freed
   * then, or later by the collector.
   *
   * Behind it: `gpu_buddy_alloc_blocks()` and `gpu_buddy_free_list()`, in turns with other threads of the same allocator.
   *
   * @throws {GpuBuddyError} for an `atomic` run, the error of the operation that failed, or `EINVAL` if it frees existing lists and
   *   allocates afterwards, which could not be undone; `ENOMEM`; `ERR_GPU_BUDDY_DISPOSED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  run(options?: BatchRunOptions): BatchResult<N>;

  /** Returns the number of collected operations. */
  toJSON(): { readonly length: number };
}

/** The outcome of one operation. */
export interface BatchOutcome<N extends Bytes = number> {
  /** Handle that `alloc()` or `free()` of the batch returned. */
  readonly handle: BatchHandle;
  /** List of an allocation, as `BatchResult.blocks()` gives it. */
  readonly blocks: AllocatedBlocks<N> | null;
  /** Error of a failed operation, as `BatchResult.error()` gives it. */
  readonly error: GpuBuddyError | null;
}

/**
 * Tells how each operation of a batch ended: by its handle, by iteration, or in columns, an array for each property, in the order in
 * which the operations were added. The columns are copies.
 *
 * Owns the allocated blocks. Lists never read through `blocks()` are freed with the result by the collector, which comes late.
 */
export declare class BatchResult<N extends Bytes = number> implements Iterable<BatchOutcome<N>>, Disposable {
  private constructor(...args: never);

  /** Number of operations. */
  get length(): number;

  /** Error number of each operation: 0, or the kernel's, negative; `-5` (`EIO`) for the codes that begin with `ERR_`: see `error()`. */
  get errnos(): Int32Array;

  /** Address of each allocation's first block, with `baseOffset`; 0 if it failed. */
  get offsets(): Column<N>;

  /** Order of each allocation's first block. */
  get orders(): Uint8Array;

  /** Number of blocks of each allocation; 0 if it failed. */
  get counts(): Uint32Array;

  /**
   * Gives the index of an operation in the columns.
   *
   * @throws {GpuBuddyError} `EINVAL` if the handle is of another run, or of another batch
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  indexOf(handle: BatchHandle): number;

  /**
   * Gives the list of an allocation, the same one every time; `null` if it failed, if the operation was a free, or if its blocks were
   * freed in the batch or by `free()`.
   *
   * @throws {GpuBuddyError} `EINVAL` if the handle is of another run, or of another batch
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  blocks(handle: BatchHandle): AllocatedBlocks<N> | null;

  /**
   * Gives the error of an operation; `null` if it succeeded.
   *
   * @throws {GpuBuddyError} `EINVAL` if the handle is of another run, or of another batch
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  error(handle: BatchHandle): GpuBuddyError | null;

  /** Iterates over the outcomes of all operations, in the order in which they were added. */
  [Symbol.iterator](): IterableIterator<BatchOutcome<N>>;

  /**
   * Frees all blocks that the batch has allocated, also those of lists that `blocks()` has given.
   *
   * Behind it: `gpu_buddy_free_list()`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  free(options?: FreeOptions): void;

  /** `free()`, at the end of a `using` block. */
  [Symbol.dispose](): void;

  /** Returns the columns as arrays, with decimal strings for bigints. */
  toJSON(): BatchResultJson<N>;
}

/** A result as `JSON.stringify()` writes it: with decimal strings for bigints. */
export interface BatchResultJson<N extends Bytes = number> {
  readonly errnos: readonly number[];
  readonly offsets: readonly Json<N>[];
  readonly orders: readonly number[];
  readonly counts: readonly number[];
}

/**
 * Allocates by numbers, the fastest way: no objects are made. Each allocation is one piece of memory (`contiguous` is implied), so an
 * address and a size describe it.
 *
 * A pool owns its allocations: `clear()`, the end of a `using` block, the collection of the pool and the end of its thread free all of
 * them. A handle names one allocation, and is refused once that is freed.
 *
 * @example
 * ```ts
 * import { GpuBuddy, SZ_1G, SZ_64K } from 'gpu-buddy';
 *
 * const buddy = new GpuBuddy({ size: SZ_1G });
 * const pool = buddy.pool();
 * const handle = pool.alloc(SZ_64K);
 * console.log(pool.offset(handle), pool.size(handle)); // 1073676288 65536
 * pool.free(handle);
 * console.log(pool.length); // 0
 * ```
 */
export declare class Pool<N extends Bytes = number> implements Iterable<PoolHandle>, Disposable {
  private constructor(...args: never);

  /** The allocator that the memory comes from. */
  get buddy(): GpuBuddy<N>;

  /**
   * Number of allocations.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  get length(): number;

  /** Whether `dispose()` has been called. Never throws. */
  get disposed(): boolean;

  /**
   * Allocates `size` bytes in one piece: a multiple of `chunkSize`. Returns the handle.
   *
   * Behind it: `gpu_buddy_alloc_blocks()` with `GPU_BUDDY_CONTIGUOUS_ALLOCATION`.
   *
   * @throws as `GpuBuddy.allocBlocks()`
   */
  alloc(size: Bytes, options?: PoolAllocOptions): PoolHandle;

  /**
   * Allocates like `alloc()`, but returns `null` instead of throwing `ENOSPC`, and does not look for the reason.
   *
   * @throws as `GpuBuddy.allocBlocks()`, but for `ENOSPC`
   */
  tryAlloc(size: Bytes, options?: PoolAllocOptions): PoolHandle | null;

  /**
   * Gives the address of an allocation, with `baseOffset`.
   *
   * @throws {GpuBuddyError} `EINVAL` if the handle is not one of this pool, or its allocation is freed; `ERR_GPU_BUDDY_DISPOSED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  offset(handle: PoolHandle): N;

  /**
   * Gives the bytes of an allocation: the requested size, or more with `trimDisable`.
   *
   * @throws as `offset()`
   */
  size(handle: PoolHandle): N;

  /** Tells whether a handle names an allocation of this pool. Never throws. */
  has(handle: PoolHandle): boolean;

  /**
   * Frees an allocation. Its handle is refused from then on.
   *
   * Behind it: `gpu_buddy_free_list()`.
   *
   * @throws as `offset()`, and `ERR_GPU_BUDDY_POISONED`
   */
  free(handle: PoolHandle, options?: FreeOptions): void;

  /**
   * Takes an allocation out of the pool, and gives it as a list, which belongs to the caller.
   *
   * @throws as `offset()`, and `ENOMEM`, `ERR_GPU_BUDDY_POISONED`
   */
  blocks(handle: PoolHandle): AllocatedBlocks<N>;

  /**
   * Frees all allocations. The pool can be used again.
   *
   * Behind it: `gpu_buddy_free_list()`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  clear(options?: FreeOptions): void;

  /** Iterates over the handles of all allocations. Those freed or allocated meanwhile may or may not be among them. */
  [Symbol.iterator](): IterableIterator<PoolHandle>;

  /** Frees all allocations, and ends the pool. A second call does nothing. */
  dispose(): void;

  /** `dispose()`, at the end of a `using` block. */
  [Symbol.dispose](): void;

  /** Returns the number of allocations; `{ disposed: true }` after `dispose()`. */
  toJSON(): { readonly length: number } | { readonly disposed: true };
}

/** Limit and reservation of an account, in bytes. A property that is left out stays as it is. */
export interface AccountQuota {
  /** The most bytes that the account may hold; `null` for no limit. Default of a new account: `null`. */
  readonly limit?: Bytes | null | undefined;
  /**
   * Bytes that others cannot take, including those that the account holds. This promises bytes, not blocks: the free memory may lie in
   * pieces that do not fit. Default of a new account: 0.
   */
  readonly reserved?: Bytes | undefined;
}

/** Options of `GpuBuddy.account()`. */
export interface AccountOptions extends AccountQuota {
  /** Name, for messages. */
  readonly name?: string | undefined;
}

/**
 * Counts the bytes of one user of an allocator. Allocations that name it (`{ account }`) are charged in the call itself, in any thread.
 * The bytes stay charged until they are freed, wherever the list goes: through trims, transfers, batches, pools, and the collector.
 *
 * An account exists while an object in any thread has it open, or while it holds bytes. Its reservation ends with the last object.
 */
export declare class Account<N extends Bytes = number> implements Disposable {
  private constructor(...args: never);

  /** Name, given when it was made; `undefined` without one. */
  get name(): string | undefined;

  /**
   * Bytes that the account holds.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  get used(): N;

  /**
   * The most bytes that the account may hold; `null` for no limit.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  get limit(): N | null;

  /**
   * Bytes that others cannot take, including those that the account holds.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  get reserved(): N;

  /** Whether `dispose()` has been called. Never throws. */
  get disposed(): boolean;

  /**
   * Changes limit or reservation, or both, for all threads. A limit below `used` frees nothing: it refuses further allocations.
   *
   * @throws {GpuBuddyError} as `GpuBuddy.account()`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  update(quota: AccountQuota): void;

  /**
   * Gives a token for this account: `GpuBuddy.openAccount(token)` opens it in any thread that has its allocator. It keeps nothing alive.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  share(): AccountToken;

  /** Ends the use of this object. What the account holds stays charged to it. A second call does nothing. */
  dispose(): void;

  /** `dispose()`, at the end of a `using` block. */
  [Symbol.dispose](): void;

  /** Returns name and byte counts, with decimal strings for bigints; `{ disposed: true }` after `dispose()`. */
  toJSON(): Json<Pick<Account<N>, 'name' | 'used' | 'limit' | 'reserved'>> | { readonly disposed: true };
}
