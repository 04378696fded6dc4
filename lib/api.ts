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
  /** Best fit; among blocks of that size the one with the highest address. */
  | 'simple'
  /** The highest address. */
  | 'top-down'
  /** Lowest address first, within these addresses. */
  | { readonly range: AddressRange }
  /** Exactly at this address, with `baseOffset`: a range as long as the size. */
  | { readonly at: Bytes };

/** How to allocate. */
export interface AllocOptions {
  /** Bytes: no block is smaller, and every block is aligned to it. A power of two, at least `chunkSize`, its default. */
  readonly minBlockSize?: Bytes | undefined;
  /** Chooses where to look. Default: `'simple'`. */
  readonly mode?: AllocMode | undefined;
  /** Allocates one piece: one block, or adjacent ones. */
  readonly contiguous?: boolean | undefined;
  /** Memory that is known to be zero is preferred. */
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
 * A buddy allocator over the addresses from `baseOffset` to `baseOffset + size`: the kernel's `struct gpu_buddy`. It
 * hands out ranges; what lies at those addresses, and whether anything does, is none of its business.
 *
 * Sizes and addresses are bytes: safe integers or bigints in; numbers out, or bigints where it was made with `bigint: true`.
 * After an error the allocator is as it was.
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
  /** The option `name`, in every thread that opens the allocator; `undefined` where it has none. */
  readonly name: string | undefined;

  /** Address of the first byte of the space. */
  readonly baseOffset: N;

  /** Bytes of the smallest block. */
  readonly chunkSize: N;

  /** Bytes that are managed: a multiple of `chunkSize`. */
  readonly size: N;

  /**
   * Bytes that are free: `gpu_buddy.avail`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  readonly avail: N;

  /**
   * Bytes that are free and known to be zero: `gpu_buddy.clear_avail`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  readonly clearAvail: N;

  /**
   * How often memory has become free here: by a free, a trim or `freeAll()`, of the collector, or since a thread has ended, in any
   * thread. An allocation that is taken back, such as part of a batch that fails, counts only if another thread was refused memory
   * meanwhile. See `waitForFree()`.
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
   * Bytes of the largest free block; 0 where nothing is free. A run of free blocks can be longer: see `findFree()`. Takes time
   * for the orders only, not for the blocks.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  readonly largestFree: N;

  /**
   * How far the free memory has fallen apart, from 0 (not at all, or nothing is free) to nearly 1: 1 minus `largestFree` by the
   * largest block that could be free with as many bytes free. Takes time for the orders only, not for the blocks.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  readonly fragmentation: number;

  /** The order of the largest block that the space can hold. */
  readonly maxOrder: number;

  /** Whether `dispose()` has been called. Never throws. */
  readonly disposed: boolean;

  /**
   * Allocates `size` bytes: a multiple of `chunkSize`, in as few blocks as the kernel's policy finds.
   *
   * Behind it: `gpu_buddy_alloc_blocks()`.
   *
   * @throws {GpuBuddyError} `ENOSPC` where no free space fits, with `reason` and what was free; `EINVAL` with the argument at
   *   fault; `ENOMEM`; `ERR_GPU_BUDDY_WORK_LIMIT` where the search ended before that was known; `ERR_GPU_BUDDY_DISPOSED`;
   *   `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  allocBlocks(size: Bytes, options?: AllocOptions): AllocatedBlocks<N>;

  /**
   * Allocates as `allocBlocks()`, but returns `null` in place of `ENOSPC`, and does not find out why. All else is thrown,
   * `ERR_GPU_BUDDY_WORK_LIMIT` too: whether there is space is not known then.
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
   * Takes exactly these blocks, as one list in this order, or nothing at all: for those who know already what lies where, such as
   * memory that was in use before the program came, or placements of their own. Each block comes as one block of just this order;
   * all of it must lie within one free block. Properties beside `offset` and `order` are ignored.
   *
   * Behind it: `gpu_buddy_alloc_blocks()` with a range as long as the block, for each.
   *
   * @throws {GpuBuddyError} `EINVAL` where there is no block, and with the place of one that leads out of the space, that does not
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
   * Opens a new account: it counts the bytes of the allocations that name it, holds them below a limit, and keeps others from
   * taking what it has reserved. There are 2,047 at one time.
   *
   * @throws {GpuBuddyError} `EINVAL` where more is reserved than the limit, or all accounts together reserve more than the space;
   *   `ENOSPC` where more is reserved than is free, and not reserved for others; `ENOMEM`; `ERR_GPU_BUDDY_DISPOSED`;
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
   * Opens the account of this allocator that a token stands for: the same one, in whatever thread.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_TOKEN` where there is no such account, or none any more, or it is another allocator's;
   *   `ENOMEM`; `ERR_GPU_BUDDY_DISPOSED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  openAccount(token: AccountToken): Account<N>;

  /**
   * Makes a pool, which is empty: allocations by number. It owns what it allocates.
   *
   * @throws {GpuBuddyError} `ENOMEM`; `ERR_GPU_BUDDY_DISPOSED`
   */
  pool(): Pool<N>;

  /**
   * Describes the lists that `AllocatedBlocks.park()` has left here, in any thread, in no particular order: those that nobody has
   * adopted or revoked. What `transfer()` has given away is not among them.
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
   * Frees everything that this thread has allocated here, through whatever `GpuBuddy` object: lists, those of batches, and what
   * is in pools; and all parked lists, which belong to no thread. Free memory that is clear stays clear; what is freed counts as
   * dirty. What belongs to other threads, or is under way between them by `transfer()`, stays.
   *
   * Takes time for all blocks of the allocator.
   *
   * Behind it: `gpu_buddy_free_list()`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`; `ERR_GPU_BUDDY_POISONED`
   */
  freeAll(): void;

  /**
   * Waits until memory has become free, in any thread: resolves to `epoch` once that is above `since`, at once if it is already.
   * What has become free need not fit the caller's request, and others may be quicker: try again, and wait again. Whoever reads
   * `epoch` before the allocation that fails misses nothing in between.
   *
   * Costs a free nothing while nobody waits, and one call for all who wait in a thread. Keeps the allocator, and without
   * `ref: false` the event loop, going.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`, also where `dispose()` is called meanwhile; `ERR_GPU_BUDDY_POISONED`
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
   * Begins a journal: from now on every operation here, of every thread, list, pool, batch and account, of the collector and of threads that
   * end, is written down with its answer, in the order in which they were done. The entries stand in a ring of native memory until they
   * are read; where nobody reads them, and the ring is full, one `gap` entry says how many are missing. Nobody waits for a reader.
   *
   * docs/guide/journal.md says what it costs.
   *
   * @throws {GpuBuddyError} `EBUSY`: there is one; `ENOMEM`; `ERR_GPU_BUDDY_DISPOSED`, `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  startJournal(options?: JournalOptions): void;

  /**
   * Ends the journal. What is in the ring can still be read, until another journal begins.
   *
   * @throws {GpuBuddyError} `EINVAL`: there is none, or it has ended; `ERR_GPU_BUDDY_DISPOSED`
   */
  stopJournal(): void;

  /**
   * Reads the journal, in any thread that has opened the allocator: the entries that there are, then others as they come, until it is
   * stopped. The first entry, `start`, says what there was when it began. An entry leaves the ring once the reader asks for the next one; a
   * reader that breaks off has taken what it was given, and the next one goes on there. Two readers at a time each miss what the other one took.
   *
   * Keeps the allocator and, without `ref: false`, the event loop going.
   *
   * @throws {GpuBuddyError} `EINVAL`: there is no journal; `ERR_GPU_BUDDY_DISPOSED`, also where `dispose()` is called meanwhile
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

  /** A batch of allocations and frees, to be done in one call. */
  batch(): Batch<N>;

  /**
   * The allocated block that an address lies in, or `null` where that address is free.
   *
   * Behind it: `gpu_buddy_allocated_addr_to_block()`.
   *
   * @throws {GpuBuddyError} `ENXIO` outside the space; `ERR_GPU_BUDDY_DISPOSED`; `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  blockAt(address: Bytes): BlockInfo<N> | null;

  /**
   * Bytes that are free between two addresses, which need not be aligned. Takes time for the blocks between them.
   *
   * @throws {GpuBuddyError} `EINVAL` where the range is empty or leads out of the space; `ERR_GPU_BUDDY_DISPOSED`;
   *   `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  availIn(range: AddressRange): N;

  /**
   * Lists the free memory by address. Free blocks that lie side by side, clear or dirty, are joined into one segment, which can be
   * longer than `largestFree`.
   *
   * @throws {GpuBuddyError} `ENOMEM` where so many segments do not fit into V8's heap; `ERR_GPU_BUDDY_DISPOSED`;
   *   `ERR_GPU_BUDDY_POISONED`
   */
  freeSegments(): Segment<N>[];

  /**
   * The lowest address where `size` bytes in a row are free, in whatever blocks; `null` where there is no such place. `size` is a
   * multiple of `chunkSize`, as for `allocBlocks()`.
   *
   * `contiguous` is the kernel's own search for one piece, and gives up on runs that exist: it looks beside free blocks of
   * `size` rounded down to a power of two, and nowhere else. This one finds every run, and a range of exactly `size` bytes takes
   * it. On an allocator that other threads use, the answer is a hint: the run may be taken before it is asked for.
   *
   * @throws {GpuBuddyError} `EINVAL` where `size` is no multiple of the chunk size, 0, or larger than the space, where
   *   `alignment` is no power of two, where the range is empty or leads out of the space; `ERR_GPU_BUDDY_WORK_LIMIT`;
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
   * Declares all free memory clear (zero) or dirty. What is allocated stays as it is.
   *
   * Behind it: `gpu_buddy_reset_clear()`, repeated until it has reached every free block.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`; `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  resetClear(isClear: boolean): void;

  /**
   * Numbers by order, and what the bookkeeping costs. Takes time for the orders only, not for the blocks.
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
   * Writes down all that is allocated, and what of the free memory is clear, as plain data that JSON can hold: for
   * `GpuBuddy.restore()`, in this process or in another. The lists of all threads and pools are part of it, also those that are
   * parked, or under way between threads; lists without blocks are not.
   *
   * @throws {GpuBuddyError} `ENOMEM` where so many blocks do not fit into V8's heap; `ERR_GPU_BUDDY_DISPOSED`;
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
   * A token that stands for this allocator in every thread of this process: `GpuBuddy.from(token)` in a worker is the
   * same allocator, lock and all. It can be cloned and posted, and used more than once. It keeps nothing alive: the
   * allocator ends with its last object, its last list in all threads, and its last parked list.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  share(): GpuBuddyToken;

  /**
   * Ends the use of this allocator. Lists of blocks that are still there, parked ones too, stay valid and can be freed; the
   * native memory goes with the last of them. Those who wait for memory through this object are told
   * (`ERR_GPU_BUDDY_DISPOSED`). Without it, the collector does the same. A second call does nothing.
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
  /** How many: 1, but for `allocMany()` and batches. */
  readonly count: number;
  /** Bytes that were asked for, in all. */
  readonly size: number;
  /** The tag, and the account that is charged; of a batch, whose allocations may differ, `undefined`. */
  readonly tag: number | undefined;
  readonly account: Account<Bytes> | undefined;
}

/** The message of `gpu-buddy:free`: memory that a call has given back. */
export interface FreeMessage extends BuddyMessage {
  /** How many lists, or allocations of a pool: part of a list is one, too. `undefined` after `freeAll()`. */
  readonly count: number | undefined;
  /** Bytes, in all. `undefined` after `freeAll()`. */
  readonly size: number | undefined;
}

/** The message of `gpu-buddy:failed`: an allocation that was refused, whether the call throws or returns `null` or `false`. */
export interface FailedMessage extends AllocMessage {
  readonly code: GpuBuddyErrorCode;
  /** Why no space was found, as far as the call has found out. */
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
   * @throws {GpuBuddyError} `EINVAL` where the chunk size is no power of two, where `size` is below a chunk, where
   *   `baseOffset + size` or `size * 4096 / chunkSize` is not below 2^64, where the space ends above 2^53 - 1 without
   *   `bigint: true`; `ENOMEM`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`; `ERR_INVALID_ARG_VALUE` where an option is unknown, and where `name` is none
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
   * Makes an allocator from what `save()` has written, and all of its lists, in the order of the state. From then on it gives the
   * same answers to the same calls as the one that was saved: placement, clear and dirty memory are the same block by block.
   * Limits and the like are options; native memory taken and `kernelWarnings` begin anew.
   *
   * Where it throws, nothing is left.
   *
   * Behind it: `gpu_buddy_init()`, and `gpu_buddy_alloc_blocks()` with a range as long as the block, for each.
   *
   * @throws {GpuBuddyError} `EINVAL` with the entry that does not fit: the state is of another version, or none; or its space ends
   *   above 2^53 - 1, without `bigint: true`; `ENOMEM`
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
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_TOKEN` where there is no such allocator any more, or it lives in another copy
   *   of this package; `EINVAL` where its space ends above 2^53 - 1, without `bigint: true`; `ENOMEM`
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
  /** How many `WARN_ON`s the kernel code has met. */
  readonly kernelWarnings: number;
  /** One entry an order, from 0 to `maxOrder`. */
  readonly orders: readonly OrderStats<N>[];
}

/** The place in which `findFree()` looks, and the piece it looks for. */
export interface FindFreeOptions {
  /**
   * The address is a multiple of it, counted from the start of the space, as blocks are aligned. A power of two; one below
   * `chunkSize`, its default, is as good as that.
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
  /** Whether the blocks count as known to be zero (`isClear`). Default: as the free memory did. */
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
  /** For `AllocatedBlocks.adopt()` and `AllocatedBlocks.revoke()`. */
  readonly token: AllocatedBlocksToken;
  /** The number given to `allocBlocks()`; 0 where none was. */
  readonly tag: number;
  /** Bytes in all of its blocks. */
  readonly size: N;
  /** For `GpuBuddy.openAccount()`, without the name; `undefined` where the list is charged to no account. */
  readonly account: AccountToken | undefined;
}

/** A list as `JSON.stringify()` writes it: with decimal strings for bigints. */
export interface AllocatedBlocksJson<N extends Bytes = number> {
  readonly tag: number;
  /** Bytes. */
  readonly size: Json<N>;
  readonly blocks: readonly Json<BlockInfo<N>>[];
}

/** Which part of a block is kept. */
export interface TrimOptions {
  /** Address of the first byte that is kept, with `baseOffset`. Without it, the block's own start. */
  readonly start?: Bytes | undefined;
}

/**
 * Blocks of an allocator, in the order in which the kernel found them: largest first, or ascending for an exact range
 * and after trimming.
 *
 * The blocks are the holder's until `free()`, until the end of a `using` block, or until the list is collected. The
 * collector comes late, and never inside synchronous code: free lists by hand or by `using`.
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

  /** Whether the blocks have been given back. Never throws. */
  get freed(): boolean;

  /** The number given to `allocBlocks()`; 0 where none was. */
  get tag(): number;

  /**
   * How many blocks there are.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_FREED`
   */
  get length(): number;

  /**
   * Whether there are none: true only when all of them have been freed one by one.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_FREED`
   */
  get isEmpty(): boolean;

  /**
   * Bytes in all blocks together: what was asked for, or more with `trimDisable`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_FREED`
   */
  get size(): N;

  /**
   * Bytes of the blocks that lie between two addresses, which need not be aligned: what a driver counts as visible to the CPU,
   * for one.
   *
   * @throws {GpuBuddyError} `EINVAL` where the range is empty or leads out of the space; `ERR_GPU_BUDDY_FREED`;
   *   `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  sizeIn(range: AddressRange): N;

  /**
   * Address of the list's first byte, with `baseOffset`, if the blocks, in whatever order, make up one piece; `undefined` where
   * there are gaps, and where the list is empty.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_FREED`; `ERR_GPU_BUDDY_POISONED`
   */
  get offset(): N | undefined;

  /**
   * The block at a place in the list; counts from the end where `index` is negative, as `Array.prototype.at()` does.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_FREED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  at(index: number): AllocatedBlock<N> | undefined;

  /**
   * The blocks in list order. What is freed or trimmed meanwhile must not be asked for again.
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
   * The blocks as few pieces: where one begins at the end of the one before it in the list, they make up one piece, as long as
   * that is not longer than `maxLength`, in bytes. What is longer by itself is cut.
   *
   * @throws {GpuBuddyError} `EINVAL` where `maxLength` is 0 or no multiple of the chunk size; `ERR_GPU_BUDDY_FREED`;
   *   `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  segments(maxLength?: Bytes): Segment<N>[];

  /**
   * Shrinks a list of one block: `newSize` bytes are kept, from `start` on, the rest is freed. Several blocks in
   * ascending order may make up what is kept. The list stays as it is if this fails.
   *
   * Behind it: `gpu_buddy_block_trim()`. The freed part of a block that was clear when it was allocated counts as
   * clear again, even if it has been written to.
   *
   * @throws {GpuBuddyError} `EINVAL` where there is not exactly one block, where `newSize` is 0, no multiple of the chunk
   *   size or larger than the block, where `start` is no multiple of the chunk size or leads out of the block; `ENOMEM`;
   *   `ERR_GPU_BUDDY_FREED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  trim(newSize: Bytes, options?: TrimOptions): void;

  /**
   * Frees one block of the list. `index` counts from the end where it is negative, as in `at()`.
   *
   * Behind it: `gpu_buddy_free_list()` with that block alone.
   *
   * @throws {GpuBuddyError} `EINVAL` where there is no such block; `ERR_GPU_BUDDY_FREED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  freeBlock(index: number, options?: FreeOptions): void;

  /**
   * Takes over the blocks of another list of the same allocator, whatever `GpuBuddy` object it comes from: they come behind those of
   * this list, and get its tag. `other` is freed afterwards, and its blocks can't be read through it any more. Blocks that were read
   * from this list stay valid.
   *
   * Takes time for the blocks of `other`, to write the tag; none are moved.
   *
   * @throws {GpuBuddyError} `EINVAL` where `other` is this list, comes from another allocator, or is charged to another account; `ERR_GPU_BUDDY_FREED` where one of
   *   the two is freed; `ERR_GPU_BUDDY_POISONED`
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
   * Allocates `size` bytes right behind the list's highest block, wherever that stands in the list, and puts them at its end. `false`
   * where that memory is not free, the list's account may not have it, or the space ends before it; the list is as it was then. A list without blocks has no such place.
   *
   * Blocks that were read from this list stay valid.
   *
   * Behind it: `gpu_buddy_alloc_blocks()` with a range as long as `size`.
   *
   * @throws {GpuBuddyError} `EINVAL` where `size` is 0, no multiple of the chunk size, or larger than the space; `ENOMEM`;
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
   * Gives all blocks back. A list that is freed already is left alone.
   *
   * Behind it: `gpu_buddy_free_list()`.
   *
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  free(options?: FreeOptions): void;

  /**
   * Gives the blocks away: this list is freed, and whoever gets the token, in whatever thread of this process, can take
   * them up by `AllocatedBlocks.adopt()`. A token can be cloned and posted, but only one adoption succeeds.
   *
   * Blocks that are under way keep nothing alive. They are freed when the thread that gave them away ends, and when the
   * last allocator object and the last other list in all threads are gone.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_FREED`; `ENOMEM`; `ERR_GPU_BUDDY_POISONED`
   */
  transfer(): AllocatedBlocksToken;

  /**
   * Leaves the blocks with their allocator, where they stay whatever thread ends: this list is freed, and whoever has the token, in
   * whatever thread of this process, can take them up by `AllocatedBlocks.adopt()`, or free them by `AllocatedBlocks.revoke()`, once.
   * `GpuBuddy.parked()` finds tokens that are lost.
   *
   * A parked list keeps its allocator, also where no thread has it open any more: `GpuBuddy.from(token.buddy)` opens it again. It
   * stays charged to its account. Without `adopt()`, `revoke()` or `freeAll()` its memory goes with the process.
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
   * Takes up the blocks that `transfer()` or `park()` gave away, here or in another thread.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_TOKEN` where somebody has taken them up before, or they are freed; `EINVAL` where
   *   the allocator's space needs bigints; `ENOMEM`; `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  static adopt(
    token: AllocatedBlocksToken,
    options: OpenOptions & { readonly bigint: true },
  ): AllocatedBlocks<bigint>;
  static adopt(
    token: AllocatedBlocksToken,
    options?: OpenOptions & { readonly bigint?: false | undefined },
  ): AllocatedBlocks;
  static adopt(token: AllocatedBlocksToken, options?: OpenOptions): AllocatedBlocks<Bytes>;

  /**
   * Frees the blocks that `transfer()` or `park()` gave away, in whatever thread: nobody can take them up any more. Whoever waits for
   * memory is told, as of any free.
   *
   * Behind it: `gpu_buddy_free_list()`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_TOKEN` where somebody has taken them up before, or they are freed;
   *   `ERR_GPU_BUDDY_POISONED`, and the blocks are not parked any more
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  static revoke(token: AllocatedBlocksToken): void;

  /** `free()`, at the end of a `using` block. */
  [Symbol.dispose](): void;

  /** Returns tag, size and blocks, with decimal strings for bigints; `{ freed: true }` where the list is freed. */
  toJSON(): AllocatedBlocksJson<N> | { readonly freed: true };
}

/**
 * A block of an {@link AllocatedBlocks}, which it keeps from being collected. It can be read as long as the list has it:
 * once the list is freed, trimmed or loses a block, every getter but `blocks` throws `ERR_GPU_BUDDY_FREED`.
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

  /** Returns what is known of the block, with decimal strings for bigints; `{ freed: true }` where it can't be read any more. */
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

  /** How many operations are collected. */
  get length(): number;

  /**
   * Adds an allocation, as `GpuBuddy.allocBlocks()`. Returns its handle, for `free()` and for the result.
   *
   * @throws {GpuBuddyError} `EINVAL` where the range begins or ends below the space; `ENOMEM`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  alloc(size: Bytes, options?: AllocOptions): BatchHandle;

  /**
   * Adds the freeing of blocks: what this batch allocates, by its handle, or a list from before. The latter stays what it is
   * until `run()`, and is left alone if it has been freed by then. Returns the handle of the freeing.
   *
   * @throws {GpuBuddyError} `EINVAL` where the list comes from another allocator, or the handle is not one of an allocation
   *   of this batch since it was last run or cleared, or its blocks are freed already; `ENOMEM`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  free(what: BatchHandle | AllocatedBlocks<Bytes>, options?: FreeOptions): BatchHandle;

  /** Forgets all that was collected. */
  clear(): void;

  /**
   * Does what was collected, in that order, and makes the batch empty again. An operation that fails does not keep the others
   * from being done, unless the run is `atomic`. Where this throws, nothing was done, and the batch is as it was; only what an
   * `atomic` run had freed again before it failed counts as dirty now, unless it was freed as cleared.
   *
   * Where JavaScript is stopped in the middle (a stack overflow, the timeout of a `vm`), lists from before the batch that it
   * frees may be freed already, or are when the collector comes.
   *
   * Behind it: `gpu_buddy_alloc_blocks()` and `gpu_buddy_free_list()`, in turns with other threads where they use the same
   * allocator.
   *
   * @throws {GpuBuddyError} where the run is `atomic`, the error of the operation that failed, or `EINVAL` where it frees
   *   lists from before it and allocates afterwards, which could not be taken back; `ENOMEM`; `ERR_GPU_BUDDY_DISPOSED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  run(options?: BatchRunOptions): BatchResult<N>;

  /** Tells how many operations are collected. */
  toJSON(): { readonly length: number };
}

/** The outcome of one operation. */
export interface BatchOutcome<N extends Bytes = number> {
  /** Given by `alloc()` or `free()` of the batch. */
  readonly handle: BatchHandle;
  /** The list that an allocation has got, as `BatchResult.blocks()` gives it. */
  readonly blocks: AllocatedBlocks<N> | null;
  /** The reason of a failure, as `BatchResult.error()` gives it. */
  readonly error: GpuBuddyError | null;
}

/**
 * Tells what has become of the operations of a batch: by their handles; one after the other, when it is iterated; and as a
 * column for each property, in which the operations stand in the order in which they were added. The columns are the caller's:
 * nothing reads them again.
 *
 * Keeps the blocks that were allocated. Lists never read through `blocks()` are freed with the result by the collector, which
 * comes late.
 */
export declare class BatchResult<N extends Bytes = number> implements Iterable<BatchOutcome<N>>, Disposable {
  private constructor(...args: never);

  /** How many operations there were. */
  get length(): number;

  /** 0, or the kernel's error number, negative; `-5` (`EIO`) for the codes that begin with `ERR_`: see `error()`. */
  get errnos(): Int32Array;

  /** Address of each allocation's first block, with `baseOffset`; 0 if it failed. */
  get offsets(): Column<N>;

  /** Order of each allocation's first block. */
  get orders(): Uint8Array;

  /** Number of blocks of each allocation; 0 if it failed. */
  get counts(): Uint32Array;

  /**
   * The index of an operation in the columns.
   *
   * @throws {GpuBuddyError} `EINVAL` where the handle is of another run, or of another batch
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  indexOf(handle: BatchHandle): number;

  /**
   * The list that an allocation of the batch has got, the same one every time; `null` where it failed, where the operation
   * was none, and where its blocks were freed in the batch, or by `free()`.
   *
   * @throws {GpuBuddyError} `EINVAL` where the handle is of another run, or of another batch
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  blocks(handle: BatchHandle): AllocatedBlocks<N> | null;

  /**
   * Why an operation failed; `null` where it did not.
   *
   * @throws {GpuBuddyError} `EINVAL` where the handle is of another run, or of another batch
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  error(handle: BatchHandle): GpuBuddyError | null;

  /** The outcomes of all operations, in the order in which they were added. */
  [Symbol.iterator](): IterableIterator<BatchOutcome<N>>;

  /**
   * Gives back all blocks that the batch has allocated, except those that are freed already, whoever has them.
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
 * Allocations that are known by numbers: the fast way for those who allocate a lot, since nothing is made on JavaScript's heap.
 * Each is one run of memory (`contiguous` is implied), so an address and a size say all of it.
 *
 * A pool owns what is in it: `clear()`, the end of a `using` block, the collection of the pool and the end of its thread give
 * everything back. A handle is good for one allocation: once that is freed, the handle is refused.
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
   * How many allocations there are.
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
   * Allocates as `alloc()`, but returns `null` in place of `ENOSPC`, and does not find out why.
   *
   * @throws as `GpuBuddy.allocBlocks()`, but for `ENOSPC`
   */
  tryAlloc(size: Bytes, options?: PoolAllocOptions): PoolHandle | null;

  /**
   * Address of an allocation, with `baseOffset`.
   *
   * @throws {GpuBuddyError} `EINVAL` where the handle is not one of this pool, or its allocation is freed; `ERR_GPU_BUDDY_DISPOSED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  offset(handle: PoolHandle): N;

  /**
   * Bytes of an allocation: what was asked for, or more with `trimDisable`.
   *
   * @throws as `offset()`
   */
  size(handle: PoolHandle): N;

  /** Whether a handle is that of an allocation of this pool. Never throws. */
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
   * Takes an allocation out of the pool: the list of its blocks, which belongs to the caller.
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

  /** The handles of all allocations. What is freed or allocated meanwhile may be among them, or not. */
  [Symbol.iterator](): IterableIterator<PoolHandle>;

  /** Frees all allocations, and ends the pool. A second call does nothing. */
  dispose(): void;

  /** `dispose()`, at the end of a `using` block. */
  [Symbol.dispose](): void;

  /** Tells how many allocations there are; `{ disposed: true }` after `dispose()`. */
  toJSON(): { readonly length: number } | { readonly disposed: true };
}

/** How many bytes an account may hold, and how many nobody else may take. What is not given stays as it is. */
export interface AccountQuota {
  /** The most bytes that the account may hold; `null`: no limit, the default of a new account. */
  readonly limit?: Bytes | null | undefined;
  /**
   * Bytes that others cannot take, those that the account holds among them. A promise of bytes, not of blocks: what is free may lie
   * in pieces that do not fit. Default of a new account: 0.
   */
  readonly reserved?: Bytes | undefined;
}

/** Options of `GpuBuddy.account()`. */
export interface AccountOptions extends AccountQuota {
  /** For errors, and for people. */
  readonly name?: string | undefined;
}

/**
 * An account of an allocator: whose bytes are whose. Allocations that name it (`{ account }`) are charged in the call itself,
 * whatever thread makes it; the bytes stay charged until they are free, wherever the list goes: through trims, transfers, batches,
 * pools, and the collector.
 *
 * An account lives while an object in any thread has it open, or it holds bytes. Its reservation ends with the last object.
 */
export declare class Account<N extends Bytes = number> implements Disposable {
  private constructor(...args: never);

  /** Given by whoever made it; `undefined` where none was. */
  get name(): string | undefined;

  /**
   * Bytes that it holds.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  get used(): N;

  /**
   * The most bytes that it may hold; `null` where there is no limit.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  get limit(): N | null;

  /**
   * Bytes that others cannot take, those that it holds among them.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  get reserved(): N;

  /** Whether `dispose()` has been called. Never throws. */
  get disposed(): boolean;

  /**
   * Changes limit or reservation, or both, for all threads. A limit below `used` takes nothing away: nothing more is given until
   * enough is freed.
   *
   * @throws {GpuBuddyError} as `GpuBuddy.account()`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  update(quota: AccountQuota): void;

  /**
   * A token that stands for this account in every thread that has its allocator: see `GpuBuddy.openAccount()`. It keeps nothing
   * alive.
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
