/** Shares one allocator of the addon between its `GpuBuddy`, lists, pools and batches. */
import { stateOfAccount, UNNAMED } from './account';
import type { AllocOptions, GpuBuddy } from './api';
import { toNumberIfSafe } from './arguments';
import {
  gpuBuddyError,
  illegalConstructor,
  type ErrorDetails,
  type GpuBuddyError,
  type Shortage,
  type ShortageReason,
} from './errors';
import { failed, tellFailed, tellStatus } from './events';
import type { GpuBuddyConfig } from './gpu-buddy-options';
import * as native from './native';
import type { Bytes, Token } from './native';
import { plainRequest, toRequest, type Request } from './request';
import { fitsNumbers, makeSpace, type Space } from './space';
import { endReading } from './journal';
import { endWaits } from './waiting';

/** An existing native allocator, and whether this object gives out bigints. */
export interface Shared {
  readonly token: Token;
  readonly isBigint: boolean;
}

/** An open native allocator, and how its numbers are given out. */
interface Opened {
  readonly handle: native.Handle;
  readonly space: Space<Bytes>;
}

/**
 * Stands behind a `GpuBuddy`, its lists, pools and batches, and keeps the native allocator open. Users never get one: a
 * constructor that is given one knows that the library calls it.
 */
export class Allocator<N extends Bytes = Bytes> {
  readonly handle: native.Handle;
  readonly space: Space<N>;
  readonly name: string | undefined;
  /** Is true if lists remember where they were allocated. */
  readonly capturesStacks: boolean;
  /** The request of an allocation without options. */
  readonly plainRequest: Request;
  /** The same request, without an explanation of a failure. */
  readonly quietRequest: Request;
  /**
   * The slot of the handle through which memory may be freed with the next call; -1 where it is to be freed at once: another
   * environment, or another object of this one, may know the allocator, or the handle is given up.
   */
  lazyHandle: number;
  /** ID of its token; `undefined` before `share()`. */
  #id: string | undefined;
  /** The `GpuBuddy` of this allocator, set by its constructor. */
  buddy!: GpuBuddy<N>;

  constructor(source: GpuBuddyConfig | Shared) {
    const isShared = 'token' in source;
    const { handle, space } = isShared ? open(this, source) : create(this, source);
    this.handle = handle;
    // Has the type that the option `bigint` asks for.
    this.space = space as Space<N>;
    this.capturesStacks = !isShared && source.capturesStacks;
    this.name = isShared ? native.nameOf(handle) : source.name;
    this.plainRequest = plainRequest(toNumberIfSafe(space.chunkSize));
    this.quietRequest = { ...this.plainRequest, explains: false };
    this.lazyHandle = isShared ? -1 : handle.slot;
  }

  /** Refuses what users pass to a constructor that only the library may call: they never get this class. */
  static assert(value: unknown): void {
    if ((value as Partial<Allocator> | null | undefined)?.constructor !== Allocator)
      throw illegalConstructor();
  }

  /** Tells whether both use the same native allocator. */
  isSame(other: Allocator): boolean {
    return (this as Allocator) === other || (this.#id !== undefined && this.#id === other.#id);
  }

  setId(id: string): void {
    this.#id = id;
  }

  get isDisposed(): boolean {
    return native.readAvail(this.handle) === native.DISPOSED;
  }

  dispose(): void {
    // Done first: another allocator may get the slot.
    this.lazyHandle = -1;
    // Messages must be read before the handle goes.
    endWaits(this.handle, () => this.toError(native.DISPOSED, 'gpu_buddy'));
    endReading(this.handle, () => this.toError(native.DISPOSED, 'gpu_buddy'));
    native.dispose(this, this.handle);
  }

  /**
   * Looks at the options of an allocation.
   *
   * @param plain what holds where an option is not given
   */
  toRequest(size: Bytes, options: AllocOptions, plain: Request): Request {
    const request = toRequest(size, options, plain, this.space.base);
    if (request.isOutside) throw this.allocError(this.unlessGone(native.RANGE_BEYOND_SPACE), size, request);
    return request;
  }

  /** Gives a status found without the addon, unless the allocator is disposed of or poisoned, which comes first. */
  unlessGone(status: number): number {
    const state = native.readAvail(this.handle);
    return state === native.OK ? status : state;
  }

  /** Throws if the allocator is disposed of or poisoned. This comes before any error about an argument. */
  assertUsable(syscall: string): void {
    this.check(native.readAvail(this.handle), syscall);
  }

  check(status: number, syscall: string): void {
    if (status !== native.OK) throw this.toError(status, syscall);
  }

  toError(status: number, syscall: string, details?: ErrorDetails): GpuBuddyError {
    const note = status === native.POISONED ? native.bug(this.handle) : undefined;
    return gpuBuddyError(status, syscall, { note, allocatorName: this.name, ...details });
  }

  /** Explains why the last allocation found no space. Must come before any other call. */
  shortageError(size: Bytes, request: Request): GpuBuddyError {
    const status = native.lastStatus();
    return this.allocError(status, size, request, shortageOf(status, size, request, this.space));
  }

  /** Makes the error of an allocation that has failed, and tells the subscribers of that. */
  allocError(status: number, size: Bytes, request: Request, shortage?: Shortage): GpuBuddyError {
    const { minBlockSize, place, charged } = request;
    const error = this.toError(status, 'gpu_buddy_alloc_blocks', {
      given: { size, minBlockSize, range: place?.value, account: charged?.name ?? UNNAMED },
      names: place && { range: place.argument },
      shortage,
    });
    if (failed.hasSubscribers) tellFailed(this, 1, size, request, error.code, shortage?.reason);
    return error;
  }

  /** Tells of an allocation that found no space, unless `shortageError()` will. */
  noteShortage(status: number, size: Bytes, request: Request): void {
    if (!request.explains && failed.hasSubscribers) tellStatus(this, 1, size, request, status);
  }
}

function create(owner: object, config: GpuBuddyConfig): Opened {
  const { size, chunkSize, baseOffset, isBigint, name } = config;
  const syscall = 'gpu_buddy_init';
  const status = native.create(owner, config);
  if (status !== native.OK)
    throw gpuBuddyError(status, syscall, { given: { size, chunkSize, baseOffset }, allocatorName: name });
  const handle = native.created();
  const managed = BigInt(size) - (BigInt(size) % BigInt(chunkSize));
  const space = makeSpace(isBigint, baseOffset, Number(managed), chunkSize);
  refuseTooLarge(owner, { handle, space }, size, syscall);
  return { handle, space };
}

function open(owner: object, { token, isBigint }: Shared): Opened {
  const syscall = 'gpu_buddy';
  const status = native.open(owner, token);
  if (status !== native.OK) throw gpuBuddyError(status, syscall);
  const handle = native.created();
  const base = native.createdBaseOffset();
  const stats = native.stats(handle);
  if (typeof stats === 'number') throw gpuBuddyError(stats, syscall);
  const space = makeSpace(isBigint, base, stats.size, stats.chunkSize);
  refuseTooLarge(owner, { handle, space }, BigInt(stats.size), syscall);
  return { handle, space };
}

/** Checks that all addresses can be given out as numbers, or as bigints if asked for. */
function refuseTooLarge(owner: object, { handle, space }: Opened, size: Bytes, syscall: string): void {
  if (space.isBigint || fitsNumbers(space)) return;
  native.dispose(owner, handle);
  throw gpuBuddyError(native.NEEDS_BIGINT, syscall, { given: { size } });
}

/** Reads the reason of the last failure. */
function shortageOf(status: number, size: Bytes, { place, charged }: Request, space: Space<Bytes>): Shortage {
  const { avail, largestFree, availInRange, isMoreInRange } = native.shortage;
  return {
    reason: reasonOf(status, size > avail, place !== undefined),
    requested: space.bytes(size),
    avail: space.bytes(avail),
    largestFree: space.bytes(largestFree),
    availInRange,
    isMoreInRange,
    where: place?.where,
    // Comes last, since it calls the addon.
    account: charged && stateOfAccount(charged),
  };
}

function reasonOf(status: number, isMore: boolean, isInPlace: boolean): ShortageReason {
  if (status === native.ABOVE_LIMIT) return 'limit';
  if (status === native.ALL_RESERVED) return 'reserved';
  if (isMore) return 'full';
  return isInPlace ? 'range' : 'fragmented';
}
