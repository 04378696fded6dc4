/** An operation as a line of JSON, and back. */
import { toNumberIfSafe } from '../arguments';
import { toOperation } from './check';
import { toPlace } from './place';
import type { TraceOperation } from './operation';
import { systemReason } from './system-reason';
import { TraceError, type TracePlace } from './trace-error';

/** The line of an operation, without a line feed. Numbers above 2^53 - 1 are decimal strings. */
export function toJsonLine(operation: TraceOperation): string {
  return JSON.stringify(toOperation(operation), (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

/** Properties that are text, even if it is all digits. */
const TEXTS: ReadonlySet<string> = new Set([
  'kind',
  'text',
  'label',
  'name',
  'answer',
  'kernel',
  'library',
  'source',
  'started',
]);

function revive(property: string, value: unknown): unknown {
  if (typeof value !== 'string' || TEXTS.has(property) || !/^\d{1,20}$/.test(value)) return value;
  return toNumberIfSafe(BigInt(value));
}

/** @throws TraceError */
export function parseJsonOperation(line: string, place: TracePlace): TraceOperation {
  try {
    return toOperation(JSON.parse(line, revive) as TraceOperation);
  } catch (error) {
    throw new TraceError(toPlace(place), systemReason(error));
  }
}
