/** The errors of this library: what the allocator refuses, and what is no argument in the first place. */
import { statuses } from './native';

/**
 * What the allocator answers when it cannot do what it is asked. The allocator is then as it was before the call.
 *
 * | `code` | means |
 * |---|---|
 * | `EINVAL` | an argument that the kernel rejects; the message says which, and why |
 * | `ENOSPC` | no free space fits the request |
 * | `ENOMEM` | the native memory for the bookkeeping of blocks is used up |
 * | `ENXIO` | an address outside the space |
 * | `ERR_GPU_BUDDY_FREED` | a list of blocks, or a block of one, was used after it was freed or trimmed |
 * | `ERR_GPU_BUDDY_DISPOSED` | an allocator was used after `dispose()` |
 * | `ERR_GPU_BUDDY_WORK_LIMIT` | a search took more steps than one call may take |
 * | `ERR_GPU_BUDDY_POISONED` | the kernel code met a BUG in this allocator, which is of no use any more |
 */
export class GpuBuddyError extends Error {
  override readonly name = 'GpuBuddyError';
  /** What went wrong, see above. */
  readonly code: string;
  /** The kernel's error number, negative; `undefined` for the codes that begin with `ERR_`. */
  readonly errno: number | undefined;
  /** The kernel's function that was called, or would have been. */
  readonly syscall: string;

  /** @internal */
  constructor(status: number, syscall: string, details: ErrorDetails = {}) {
    const text = statuses[status] ?? { code: 'ERR_GPU_BUDDY_UNKNOWN', errno: 0, argument: '', why: '' };
    super(`${text.code}: ${sentence(text.argument, text.why, details)}, ${syscall}`);
    this.code = text.code;
    this.errno = text.errno || undefined;
    this.syscall = syscall;
  }
}

/** @internal What an error message can tell beyond its status. */
export interface ErrorDetails {
  /** The arguments of the call by name. */
  readonly given?: Readonly<Record<string, unknown>>;
  /** How users call an argument, where that is not its name in native/buddy/status.h. */
  readonly names?: Readonly<Record<string, string>> | undefined;
  /** Put behind the reason. */
  readonly note?: string | undefined;
}

function sentence(argument: string, why: string, { given = {}, names = {}, note }: ErrorDetails): string {
  const name = argument.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  const value = name in given ? ` (${String(given[name])})` : '';
  return `${names[name] ?? name}${value} ${why}${note ? ` (${note})` : ''}`.trimStart();
}

/** A value of a type that the argument can't have: a `TypeError` with the code that Node uses. */
export function invalidArgType(argument: string, expected: string, value: unknown): TypeError {
  return withCode(
    new TypeError(`The "${argument}" argument must be ${expected}. Received ${kindOf(value)}`),
    'ERR_INVALID_ARG_TYPE',
  );
}

/** A number that no such argument can be: a `RangeError` with the code that Node uses. */
export function outOfRange(argument: string, expected: string, value: number | bigint): RangeError {
  return withCode(
    new RangeError(
      `The value of "${argument}" is out of range. It must be ${expected}. Received ${String(value)}`,
    ),
    'ERR_OUT_OF_RANGE',
  );
}

/** An option that a method does not know: a `TypeError` with the code that Node uses. */
export function unknownOption(argument: string, name: string, meant: string | undefined): TypeError {
  const advice = meant === undefined ? '' : `, did you mean '${meant}'?`;
  return withCode(
    new TypeError(`The "${argument}" argument has an unknown option '${name}'${advice}`),
    'ERR_INVALID_ARG_VALUE',
  );
}

/** A class whose instances only this library makes. */
export function illegalConstructor(): TypeError {
  return withCode(new TypeError('Illegal constructor'), 'ERR_ILLEGAL_CONSTRUCTOR');
}

function withCode<E extends Error>(error: E, code: string): E {
  return Object.assign(error, { code });
}

/** Looks at nothing inside the value: it may be made to throw. */
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
