/** The form of each operation: its fields in their order, and its options. docs/trace-format.md says what they mean. */
import {
  bit,
  blocks,
  bytes,
  bytesOrDash,
  clearedFlag,
  flag,
  index,
  indexOrDash,
  range,
  text,
  type FieldKind,
} from './field-kinds';
import type { TraceOperation } from './operation';

/** Any kind: which one goes with which property is known by the table alone. */
export type AnyKind = FieldKind<never> & FieldKind<unknown>;

/** A value of an operation. */
export interface Field {
  /** The property of the object, and, of an option, its name in a line. */
  readonly property: string;
  readonly kind: AnyKind;
  /** The name in errors and in the form: of an option, the property. */
  readonly name: string;
}

export interface Form {
  readonly fields: readonly Field[];
  readonly options: ReadonlyMap<string, Field>;
  /** How it is written: `free ID FLAGS`. */
  readonly text: string;
}

type Kinds = Readonly<Record<string, unknown>>;
type Fields = readonly (readonly [property: string, name: string, kind: unknown])[];

/** Options of every operation. */
const NOTES: Kinds = { seq: index, time: index, thread: index, label: text, on: index };

const REQUEST: Kinds = {
  minBlockSize: bytes,
  range,
  topDown: flag,
  contiguous: flag,
  clear: flag,
  trimDisable: flag,
  tag: index,
  account: index,
};

const ID = ['id', 'ID', index] as const;
const ACCOUNT = ['id', 'N', index] as const;
const SIZE = ['size', 'SIZE', bytes] as const;
const BLOCKS = ['blocks', 'BLOCK...', blocks] as const;
const QUOTA: Kinds = { limit: bytes, reserved: bytes };

type Kind = Exclude<TraceOperation['kind'], 'comment' | 'gpu-buddy-trace'>;

const TABLE: Readonly<Record<Kind, readonly [fields: Fields, options?: Kinds]>> = {
  init: [[SIZE, ['chunkSize', 'CHUNK', bytes]]],
  alloc: [
    [
      ID,
      ['start', 'START', bytes],
      ['end', 'END', bytes],
      SIZE,
      ['minBlockSize', 'MINBLOCK', bytes],
      ['flags', 'FLAGS', bytes],
    ],
  ],
  free: [[ID, ['cleared', 'FLAGS', clearedFlag]]],
  trim: [[ID, ['start', 'START|-', bytesOrDash], ['newSize', 'NEWSIZE', bytes]]],
  free_block: [[ID, ['index', 'INDEX', index]]],
  reset_clear: [[['clear', '0|1', bit]]],
  lookup: [[['address', 'ADDR', bytes]]],
  print: [[]],
  fini: [[]],
  'buddy.new': [
    [
      ['size', 'SIZE|-', bytesOrDash],
      ['chunkSize', 'CHUNK', bytes],
    ],
    { baseOffset: bytes, maxSteps: index, maxNativeBytes: index, name: text },
  ],
  'buddy.alloc': [[ID, SIZE], REQUEST],
  'buddy.probe': [[SIZE], { ...REQUEST, free: bytes }],
  'buddy.claim': [[ID, BLOCKS], { tag: index, account: index }],
  'buddy.clear': [[BLOCKS]],
  'buddy.resetClear': [[['isClear', '0|1', bit]]],
  'blocks.free': [[ID], { cleared: flag }],
  'blocks.undo': [[ID]],
  'blocks.freeBlock': [[ID, ['index', 'INDEX', index]], { cleared: flag }],
  'blocks.trim': [[ID, ['newSize', 'NEWSIZE', bytes]], { start: bytes }],
  'blocks.extend': [[ID, SIZE]],
  'blocks.append': [
    [
      ['id', 'ID|-', indexOrDash],
      ['other', 'OTHER', index],
    ],
    { tag: index },
  ],
  'account.open': [[ACCOUNT], QUOTA],
  'account.update': [[ACCOUNT], QUOTA],
  'account.close': [[ACCOUNT]],
  begin: [[]],
  gap: [[['count', 'N', index]]],
  poisoned: [[]],
};

function optionsOf(kinds: Kinds): ReadonlyMap<string, Field> {
  return new Map(
    Object.entries(kinds).map(([name, kind]) => [name, { property: name, name, kind: kind as AnyKind }]),
  );
}

function formOf(name: string, [fields, options = {}]: readonly [Fields, Kinds?]): Form {
  return {
    fields: fields.map(([property, field, kind]) => ({ property, name: field, kind: kind as AnyKind })),
    options: optionsOf({ ...options, ...NOTES }),
    text: [name, ...fields.map(([, field]) => field)].join(' '),
  };
}

/** By the names of the operations. */
export const OPERATION_FORMS: ReadonlyMap<string, Form> = new Map(
  Object.entries(TABLE).map(([name, row]) => [name, formOf(name, row)]),
);

/** The name of the header, which is no operation of an allocator. */
export const HEADER = 'gpu-buddy-trace';

/** The version of the format that is written. */
export const VERSION = 2;

const HEADER_FORM: Form = {
  fields: [{ property: 'version', name: 'VERSION', kind: index as unknown as AnyKind }],
  options: optionsOf({ kernel: text, library: text, source: text, started: text }),
  text: `${HEADER} VERSION`,
};

/** The form of an operation, or of the header. */
export function formNamed(name: string): Form | undefined {
  return name === HEADER ? HEADER_FORM : OPERATION_FORMS.get(name);
}
