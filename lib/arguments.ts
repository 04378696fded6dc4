/**
 * Checks the types of arguments, and that numbers can be bytes at all. native/buddy checks whether the allocator
 * accepts them.
 */
import { invalidArgType, outOfRange } from './errors';
import type { Bytes } from './native';

/** Largest number of 64 bits. */
export const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** Checks a byte count or an address. */
export function toBytes(argument: string, value: unknown): Bytes {
  return isCount(value) ? value : toLargeBytes(argument, value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A function of its own, so that the one called often stays small enough to be inlined. */
function toLargeBytes(argument: string, value: unknown): bigint {
  if (typeof value === 'number') throw outOfRange(argument, 'a safe integer >= 0, or a bigint', value);
  if (typeof value !== 'bigint') throw invalidArgType(argument, 'of type number or bigint', value);
  if (value < 0n || value > U64_MAX) throw outOfRange(argument, '>= 0 and < 2^64', value);
  return value;
}

/** Checks a number that is no byte count, and so never a bigint. */
export function toInteger(argument: string, value: unknown): number {
  if (typeof value !== 'number') throw invalidArgType(argument, 'of type number', value);
  if (!isCount(value)) throw outOfRange(argument, 'a safe integer >= 0', value);
  return value;
}

/** Checks an index; a negative one counts from the end. */
export function toIndex(argument: string, value: unknown): number {
  if (typeof value !== 'number') throw invalidArgType(argument, 'of type number', value);
  if (!Number.isSafeInteger(value)) throw outOfRange(argument, 'a safe integer', value);
  return value;
}

export function toBoolean(argument: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw invalidArgType(argument, 'of type boolean', value);
  return value;
}

/** Checks an optional flag. Default: false. */
export function toFlag(argument: string, value: unknown): boolean {
  return value !== undefined && toBoolean(argument, value);
}

/** Turns bytes into a number if that is exact: numbers reach the addon faster. */
export function toNumberIfSafe(value: Bytes): Bytes {
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** Adds exactly. */
export function add(a: Bytes, b: Bytes): Bytes {
  const sum = Number(a) + Number(b);
  return Number.isSafeInteger(sum) ? sum : BigInt(a) + BigInt(b);
}

/** Gives an address relative to the start of the space; null if it lies before that. */
export function toRelative(address: Bytes, base: Bytes): Bytes | null {
  if (!base) return address;
  if (address < base) return null;
  if (typeof address === 'number' && typeof base === 'number') return address - base;
  return toNumberIfSafe(BigInt(address) - BigInt(base));
}
