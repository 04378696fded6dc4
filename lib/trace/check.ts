/** Checks what users pass as operations, places and text. Numbers and booleans in them: see lib/arguments.ts. */
import { toBoolean, toBytes, toInteger } from '../arguments';
import { invalidArgType, outOfRange } from '../errors';
import type { AllocOperation, FreeOperation, TraceOperation } from './operation';
import { checkObject, toText } from './place';
import { formNamed, HEADER, OPERATION_FORMS, VERSION } from './operation-forms';

/** Copies an operation, which may be anything, as it is now: whoever has the copy need not look at it again. */
export function toOperation(given: TraceOperation): TraceOperation {
  checkObject('operation', given);
  const { kind } = given;
  if (kind === 'comment') return { kind, text: toText('operation.text', given.text) };
  if (kind === HEADER && (given.version as number) !== VERSION)
    throw outOfRange('operation.version', `${String(VERSION)}, the version that is known`, given.version);
  return toForm(kind, given);
}

/** The same for an operation whose kind has been read. */
export function toForm(kind: string, given: TraceOperation): TraceOperation {
  const form = formNamed(kind);
  if (!form) throw unknownKind(kind);
  const values = given as unknown as Readonly<Record<string, unknown>>;
  const operation: Record<string, unknown> = { kind };
  for (const { property, kind: field } of form.fields)
    operation[property] = field.check(`operation.${property}`, values[property]);
  for (const { property, kind: option } of form.options.values()) {
    const value = values[property];
    if (value !== undefined) operation[property] = option.check(`operation.${property}`, value);
  }
  const answer = toAnswer(values['answer']);
  if (answer !== undefined) operation['answer'] = answer;
  return operation as unknown as TraceOperation;
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
    on: toOn(given.on),
    answer: toAnswer(given.answer),
  };
}

/** The same for a `free`. */
export function toFree(given: FreeOperation): FreeOperation {
  return {
    kind: 'free',
    id: toId(given.id),
    cleared: toBoolean('operation.cleared', given.cleared),
    on: toOn(given.on),
    answer: toAnswer(given.answer),
  };
}

function toOn(on: unknown): number | undefined {
  return on === undefined ? undefined : toInteger('operation.on', on);
}

function toAnswer(answer: unknown): string | undefined {
  return answer === undefined ? undefined : toText('operation.answer', answer);
}

function toId(id: unknown): number {
  return toInteger('operation.id', id);
}

/** The error of an operation whose `kind` is none. */
function unknownKind(kind: unknown): TypeError {
  const known = ['comment', ...OPERATION_FORMS.keys(), HEADER].map((name) => `'${name}'`);
  return invalidArgType('operation.kind', `one of ${known.join(', ')}`, kind);
}
