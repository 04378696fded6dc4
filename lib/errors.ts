/** Defines the errors of this library: refusals of the allocator, and arguments of a wrong type. */
import { toJson } from './json';
import { NO_LIMIT, statuses, type Bytes } from './native';

/** Lists the values of `GpuBuddyError.code`; the table at that class explains them. */
export type GpuBuddyErrorCode =
  | 'EINVAL'
  | 'ENOSPC'
  | 'ENOMEM'
  | 'ENXIO'
  | 'EBUSY'
  | 'ERR_GPU_BUDDY_FREED'
  | 'ERR_GPU_BUDDY_DISPOSED'
  | 'ERR_GPU_BUDDY_TOKEN'
  | 'ERR_GPU_BUDDY_WORK_LIMIT'
  | 'ERR_GPU_BUDDY_POISONED'
  | 'ERR_GPU_BUDDY_UNKNOWN';

/**
 * Reasons of an allocation that found no space. The first that holds: `'limit'`, its account would hold more than it may; `'full'`, less
 * is free than was asked for; `'reserved'`, the free memory is reserved for other accounts; `'range'`, a range was given;
 * `'fragmented'`, enough is free, but not in blocks that fit.
 */
export type ShortageReason = 'limit' | 'full' | 'reserved' | 'range' | 'fragmented';

/** @internal An account when an allocation for it was refused. */
export interface AccountState {
  readonly name: string | undefined;
  /** `NO_LIMIT` without a limit. */
  readonly limit: bigint;
  readonly reserved: bigint;
  readonly used: number;
}

/** @internal What was free when an allocation found no space. */
export interface Shortage {
  /** Bytes that were asked for. */
  readonly requested: Bytes;
  /** Bytes that were free in the whole space. */
  readonly avail: Bytes;
  /** Bytes of the largest free block. */
  readonly largestFree: Bytes;
  readonly reason: ShortageReason;
  /** Bytes that were free in the range, if the reason is `'range'`. */
  readonly availInRange: Bytes;
  /** Is true if the range may have more free bytes. */
  readonly isMoreInRange: boolean;
  /** The range or the address in words, if the reason is `'range'`. */
  readonly where: string | undefined;
  /** Account that was to be charged. */
  readonly account: AccountState | undefined;
}

/** @internal Makes the error of a status. Users can't. */
export let gpuBuddyError: (status: number, syscall: string, details?: ErrorDetails) => GpuBuddyError;

/**
 * Reports that a call could not be done. The allocator is as it was before the call.
 *
 * | `code` | cause |
 * |---|---|
 * | `EINVAL` | an argument is not valid; the message names it, and says why |
 * | `ENOSPC` | no free space fits the request; of an allocation, `reason`, `requested`, `avail` and `largestFree` say more |
 * | `ENOMEM` | the native memory for the bookkeeping of blocks is used up |
 * | `ENXIO` | an address lies outside the space |
 * | `EBUSY` | a journal has begun already |
 * | `ERR_GPU_BUDDY_FREED` | a list of blocks, or a block of one, was used after it was freed or trimmed |
 * | `ERR_GPU_BUDDY_DISPOSED` | an allocator or an account was used after `dispose()` |
 * | `ERR_GPU_BUDDY_TOKEN` | a token is unknown or was already used |
 * | `ERR_GPU_BUDDY_WORK_LIMIT` | a search took more steps than one call may take |
 * | `ERR_GPU_BUDDY_POISONED` | the kernel's code met a `BUG_ON` in this allocator, which can't be used any more |
 * | `ERR_GPU_BUDDY_UNKNOWN` | the addon gave an unknown answer: a fault of this library, please report it |
 *
 * @example
 * ```ts
 * import { GpuBuddy, GpuBuddyError, SZ_1M, SZ_2M } from 'gpu-buddy';
 *
 * const buddy = new GpuBuddy({ size: 8 * SZ_1M });
 * const lists = buddy.allocMany(8, SZ_1M);
 * lists[1]?.free();
 * lists[3]?.free();
 * try {
 *   buddy.allocBlocks(SZ_2M, { contiguous: true });
 * } catch (error) {
 *   if (!(error instanceof GpuBuddyError)) throw error;
 *   console.log(error.code, error.reason); // ENOSPC fragmented
 *   console.log(error.requested, error.avail, error.largestFree); // 2097152 2097152 1048576
 * }
 * for (const list of lists) list.free();
 * ```
 */
export class GpuBuddyError extends Error {
  override readonly name = 'GpuBuddyError';
  /** Names the cause, see the table above. */
  readonly code: GpuBuddyErrorCode;
  /** Error number of the kernel, negative; `undefined` for the codes that begin with `ERR_`. */
  readonly errno: number | undefined;
  /** Function of the kernel that was called, or would have been. */
  readonly syscall: string;
  /** Reason of an `ENOSPC` of `allocBlocks()`. Like the three below, it describes the moment of the failure, and is not set by batches. */
  declare readonly reason?: ShortageReason;
  /** Bytes that were asked for. Like the two below, a bigint if the allocator gives out bigints. */
  declare readonly requested?: Bytes;
  /** Bytes that were free in the whole space. */
  declare readonly avail?: Bytes;
  /** Bytes of the largest free block. */
  declare readonly largestFree?: Bytes;
  /** The `name` of the allocator, if it has one. */
  declare readonly allocatorName?: string;

  private constructor(status: number, syscall: string, details: ErrorDetails) {
    const text = statuses[status] ?? { errno: 0, argument: '', why: '' };
    const { allocatorName } = details;
    const where = allocatorName === undefined ? syscall : `${syscall} of '${allocatorName}'`;
    super(`${codeOf(status)}: ${sentence(text.argument, text.why, details)}, ${where}`);
    this.code = codeOf(status);
    this.errno = text.errno || undefined;
    this.syscall = syscall;
    if (allocatorName !== undefined) this.allocatorName = allocatorName;
    if (!details.shortage) return;
    const { reason, requested, avail, largestFree } = details.shortage;
    this.reason = reason;
    this.requested = requested;
    this.avail = avail;
    this.largestFree = largestFree;
  }

  static {
    gpuBuddyError = (status, syscall, details = {}) => new GpuBuddyError(status, syscall, details);
  }

  /** Returns the properties other than the message, with decimal strings for bigints. */
  toJSON(): object {
    return toJson<object>(this);
  }
}

/** Gives the error code of a status. A test compares the two. */
export function codeOf(status: number): GpuBuddyErrorCode {
  return (statuses[status]?.code ?? 'ERR_GPU_BUDDY_UNKNOWN') as GpuBuddyErrorCode;
}

/** @internal What an error message can tell beyond its status. */
export interface ErrorDetails {
  /** Arguments of the call, by name. */
  readonly given?: Readonly<Record<string, unknown>>;
  /** Public name of an argument, if native/buddy/status.h has another. */
  readonly names?: Readonly<Record<string, string>> | undefined;
  /** Added behind the reason. */
  readonly note?: string | undefined;
  readonly shortage?: Shortage | undefined;
  /** The name of the allocator. */
  readonly allocatorName?: string | undefined;
}

function sentence(
  argument: string,
  why: string,
  { given = {}, names = {}, note, shortage }: ErrorDetails,
): string {
  const name = argument.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  const value = name in given ? ` (${String(given[name])})` : '';
  const more = shortage ? describeShortage(shortage) : note;
  return `${names[name] ?? name}${value} ${why}${more ? ` (${more})` : ''}`.trimStart();
}

function describeShortage(shortage: Shortage): string {
  const { reason, requested, avail, largestFree, availInRange, isMoreInRange, where, account } = shortage;
  const asked = `${String(requested)} bytes asked for`;
  switch (reason) {
    case 'limit':
      return `${asked}, ${describeAccount(account)}`;
    case 'reserved':
      return `${asked}, ${String(avail)} free${account ? `, ${describeAccount(account)}` : ''}`;
    case 'full':
      return `${asked}, ${String(avail)} free`;
    case 'range': {
      const but = availInRange < requested ? '' : ', but not in blocks that fit';
      return `${asked}, ${isMoreInRange ? 'at least ' : ''}${String(availInRange)} free ${where ?? ''}${but}`;
    }
    case 'fragmented':
      return `${asked}, ${String(avail)} free, but no block larger than ${String(largestFree)}`;
  }
}

function describeAccount(account: AccountState | undefined): string {
  if (!account) return 'the account is gone';
  const { name, limit, used, reserved } = account;
  const most = limit === NO_LIMIT ? 'without a limit' : `of a limit of ${String(limit)}`;
  const who = name === undefined ? 'the account' : `account '${name}'`;
  return `${who} uses ${String(used)} ${most}, and reserves ${String(reserved)}`;
}

/** Makes a `TypeError` with Node's code, for a value of a wrong type. */
export function invalidArgType(argument: string, expected: string, value: unknown): TypeError {
  return withCode(
    new TypeError(`The "${argument}" argument must be ${expected}. Received ${kindOf(value)}`),
    'ERR_INVALID_ARG_TYPE',
  );
}

/** Makes a `RangeError` with Node's code, for a number that the argument can't be. */
export function outOfRange(argument: string, expected: string, value: number | bigint): RangeError {
  return withCode(
    new RangeError(
      `The value of "${argument}" is out of range. It must be ${expected}. Received ${String(value)}`,
    ),
    'ERR_OUT_OF_RANGE',
  );
}

/** Makes a `TypeError` with Node's code, for a text that the argument can't be. */
export function invalidArgValue(argument: string, expected: string, value: string): TypeError {
  const shown = value.length > 28 ? `${value.slice(0, 25)}...` : value;
  return withCode(
    new TypeError(`The "${argument}" argument must have ${expected}. Received ${JSON.stringify(shown)}`),
    'ERR_INVALID_ARG_VALUE',
  );
}

/** Makes a `TypeError` with Node's code, for an unknown option. */
export function unknownOption(argument: string, name: string, meant: string | undefined): TypeError {
  const advice = meant === undefined ? '' : `, did you mean '${meant}'?`;
  return withCode(
    new TypeError(`The "${argument}" argument has an unknown option '${name}'${advice}`),
    'ERR_INVALID_ARG_VALUE',
  );
}

/** Makes the error for a class whose instances only this library makes. */
export function illegalConstructor(): TypeError {
  return withCode(new TypeError('Illegal constructor'), 'ERR_ILLEGAL_CONSTRUCTOR');
}

function withCode<E extends Error>(error: E, code: string): E {
  return Object.assign(error, { code });
}

/** Reads nothing inside the value, since that may throw. */
function kindOf(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'undefined';
    case 'object':
      return value === null ? 'null' : 'an object';
    case 'function':
      return 'a function';
    case 'string':
      return `type string ('${value.length > 28 ? `${value.slice(0, 25)}...` : value}')`;
    case 'number':
    case 'bigint':
    case 'boolean':
    case 'symbol':
      return `type ${typeof value} (${String(value)})`;
  }
}
