/** From one line of a trace to an operation. */
import { toPlace, toText } from './place';
import { flag } from './field-kinds';
import { FieldScanner } from './field-scanner';
import type { TraceOperation } from './operation';
import { formNamed, HEADER, VERSION } from './operation-forms';
import { parseJsonOperation } from './json-operation';
import { printable } from './printable';
import { NOWHERE, TraceError, type TracePlace } from './trace-error';

/** GPU_BUDDY_CLEARED of gpu_buddy_free_list(). */
const CLEARED = 0x10;

const HASH = 0x23;
const BRACE = 0x7b;
const CARRIAGE_RETURN = 0x0d;

/** Stands before a recorded answer. */
const ARROW = '=>';

/** Takes no value. */
const FLAG: unknown = flag;

/** One for all: it holds nothing from one line to the next. */
const fields = new FieldScanner(NOWHERE, (name) => formNamed(name)?.text);

/**
 * Parses one line of a trace, given without its line feed: text, or the same as JSON. docs/trace-format.md says how a line is written.
 * A number above 2^53 - 1 becomes a bigint.
 *
 * @param place what an error names as the place of the line
 * @throws TraceError if the line is none of the format's
 * @throws TypeError `ERR_INVALID_ARG_TYPE` if it is no text, or `place` no place
 */
export function parseOperation(line: string, place: TracePlace = NOWHERE): TraceOperation {
  if (typeof line !== 'string') toText('line', line);
  if (line.charCodeAt(line.length - 1) === CARRIAGE_RETURN) {
    throw new TraceError(
      toPlace(place),
      'the line ends in a carriage return: lines end in a line feed alone',
      {
        column: line.length,
        problem: 'carriage-return',
      },
    );
  }
  if (line.charCodeAt(0) === HASH) return { kind: 'comment', text: line };
  if (line.charCodeAt(0) === BRACE) return parseJsonOperation(line, place);

  const name = fields.begin(line, place);
  const operation = parseKernelCall(name) ?? parseByForm(name);
  if (operation === undefined)
    throw new TraceError(toPlace(place), unknown(line), {
      column: 1,
      problem: line === '' ? 'blank-line' : undefined,
    });
  if (!fields.isAtEnd) readOptions(operation);
  return operation;
}

/** The calls of version 1, which are read most: without a table. */
function parseKernelCall(name: string): TraceOperation | undefined {
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

function parseByForm(name: string): TraceOperation | undefined {
  const form = formNamed(name);
  if (!form) return undefined;
  const operation: Record<string, unknown> = { kind: name };
  for (const { property, kind, name: field } of form.fields) operation[property] = kind.read(fields, field);
  if (name === HEADER && operation['version'] !== VERSION)
    fields.fail(`version ${String(operation['version'])} is unknown to this release, which reads 1 and 2`);
  return operation as unknown as TraceOperation;
}

/** Reads what stands behind the fields. */
function readOptions(operation: TraceOperation): void {
  const options = formNamed(operation.kind)?.options;
  const values = operation as unknown as Record<string, unknown>;
  while (!fields.isAtEnd) {
    const name = fields.optionName();
    if (name === ARROW) {
      values['answer'] = fields.rest('the answer');
      return;
    }
    const option = options?.get(name);
    if (!option)
      return fields.fail(fields.hasValue ? `unknown option ${printable(name)}` : 'a field too many');
    if (name in values && values[name] !== undefined) fields.fail(`${name} stands here twice`);
    if (fields.hasValue === (option.kind === FLAG))
      fields.fail(`${name} takes ${option.kind === FLAG ? 'no' : 'a'} value`);
    values[name] = option.kind.read(fields, name);
  }
}

function unknown(line: string): string {
  if (line === '') return 'the line is empty';
  const [name = ''] = line.split(' ', 1);
  if (name === '') return 'the line begins with a space';
  return `unknown operation ${printable(name)}; known are those of docs/trace-format.md and # for comments`;
}
