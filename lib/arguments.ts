/**
 * Are the values that users pass of the right type, and numbers that can be bytes at all? Whether the allocator likes
 * them is not decided here but in native/buddy.
 */
import { invalidArgType, outOfRange } from './errors';
import type { Bytes } from './native';

/** The largest number of 64 bits. */
export const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** A byte count or an address. */
export function toBytes(argument: string, value: unknown): Bytes {
  return isCount(value) ? value : toLargeBytes(argument, value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Apart, so that what is called often is small enough to be compiled into its callers. */
function toLargeBytes(argument: string, value: unknown): bigint {
  if (typeof value === 'number') throw outOfRange(argument, 'a safe integer >= 0, or a bigint', value);
  if (typeof value !== 'bigint') throw invalidArgType(argument, 'of type number or bigint', value);
  if (value < 0n || value > U64_MAX) throw outOfRange(argument, '>= 0 and < 2^64', value);
  return value;
}

/** A number that is not a byte count, and so never a bigint. */
export function toInteger(argument: string, value: unknown): number {
  if (typeof value !== 'number') throw invalidArgType(argument, 'of type number', value);
  if (!isCount(value)) throw outOfRange(argument, 'a safe integer >= 0', value);
  return value;
}

/** A place that counts from the end where it is negative. */
export function toIndex(argument: string, value: unknown): number {
  if (typeof value !== 'number') throw invalidArgType(argument, 'of type number', value);
  if (!Number.isSafeInteger(value)) throw outOfRange(argument, 'a safe integer', value);
  return value;
}

export function toBoolean(argument: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw invalidArgType(argument, 'of type boolean', value);
  return value;
}

/** An optional flag is false where it is not given. */
export function toFlag(argument: string, value: unknown): boolean {
  return value !== undefined && toBoolean(argument, value);
}

/** As a number where that is exact: those cross the border faster. */
export function toNumberIfSafe(value: Bytes): Bytes {
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** Adds, exactly. */
export function add(a: Bytes, b: Bytes): Bytes {
  const sum = Number(a) + Number(b);
  return Number.isSafeInteger(sum) ? sum : BigInt(a) + BigInt(b);
}

/** An address counted from the start of the space, or null where it lies before that. */
export function toRelative(address: Bytes, base: Bytes): Bytes | null {
  if (!base) return address;
  if (address < base) return null;
  if (typeof address === 'number' && typeof base === 'number') return address - base;
  return toNumberIfSafe(BigInt(address) - BigInt(base));
}
