/** Pieces of the address space that questions are about: as users say them, and as they go down. */
import { toBytes, toRelative } from './arguments';
import { invalidArgType } from './errors';
import type { Bytes, Range } from './native';

/** The addresses from `start` on, with `baseOffset`, up to `end`, which is the first one behind them. */
export interface AddressRange {
  readonly start: number | bigint;
  readonly end: number | bigint;
}

/** A range that has been looked at. */
export interface RelativeRange extends Range {
  /** The range begins or ends below the start of the space. */
  readonly isOutside: boolean;
  /** As given, for the words of errors. */
  readonly range: readonly [start: Bytes, end: Bytes];
}

/** @param argument its name, in errors */
export function toRange(argument: string, value: AddressRange, baseOffset: bigint): RelativeRange {
  const given: unknown = value;
  if (typeof given !== 'object' || given === null)
    throw invalidArgType(argument, '{ start, end }, two addresses', given);
  const { start: first, end: last } = given as Partial<AddressRange>;
  const start = toBytes(`${argument}.start`, first);
  const end = toBytes(`${argument}.end`, last);
  const relativeStart = toRelative(start, baseOffset);
  const relativeEnd = toRelative(end, baseOffset);
  return {
    start: relativeStart ?? 0,
    end: relativeEnd ?? 0,
    isOutside: relativeStart === null || relativeEnd === null,
    range: [start, end],
  };
}
