/** Checks the places that users pass, and the objects and text in them. */
import { toInteger } from '../arguments';
import { invalidArgType } from '../errors';
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
