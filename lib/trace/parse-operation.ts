/** From one line of a trace to an operation. */
import { toPlace, toText } from './check';
import { FieldScanner } from './field-scanner';
import type { TraceOperation } from './operation';
import { OPERATION_FORMS } from './operation-forms';
import { printable } from './printable';
import { NOWHERE, TraceError, type TracePlace } from './trace-error';

/** GPU_BUDDY_CLEARED of gpu_buddy_free_list(). */
const CLEARED = 0x10;

const HASH = 0x23;
const CARRIAGE_RETURN = 0x0d;

/** One for all: it holds nothing from one line to the next. */
const fields = new FieldScanner(NOWHERE);

/**
 * Parses one line of a trace, given without its line feed. Numbers are decimal or 0x-hex, at most 64 bits; IDs and
 * indexes decimal; one space stands between fields. A number above 2^53 - 1 becomes a bigint.
 *
 * @param place what an error names as the place of the line
 * @throws TraceError where the line is none of the format's
 * @throws TypeError `ERR_INVALID_ARG_TYPE` where it is no text, or `place` no place
 */
export function parseOperation(line: string, place: TracePlace = NOWHERE): TraceOperation {
  if (typeof line !== 'string') toText('line', line);
  if (line.charCodeAt(line.length - 1) === CARRIAGE_RETURN) {
    throw new TraceError(
      toPlace(place),
      'the line ends in a carriage return: lines end in a line feed alone',
      {
        column: line.length,
      },
    );
  }
  if (line.charCodeAt(0) === HASH) return { kind: 'comment', text: line };

  const operation = parseFields(fields.begin(line, place));
  if (operation === undefined) throw new TraceError(toPlace(place), unknown(line), { column: 1 });
  fields.end();
  return operation;
}

function parseFields(name: string): TraceOperation | undefined {
  switch (name) {
    case 'alloc':
      return {
        kind: 'alloc',
        id: fields.index('ID'),
        start: fields.bytes('START'),
        end: fields.bytes('END'),
        size: fields.bytes('SIZE'),
        minBlockSize: fields.bytes('MINBLOCK'),
        flags: fields.bytes('FLAGS'),
      };
    case 'free':
      return {
        kind: 'free',
        id: fields.index('ID'),
        cleared: fields.choice('FLAGS', [0, CLEARED], '0x0 or 0x10'),
      };
    case 'trim':
      return {
        kind: 'trim',
        id: fields.index('ID'),
        start: fields.bytesOrDash('START'),
        newSize: fields.bytes('NEWSIZE'),
      };
    case 'lookup':
      return { kind: 'lookup', address: fields.bytes('ADDR') };
    case 'free_block':
      return { kind: 'free_block', id: fields.index('ID'), index: fields.index('INDEX') };
    case 'reset_clear':
      return { kind: 'reset_clear', clear: fields.choice('the state', [0, 1], '0 or 1') };
    case 'init':
      return { kind: 'init', size: fields.bytes('SIZE'), chunkSize: fields.bytes('CHUNK') };
    case 'print':
      return { kind: 'print' };
    case 'fini':
      return { kind: 'fini' };
    default:
      return undefined;
  }
}

function unknown(line: string): string {
  if (line === '') return 'the line is empty';
  const [name = ''] = line.split(' ', 1);
  if (name === '') return 'the line begins with a space';
  return `unknown operation ${printable(name)}; known are ${[...OPERATION_FORMS.keys()].join(', ')} and # for comments`;
}
