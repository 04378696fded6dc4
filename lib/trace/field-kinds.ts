/** The kinds of values in a trace: how each is read from a line, written to one, and looked at where a program gives it. */
import { toBoolean, toBytes, toInteger } from '../arguments';
import { invalidArgType } from '../errors';
import type { Bytes } from '../native';
import type { FieldScanner } from './field-scanner';
import type { TraceBlock, TraceRange } from './operation';

/** A kind of values. */
export interface FieldKind<T> {
  /** Reads the next word of a line. `field`: its name in errors. @throws TraceError */
  readonly read: (fields: FieldScanner, field: string) => T;
  readonly write: (value: T) => string;
  /** Copies what a program gives. @throws TypeError, RangeError */
  readonly check: (argument: string, value: unknown) => T;
}

function hex(value: Bytes): string {
  return `0x${value.toString(16)}`;
}

function toArray(argument: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw invalidArgType(argument, 'an array', value);
  return value;
}

function toFields(argument: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw invalidArgType(argument, 'of type object', value);
  return value as Readonly<Record<string, unknown>>;
}

/** A byte count or an address. */
export const bytes: FieldKind<Bytes> = {
  read: (fields, field) => fields.bytes(field),
  write: hex,
  check: (argument, value) => toBytes(argument, value),
};

/** The same, or `-` for none. */
export const bytesOrDash: FieldKind<Bytes | undefined> = {
  read: (fields, field) => fields.bytesOrDash(field),
  write: (value) => (value === undefined ? '-' : hex(value)),
  check: (argument, value) => (value === undefined ? undefined : bytes.check(argument, value)),
};

/** A number of something. */
export const index: FieldKind<number> = {
  read: (fields, field) => fields.index(field),
  write: String,
  check: (argument, value) => toInteger(argument, value),
};

/** The same, or `-` for none. */
export const indexOrDash: FieldKind<number | undefined> = {
  read: (fields, field) => fields.indexOrDash(field),
  write: (value) => (value === undefined ? '-' : String(value)),
  check: (argument, value) => (value === undefined ? undefined : index.check(argument, value)),
};

/** `0` or `1`. */
export const bit: FieldKind<boolean> = {
  read: (fields, field) => fields.choice(field, [0, 1], '0 or 1'),
  write: (value) => (value ? '1' : '0'),
  check: (argument, value) => toBoolean(argument, value),
};

/** GPU_BUDDY_CLEARED of gpu_buddy_free_list(), or nothing. */
export const clearedFlag: FieldKind<boolean> = {
  read: (fields, field) => fields.choice(field, [0, 0x10], '0x0 or 0x10'),
  write: (value) => (value ? '0x10' : '0x0'),
  check: bit.check,
};

/** An option that is its name alone. */
export const flag: FieldKind<boolean> = { ...bit, read: () => true };

/** Text in double quotes. */
export const text: FieldKind<string> = {
  read: (fields, field) => fields.text(field),
  write: (value) => JSON.stringify(value),
  check: (argument, value) => {
    if (typeof value !== 'string') throw invalidArgType(argument, 'of type string', value);
    return value;
  },
};

/** `START..END` */
export const range: FieldKind<TraceRange> = {
  read: (fields, field) => {
    const [start = '', end = '', ...more] = fields.word(field).split('..');
    if (more.length !== 0) fields.fail(`${field} must be START..END`);
    return { start: fields.bytesIn(field, start), end: fields.bytesIn(field, end) };
  },
  write: ({ start, end }) => `${hex(start)}..${hex(end)}`,
  check: (argument, value) => {
    const { start, end } = toFields(argument, value);
    return { start: bytes.check(`${argument}.start`, start), end: bytes.check(`${argument}.end`, end) };
  },
};

/** `OFFSET:ORDER[:CLEAR]`, one or more: all say whether they are clear, or none. */
export const blocks: FieldKind<readonly TraceBlock[]> = {
  read: (fields, field) => {
    const list: TraceBlock[] = [];
    do list.push(readBlock(fields, field));
    while (fields.isBeforeDigit);
    return list;
  },
  write: (list) =>
    list
      .map(({ offset, order, isClear }) => {
        const place = `${hex(offset)}:${String(order)}`;
        return isClear === undefined ? place : `${place}:${isClear ? '1' : '0'}`;
      })
      .join(' '),
  check: (argument, value) =>
    toArray(argument, value).map((block, row) => {
      const name = `${argument}[${String(row)}]`;
      const { offset, order, isClear } = toFields(name, block);
      return {
        offset: bytes.check(`${name}.offset`, offset),
        order: index.check(`${name}.order`, order),
        isClear: isClear === undefined ? undefined : bit.check(`${name}.isClear`, isClear),
      };
    }),
};

const BLOCK = /^([^:]+):(0|[1-9]\d?)(?::([01]))?$/;

function readBlock(fields: FieldScanner, field: string): TraceBlock {
  const [, offset, order, clear] = BLOCK.exec(fields.word(field)) ?? [];
  if (offset === undefined) fields.fail(`${field} must be OFFSET:ORDER or OFFSET:ORDER:CLEAR`);
  return {
    offset: fields.bytesIn(field, offset),
    order: Number(order),
    isClear: clear === undefined ? undefined : clear === '1',
  };
}
