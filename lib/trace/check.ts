/** Checks what users pass as operations, places and text. Numbers and booleans in them: see lib/arguments.ts. */
import { toInteger } from '../arguments';
import { invalidArgType } from '../errors';
import { OPERATION_FORMS } from './operation-forms';
import type { TracePlace } from './trace-error';

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
  checkObject('place', place);
  return { file: toText('place.file', place.file), line: toInteger('place.line', place.line) };
}

/** The error of an operation whose `kind` is none. */
export function unknownKind(kind: unknown): TypeError {
  const known = ['comment', ...OPERATION_FORMS.keys()].map((name) => `'${name}'`);
  return invalidArgType('operation.kind', `one of ${known.join(', ')}`, kind);
}
