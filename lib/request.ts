/** Turns the options of an allocation into the request that native code reads. */
import { handleOfAccount } from './account';
import { toRange } from './address-range';
import type { Account, AllocMode, AllocOptions, PoolAllocOptions } from './api';
import { add, toBytes, toFlag, toInteger, toRelative, U64_MAX } from './arguments';
import { invalidArgType } from './errors';
import * as native from './native';
import type { Bytes } from './native';
import { refuseMoreThan, toOptions, type Names } from './options';

const POOL_OPTION_NAMES: Names<PoolAllocOptions> = {
  minBlockSize: true,
  mode: true,
  clear: true,
  trimDisable: true,
  tag: true,
  account: true,
};
export const ALLOC_OPTION_NAMES: Names<AllocOptions> = { ...POOL_OPTION_NAMES, contiguous: true };
const MODE_NAMES: Names<{ range: unknown; at: unknown }> = { range: true, at: true };

/** Checked options. */
export interface Request extends native.Request {
  /** The range begins or ends outside of all addresses of the space. */
  readonly isOutside: boolean;
  /** Account that `account` is the handle of. */
  readonly charged: Account<Bytes> | undefined;
  /** The range or address as given, for errors. */
  readonly place:
    { readonly argument: 'range' | 'at'; readonly value: string; readonly where: string } | undefined;
}

type Place = Pick<Request, 'flags' | 'start' | 'end' | 'isOutside' | 'place'>;

const SIMPLE: Place = { flags: 0, start: 0, end: 0, isOutside: false, place: undefined };
const TOP_DOWN: Place = { ...SIMPLE, flags: native.FLAG_TOPDOWN };

/** An allocation without options. */
export function plainRequest(chunkSize: Bytes): Request {
  return {
    ...SIMPLE,
    minBlockSize: chunkSize,
    tag: 0,
    account: undefined,
    charged: undefined,
    explains: true,
  };
}

/** @param plain what holds where an option is not given; one that is contiguous, a pool's, makes this one so, too */
export function toRequest(size: Bytes, options: AllocOptions, plain: Request, base: Bytes): Request {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) throw invalidArgType('options', 'of type object', given);
  const { minBlockSize, mode, clear, trimDisable, tag, account } = options;
  const isImplied = (plain.flags & native.FLAG_CONTIGUOUS) !== 0;
  const contiguous = isImplied ? undefined : options.contiguous;
  const found =
    (minBlockSize === undefined ? 0 : 1) +
    (mode === undefined ? 0 : 1) +
    (contiguous === undefined ? 0 : 1) +
    (clear === undefined ? 0 : 1) +
    (trimDisable === undefined ? 0 : 1) +
    (tag === undefined ? 0 : 1) +
    (account === undefined ? 0 : 1);
  if (isImplied) refuseMoreThan<PoolAllocOptions>(found, 'options', options, POOL_OPTION_NAMES);
  else refuseMoreThan(found, 'options', options, ALLOC_OPTION_NAMES);
  const min = minBlockSize === undefined ? plain.minBlockSize : toBytes('minBlockSize', minBlockSize);
  const { flags, start, end, isOutside, place } = toPlace(mode, size, base);
  return {
    minBlockSize: min,
    flags:
      flags |
      (isImplied || toFlag('contiguous', contiguous) ? native.FLAG_CONTIGUOUS : 0) |
      (toFlag('clear', clear) ? native.FLAG_CLEAR : 0) |
      (toFlag('trimDisable', trimDisable) ? native.FLAG_TRIM_DISABLE : 0),
    start,
    end,
    tag: tag === undefined ? 0 : toInteger('tag', tag),
    account: account === undefined ? undefined : handleOfAccount(account),
    charged: account,
    explains: plain.explains,
    isOutside,
    place,
  };
}

function toPlace(mode: AllocMode | undefined, size: Bytes, base: Bytes): Place {
  if (mode === undefined || mode === 'simple') return SIMPLE;
  if (mode === 'top-down') return TOP_DOWN;

  const given: unknown = mode;
  if (
    typeof given !== 'object' ||
    given === null ||
    Array.isArray(given) ||
    'range' in given === 'at' in given
  )
    throw invalidArgType('mode', "'simple', 'top-down', { range: { start, end } } or { at: address }", given);
  const { range, at } = toOptions('mode', given as { range?: unknown; at?: unknown }, MODE_NAMES);
  return 'range' in given ? toRangePlace(range, base) : toExactPlace(at, size, base);
}

function toRangePlace(range: unknown, base: Bytes): Place {
  const { start, end, isOutside, text } = toRange('mode.range', range, base);
  const place = { argument: 'range', value: text, where: `in the range ${text}` } as const;
  return { flags: native.FLAG_RANGE, start, end, isOutside, place };
}

function toExactPlace(address: unknown, size: Bytes, base: Bytes): Place {
  const start = toBytes('mode.at', address);
  const relativeStart = toRelative(start, base);
  const end = add(relativeStart ?? 0, size);
  const isOutside = relativeStart === null || end > U64_MAX;
  return {
    flags: native.FLAG_RANGE,
    start: relativeStart ?? 0,
    end: isOutside ? 0 : end,
    isOutside,
    place: { argument: 'at', value: String(start), where: `at ${String(start)}` },
  };
}
