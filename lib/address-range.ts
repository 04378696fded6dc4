/** Checks ranges of addresses, and turns them into the numbers that native code reads. */
import { toBytes, toRelative } from './arguments';
import { invalidArgType } from './errors';
import type { Bytes, Range } from './native';
import { toOptions, type Names } from './options';

/** Addresses from `start` to `end`, with `baseOffset`. `end` is the first address behind the range. */
export interface AddressRange {
  readonly start: Bytes;
  readonly end: Bytes;
}

const NAMES: Names<AddressRange> = { start: true, end: true };

/** A checked range. */
export interface RelativeRange extends Range {
  /** The range begins or ends below the start of the space. */
  readonly isOutside: boolean;
  /** The range as given, for errors: `START to END`. */
  readonly text: string;
}

/** @param argument its name, in errors */
export function toRange(argument: string, value: unknown, base: Bytes): RelativeRange {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidArgType(argument, 'of the form { start, end }', value);
  const given = toOptions(argument, value as Partial<AddressRange>, NAMES);
  const start = toBytes(`${argument}.start`, given.start);
  const end = toBytes(`${argument}.end`, given.end);
  const relativeStart = toRelative(start, base);
  const relativeEnd = toRelative(end, base);
  return {
    start: relativeStart ?? 0,
    end: relativeEnd ?? 0,
    isOutside: relativeStart === null || relativeEnd === null,
    text: `${String(start)} to ${String(end)}`,
  };
}
