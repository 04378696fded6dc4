/** Checks what users pass as operations, places and text. Numbers and booleans in them: see lib/arguments.ts. */
import { toBoolean, toBytes, toInteger } from '../arguments';
import { invalidArgType } from '../errors';
import type { AllocOperation, FreeOperation, TraceOperation } from './operation';
import { OPERATION_FORMS } from './operation-forms';
import { NOWHERE, type TracePlace } from './trace-error';

export function checkObject(argument: string, value: object): void {
  const given: unknown = value;
  if (typeof given !== 'object' || given === null) throw invalidArgType(argument, 'of type object', given);
}

export function toText(argument: string, value: unknown): string {
  if (typeof value !== 'string') throw invalidArgType(argument, 'of type string', value);
  return value;
}

/** Reads a place as it is now. */
export function toPlace(place: TracePlace): TracePlace {
  if (place === NOWHERE) return place;
  checkObject('place', place);
  return { file: toText('place.file', place.file), line: toInteger('place.line', place.line) };
}

/** Copies an operation, which may be anything, as it is now: whoever has the copy need not look at it again. */
export function toOperation(given: TraceOperation): TraceOperation {
  checkObject('operation', given);
  const { kind } = given;
  switch (kind) {
    case 'comment':
      return { kind, text: toText('operation.text', given.text) };
    case 'init':
      return {
        kind,
        size: toBytes('operation.size', given.size),
        chunkSize: toBytes('operation.chunkSize', given.chunkSize),
      };
    case 'alloc':
      return toAlloc(given);
    case 'free':
      return toFree(given);
    case 'trim': {
      const { start } = given;
      return {
        kind,
        id: toId(given.id),
        start: start === undefined ? undefined : toBytes('operation.start', start),
        newSize: toBytes('operation.newSize', given.newSize),
      };
    }
    case 'free_block':
      return { kind, id: toId(given.id), index: toInteger('operation.index', given.index) };
    case 'reset_clear':
      return { kind, clear: toBoolean('operation.clear', given.clear) };
    case 'lookup':
      return { kind, address: toBytes('operation.address', given.address) };
    case 'print':
    case 'fini':
      return { kind };
    default:
      throw unknownKind(kind);
  }
}

/** The same for an operation that is known to be an `alloc`. Small, so that it is compiled into its callers. */
export function toAlloc(given: AllocOperation): AllocOperation {
  return {
    kind: 'alloc',
    id: toId(given.id),
    start: toBytes('operation.start', given.start),
    end: toBytes('operation.end', given.end),
    size: toBytes('operation.size', given.size),
    minBlockSize: toBytes('operation.minBlockSize', given.minBlockSize),
    flags: toBytes('operation.flags', given.flags),
  };
}

/** The same for a `free`. */
export function toFree(given: FreeOperation): FreeOperation {
  return { kind: 'free', id: toId(given.id), cleared: toBoolean('operation.cleared', given.cleared) };
}

function toId(id: unknown): number {
  return toInteger('operation.id', id);
}

/** The error of an operation whose `kind` is none. */
function unknownKind(kind: unknown): TypeError {
  const known = ['comment', ...OPERATION_FORMS.keys()].map((name) => `'${name}'`);
  return invalidArgType('operation.kind', `one of ${known.join(', ')}`, kind);
}
