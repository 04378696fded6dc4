/** What an allocation asks for: as users say it, and as it goes down. */
import { toBytes, toFlag, toInteger, toNumberIfSafe, toOptions, toRelative } from './arguments';
import { invalidArgType } from './errors';
import * as native from './native';
import type { Bytes } from './native';

/** Where to look for blocks: one of three. */
export type AllocMode =
  /** Best fit; among blocks of that size the one with the highest address. */
  | 'simple'
  /** The highest address. */
  | 'top-down'
  /** Lowest address first, between these two addresses, the second one excluded. */
  | { readonly range: readonly [start: number | bigint, end: number | bigint] };

/** How to allocate. */
export interface AllocOptions {
  /** Bytes: no block is smaller, and every block is aligned to it. A power of two, at least `chunkSize`, its default. */
  readonly minBlockSize?: number | bigint | undefined;
  /** Where to look. Default: `'simple'`. */
  readonly mode?: AllocMode | undefined;
  /** All in one piece: one block, or adjacent ones. */
  readonly contiguous?: boolean | undefined;
  /** Memory that is known to be zero is preferred. */
  readonly clear?: boolean | undefined;
  /** What `size` is rounded up to stays allocated. */
  readonly trimDisable?: boolean | undefined;
  /** A number that the blocks carry, for `blockAt()` and `snapshot()`: a safe integer from 0 on. Default: 0. */
  readonly tag?: number | undefined;
}

/** Options that have been looked at. */
export interface Request extends native.Request {
  /** The range begins or ends below the start of the space. */
  readonly isOutside: boolean;
  /** For the few: it is outside, or its list remembers where it was allocated. */
  readonly isSpecial: boolean;
  /** As given, for the words of errors. */
  readonly range: readonly Bytes[] | undefined;
}

type Place = Pick<Request, 'flags' | 'start' | 'end' | 'isOutside' | 'range'>;

const SIMPLE: Place = { flags: 0, start: 0, end: 0, isOutside: false, range: undefined };
const TOP_DOWN: Place = { ...SIMPLE, flags: native.FLAG_TOPDOWN };

/** An allocation without options, from an allocator whose lists may remember where they were allocated. */
export function plainRequest(chunkSize: bigint, capturesStacks: boolean): Request {
  return {
    ...SIMPLE,
    minBlockSize: toNumberIfSafe(chunkSize),
    tag: 0,
    explains: true,
    isSpecial: capturesStacks,
  };
}

/** @param plain what holds where an option is not given */
export function toRequest(options: AllocOptions, plain: Request, baseOffset: bigint): Request {
  const { minBlockSize, mode, contiguous, clear, trimDisable, tag } = toOptions('options', options);
  const min = minBlockSize === undefined ? plain.minBlockSize : toBytes('minBlockSize', minBlockSize);
  const { flags, start, end, isOutside, range } = toPlace(mode, baseOffset);
  return {
    minBlockSize: min,
    flags:
      flags |
      (toFlag('contiguous', contiguous) ? native.FLAG_CONTIGUOUS : 0) |
      (toFlag('clear', clear) ? native.FLAG_CLEAR : 0) |
      (toFlag('trimDisable', trimDisable) ? native.FLAG_TRIM_DISABLE : 0),
    start,
    end,
    tag: tag === undefined ? 0 : toInteger('tag', tag),
    explains: plain.explains,
    isOutside,
    isSpecial: isOutside || plain.isSpecial,
    range,
  };
}

function toPlace(mode: AllocMode | undefined, baseOffset: bigint): Place {
  if (mode === undefined || mode === 'simple') return SIMPLE;
  if (mode === 'top-down') return TOP_DOWN;

  const given: unknown = mode;
  if (typeof given !== 'object' || given === null || !('range' in given))
    throw invalidArgType('mode', "'simple', 'top-down' or { range: [start, end] }", given);
  const range: unknown = given.range;
  if (!Array.isArray(range) || range.length !== 2)
    throw invalidArgType('mode.range', 'an array of two addresses', range);
  const start = toBytes('mode.range[0]', range[0]);
  const end = toBytes('mode.range[1]', range[1]);
  const relativeStart = toRelative(start, baseOffset);
  const relativeEnd = toRelative(end, baseOffset);
  return {
    flags: native.FLAG_RANGE,
    start: relativeStart ?? 0,
    end: relativeEnd ?? 0,
    isOutside: relativeStart === null || relativeEnd === null,
    range: [start, end],
  };
}
