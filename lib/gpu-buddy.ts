/** The class `GpuBuddy`: an allocator as users see it. */
import { inspect, type InspectOptions } from 'node:util';
import { makeAccount, openAccount, type Account } from './account';
import { toRange, type AddressRange, type RelativeRange } from './address-range';
import { AllocatedBlocks } from './allocated-blocks';
import { captureStack, noteStack } from './allocation-stacks';
import { Allocator } from './allocator';
import type * as api from './api';
import { toBoolean, toBytes, toInteger, toNumberIfSafe, toRelative } from './arguments';
import { allocMany, Batch } from './batch';
import type { BlockInfo, BlockTable } from './block-table';
import { claim } from './claim';
import { remember } from './directory';
import { invalidArgType } from './errors';
import { allocated, freed, tellAlloc, tellFree, tellWait, waited } from './events';
import { toConfig, type GpuBuddyOptions, type RestoreOptions } from './gpu-buddy-options';
import { putGuardBack, spareSlot, takeGuard, type Guard } from './guard';
import { fitsIntoHeap } from './heap-room';
import { toJson, withJson, type Json } from './json';
import {
  JournalReader,
  readJournal,
  startJournal,
  stopJournal,
  toCapacity,
  type JournalOptions,
  type ReadJournalOptions,
} from './journal';
import type { JournalEntry } from './journal-entry';
import * as native from './native';
import type { Bytes } from './native';
import { toOptions, type Names } from './options';
import { Pool } from './pool';
import { reclaimAll } from './reclaim';
import type { Request } from './request';
import type { GpuBuddyState } from './saved-state';
import { HEAP_BYTES_OF_SEGMENT, type Segment } from './segments';
import { restoreState, saveState } from './state';
import {
  accountToken,
  blocksToken,
  buddyToken,
  fromId,
  toBuddyToken,
  toId,
  wantsBigint,
  type AccountToken,
  type GpuBuddyToken,
  type OpenOptions,
} from './tokens';
import { markAsUncloneable } from './uncloneable';
import { waitForFree, type WaitForFreeOptions } from './waiting';

const FIND_OPTION_NAMES: Names<api.FindFreeOptions> = { alignment: true, range: true };

type Overview<N extends Bytes> = Pick<
  api.GpuBuddy<N>,
  'baseOffset' | 'size' | 'chunkSize' | 'avail' | 'clearAvail'
> & { readonly name?: string };

interface Restored<N extends Bytes> extends api.Restored<N> {
  readonly lists: AllocatedBlocks<N>[];
}

/** Gives what stands behind an allocator that users see. */
export let allocatorOf: (buddy: unknown) => Allocator;

export class GpuBuddy<N extends Bytes = number> implements api.GpuBuddy<N> {
  readonly #allocator: Allocator<N>;

  constructor(options: GpuBuddyOptions | Allocator<N>) {
    markAsUncloneable(this);
    if (options instanceof Allocator) {
      this.#allocator = options;
    } else {
      const config = toConfig(options);
      this.#allocator = new Allocator<N>(config);
      if (config.journalCapacity !== undefined) startJournal(this.#allocator, config.journalCapacity);
    }
    this.#allocator.buddy = this;
  }

  get name(): string | undefined {
    return this.#allocator.name;
  }

  get baseOffset(): N {
    return this.#allocator.space.baseOffset;
  }

  get chunkSize(): N {
    return this.#allocator.space.chunkSize;
  }

  get size(): N {
    return this.#allocator.space.size;
  }

  get avail(): N {
    this.#readAvail();
    return this.#allocator.space.bytes(native.avail.all);
  }

  get clearAvail(): N {
    this.#readAvail();
    return this.#allocator.space.bytes(native.avail.clear);
  }

  #readAvail(): void {
    this.#allocator.check(native.readAvail(this.#allocator.handle), 'gpu_buddy');
  }

  get epoch(): number {
    this.#allocator.check(native.readEpoch(this.#allocator.handle), 'gpu_buddy');
    return native.epochFound();
  }

  get isEmpty(): boolean {
    return this.avail === this.#allocator.space.size;
  }

  get largestFree(): N {
    this.#readRoom();
    return this.#allocator.space.bytes(native.room.largestFree);
  }

  get fragmentation(): number {
    this.#readRoom();
    const { largestFree, largestPossible } = native.room;
    return largestPossible === 0 ? 0 : 1 - largestFree / largestPossible;
  }

  #readRoom(): void {
    this.#allocator.check(native.readRoom(this.#allocator.handle), 'gpu_buddy');
  }

  get maxOrder(): number {
    return (BigInt(this.size) / BigInt(this.chunkSize)).toString(2).length - 1;
  }

  get disposed(): boolean {
    return this.#allocator.isDisposed;
  }

  allocBlocks(size: Bytes, options?: api.AllocOptions): AllocatedBlocks<N> {
    const wanted = toBytes('size', size);
    const allocator = this.#allocator;
    const plain = allocator.plainRequest;
    const request = options === undefined ? plain : allocator.toRequest(wanted, options, plain);
    const blocks = this.#alloc(wanted, request);
    if (blocks) return blocks;
    throw allocator.shortageError(wanted, request);
  }

  tryAllocBlocks(size: Bytes, options?: api.AllocOptions): AllocatedBlocks<N> | null {
    const wanted = toBytes('size', size);
    const plain = this.#allocator.quietRequest;
    return this.#alloc(
      wanted,
      options === undefined ? plain : this.#allocator.toRequest(wanted, options, plain),
    );
  }

  /** Does what nearly always happens; the rest is apart, so that this is small enough to be compiled into its callers. */
  #alloc(size: Bytes, request: Request): AllocatedBlocks<N> | null {
    const allocator = this.#allocator;
    if (allocator.capturesStacks) return this.#allocWithStack(size, request);
    const slot = spareSlot();
    const guard = takeGuard();
    const status = native.alloc(allocator.handle, request, slot, size);
    if (status !== native.OK) return this.#allocAgain(status, size, request, guard);
    const blocks = new AllocatedBlocks(allocator, guard, slot, request.tag);
    if (allocated.hasSubscribers) tellAlloc(allocator, 1, size, request);
    return blocks;
  }

  #allocWithStack(size: Bytes, request: Request): AllocatedBlocks<N> | null {
    // First: what a program has hooked into stack traces may throw, or allocate.
    const stack = captureStack();
    const slot = spareSlot();
    const guard = takeGuard();
    const status = native.alloc(this.#allocator.handle, request, slot, size);
    if (status !== native.OK) return this.#allocAgain(status, size, request, guard);
    const blocks = new AllocatedBlocks(this.#allocator, guard, slot, request.tag);
    noteStack(slot, stack);
    if (allocated.hasSubscribers) tellAlloc(this.#allocator, 1, size, request);
    return blocks;
  }

  /** Lists that the collector has found may have what is missing. */
  #allocAgain(
    status: number,
    size: Bytes,
    request: Request,
    guard: Guard | undefined,
  ): AllocatedBlocks<N> | null {
    putGuardBack(guard);
    if ((native.isShortage(status) || status === native.NO_MEMORY) && reclaimAll())
      return this.#alloc(size, request);
    if (!native.isShortage(status)) throw this.#allocator.allocError(status, size, request);
    this.#allocator.noteShortage(status, size, request);
    return null;
  }

  allocMany(count: number, size: Bytes, options?: api.AllocOptions): AllocatedBlocks<N>[] {
    const allocator = this.#allocator;
    const number = toInteger('count', count);
    const wanted = toBytes('size', size);
    const plain = allocator.plainRequest;
    const request = options === undefined ? plain : allocator.toRequest(wanted, options, plain);
    return allocMany(allocator, number, wanted, request);
  }

  claim(blocks: Iterable<api.BlockPlace>, options?: api.ClaimOptions): AllocatedBlocks<N> {
    return claim(this.#allocator, blocks, options);
  }

  pool(): Pool<N> {
    return new Pool(this.#allocator);
  }

  account(options?: api.AccountOptions): Account<N> {
    return makeAccount(this.#allocator, options);
  }

  openAccount(token: AccountToken): Account<N> {
    return openAccount(this.#allocator, token);
  }

  parked(): api.ParkedBlocks<N>[] {
    const { handle, space } = this.#allocator;
    const rows = native.parked(handle);
    if (typeof rows === 'number') throw this.#allocator.toError(rows, 'gpu_buddy');
    if (rows.length === 0) return [];
    const { id } = this.share();
    return rows.map(({ ticket, tag, bytes, account }) =>
      withJson({
        token: blocksToken(id, ticket),
        tag,
        size: space.bytes(bytes),
        account: account && accountToken(account, undefined),
      }),
    );
  }

  freeAll(): void {
    reclaimAll();
    this.#allocator.check(native.freeEverything(this.#allocator.handle), 'gpu_buddy_free_list');
    if (freed.hasSubscribers) tellFree(this.#allocator);
  }

  async waitForFree(options?: WaitForFreeOptions): Promise<number> {
    const allocator = this.#allocator;
    const waiting = waitForFree(allocator.handle, options, (status) =>
      allocator.toError(status, 'gpu_buddy'),
    );
    return waited.hasSubscribers ? tellWait(allocator, waiting) : waiting;
  }

  startJournal(options?: JournalOptions): void {
    startJournal(this.#allocator, toCapacity('options', options));
  }

  stopJournal(): void {
    stopJournal(this.#allocator);
  }

  journal(options?: ReadJournalOptions): AsyncGenerator<JournalEntry<N>, undefined> {
    return readJournal(new JournalReader(this.#allocator, this.#allocator.space, options));
  }

  batch(): Batch<N> {
    return new Batch(this.#allocator);
  }

  blockAt(address: Bytes): BlockInfo<N> | null {
    const allocator = this.#allocator;
    const { space } = allocator;
    const relative = toRelative(toBytes('address', address), space.base);
    const status =
      relative === null
        ? allocator.unlessGone(native.ADDRESS_BEYOND_SPACE)
        : native.lookup(allocator.handle, relative);
    if (status !== native.OK)
      throw allocator.toError(status, 'gpu_buddy_allocated_addr_to_block', { given: { address } });
    if (!native.found.any) return null;
    const { offset, order, clear, tag } = native.found;
    return withJson({
      offset: space.address(offset),
      order,
      size: space.blockSize(order),
      isClear: clear,
      tag,
    });
  }

  availIn(range: AddressRange): N {
    const allocator = this.#allocator;
    const given = toRange('range', range, allocator.space.base);
    const status = this.#unlessOutside(given) ?? native.availIn(allocator.handle, given);
    if (status !== native.OK) throw allocator.toError(status, 'gpu_buddy', { given: { range: given.text } });
    return allocator.space.bytes(native.bytesInRange());
  }

  freeSegments(): Segment<N>[] {
    const { space, handle } = this.#allocator;
    const runs = native.freeRuns(handle);
    if (typeof runs === 'number') throw this.#allocator.toError(runs, 'gpu_buddy');
    const { offsets, sizes } = runs;
    if (!fitsIntoHeap(offsets.length, HEAP_BYTES_OF_SEGMENT))
      throw this.#allocator.toError(native.NO_MEMORY, 'gpu_buddy', {
        note: `${String(offsets.length)} segments`,
      });
    return Array.from(offsets, (offset, index) => ({
      offset: space.address(offset),
      size: space.bytes(sizes[index] ?? 0),
    }));
  }

  findFree(size: Bytes, options?: api.FindFreeOptions): N | null {
    const allocator = this.#allocator;
    const { space, handle } = allocator;
    const wanted = toBytes('size', size);
    const { alignment: unit, range } = toOptions('options', options, FIND_OPTION_NAMES);
    const alignment = unit === undefined ? toNumberIfSafe(space.chunkSize) : toBytes('alignment', unit);
    const given = range === undefined ? undefined : toRange('range', range, space.base);
    const within = given ?? { start: 0, end: toNumberIfSafe(space.size) };
    const status = this.#unlessOutside(given) ?? native.findFree(handle, wanted, alignment, within);
    if (status !== native.OK)
      throw allocator.toError(status, 'gpu_buddy', { given: { size, alignment, range: given?.text } });
    return native.found.any ? space.address(native.found.offset) : null;
  }

  /** The status of a question about a range that begins or ends below the space. */
  #unlessOutside(range: RelativeRange | undefined): number | undefined {
    return range?.isOutside ? this.#allocator.unlessGone(native.RANGE_BEYOND_SPACE) : undefined;
  }

  resetClear(isClear: boolean): void {
    const clear = toBoolean('isClear', isClear);
    this.#allocator.check(native.resetClear(this.#allocator.handle, clear), 'gpu_buddy_reset_clear');
  }

  stats(): api.GpuBuddyStats<N> {
    const { space, handle } = this.#allocator;
    const stats = native.stats(handle);
    if (typeof stats === 'number') throw this.#allocator.toError(stats, 'gpu_buddy');
    return withJson({
      size: space.size,
      chunkSize: space.chunkSize,
      avail: space.bytes(stats.avail),
      clearAvail: space.bytes(stats.clearAvail),
      reserved: space.bytes(stats.reserved),
      nativeBytes: stats.nativeBytes,
      kernelWarnings: stats.kernelWarnings,
      orders: Array.from(stats.freeBlocks, (freeBlocks, order) => ({
        order,
        blockSize: space.blockSize(order),
        freeBlocks,
        usedBlocks: stats.usedBlocks[order] ?? 0,
      })),
    });
  }

  snapshot(): BlockTable<N> {
    const { space, handle } = this.#allocator;
    const table = native.snapshot(handle, (length) => space.column(length), space.base);
    if (typeof table === 'number') throw this.#allocator.toError(table, 'gpu_buddy');
    return table;
  }

  save(): GpuBuddyState {
    return saveState(this.#allocator);
  }

  static restore(state: GpuBuddyState, options?: RestoreOptions): Restored<Bytes> {
    const { allocator, lists } = restoreState(state, options);
    return { buddy: new GpuBuddy(allocator), lists };
  }

  print(): string {
    const text = native.print(this.#allocator.handle);
    if (typeof text === 'number') throw this.#allocator.toError(text, 'gpu_buddy_print');
    return text;
  }

  share(): GpuBuddyToken {
    const allocator = this.#allocator;
    // First: from now on others can find it.
    allocator.lazyHandle = -1;
    const token = native.share(allocator.handle);
    if (typeof token === 'number') throw allocator.toError(token, 'gpu_buddy');
    const id = toId(token);
    remember(allocator, id);
    return buddyToken(id);
  }

  static from(token: GpuBuddyToken, options?: OpenOptions): GpuBuddy<Bytes> {
    return openToken(toBuddyToken('token', token), wantsBigint(options));
  }

  dispose(): void {
    this.#allocator.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  static {
    allocatorOf = (buddy) => {
      if (typeof buddy !== 'object' || buddy === null || !(#allocator in buddy))
        throw invalidArgType('buddy', 'a GpuBuddy', buddy);
      return buddy.#allocator;
    };
  }

  get #overview(): Overview<N> {
    const { name, baseOffset, size, chunkSize, avail, clearAvail } = this;
    const known = { baseOffset, size, chunkSize, avail, clearAvail };
    return name === undefined ? known : { name, ...known };
  }

  toJSON(): Json<Overview<N>> | { readonly disposed: true } {
    return this.disposed ? { disposed: true } : toJson(this.#overview);
  }

  [inspect.custom](depth: number, options: InspectOptions): string {
    if (!(#allocator in this)) return 'GpuBuddy {}';
    return this.disposed ? 'GpuBuddy { disposed }' : `GpuBuddy ${inspect(this.#overview, options)}`;
  }
}

/** Opens the allocator that a token stands for. */
export function openToken({ id }: GpuBuddyToken, isBigint: boolean): GpuBuddy<Bytes> {
  const allocator = new Allocator({ token: fromId(id), isBigint });
  const buddy = new GpuBuddy(allocator);
  // Last: what can be found by the token has its `buddy`.
  remember(allocator, id);
  return buddy;
}
