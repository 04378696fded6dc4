/** Pieces of the address space: as users say them, and as they go down. */
import { toBytes, toRelative } from './arguments';
import { invalidArgType } from './errors';
import type { Bytes, Range } from './native';
import { toOptions, type Names } from './options';

/** The addresses from `start` on, with `baseOffset`, up to `end`, which is the first one behind them. */
export interface AddressRange {
  readonly start: Bytes;
  readonly end: Bytes;
}

const NAMES: Names<AddressRange> = { start: true, end: true };

/** A range that has been looked at. */
export interface RelativeRange extends Range {
  /** The range begins or ends below the start of the space. */
  readonly isOutside: boolean;
  /** As given, for the words of errors: `START to END`. */
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
