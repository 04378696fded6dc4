/** Makes the values of a pickle, which are plain data: numbers, text, lists, dicts, None. Nothing is imported or called. */
import type { MemoUse } from './memo-use';
import { Op } from './opcodes';
import type { OpcodeVisitor } from './read-opcodes';

/** A dict; keys that are no text are left out. */
export interface PickledDict {
  [key: string]: PickledValue;
}
/** A list or a tuple. */
export type PickledList = readonly PickledValue[];
/** None, and bytes, are null. Integers are bigints above 2^53 - 1. */
export type PickledValue = null | boolean | number | bigint | string | PickledList | PickledDict;

/**
 * Takes what is appended to a list out of it, and gives true; else it stays in the list.
 * Keeps long lists from being long in memory.
 */
export type Absorb = (list: PickledList, items: PickledList) => boolean;

/** Most values on the stack. Python puts a thousand there before it appends them. */
const MAX_STACK = 2 ** 20;
/** Most values that are kept in lists and dicts. */
const MAX_VALUES = 2e7;
const PAGE_BITS = 10;
const PAGE_MASK = 2 ** PAGE_BITS - 1;
/** Bytes of the largest integer: more than any that a snapshot has. */
const MAX_INTEGER = 64;

export class Unpickler implements OpcodeVisitor {
  readonly #use: MemoUse;
  readonly #absorb: Absorb;
  /** The values that are not in a list or a dict yet, and where those begin that will be together. */
  readonly #stack: PickledValue[] = [];
  readonly #marks: number[] = [];
  /** How many values were kept when each of these began. */
  readonly #valuesBefore: number[] = [];
  /** Values that are used again, in pages, which are faster than maps. */
  readonly #memo: PickledValue[][] = [];
  #memoized = 0;
  #values = 0;
  /** The place of the mark that was taken last. */
  #valuesAtMark = 0;

  constructor(use: MemoUse, absorb: Absorb) {
    this.#use = use;
    this.#absorb = absorb;
  }

  /** The value of the pickle, once STOP was visited. */
  get value(): PickledValue {
    return this.#top();
  }

  visit(opcode: number, bytes: Buffer, start: number, end: number): void {
    switch (opcode) {
      case Op.BINGET:
        this.#get(bytes[start] ?? 0);
        break;
      case Op.LONG_BINGET:
        this.#get(bytes.readUInt32LE(start));
        break;
      case Op.LONG1:
      case Op.LONG4:
        this.#push(integer(bytes, start, end));
        break;
      case Op.BININT:
        this.#push(bytes.readInt32LE(start));
        break;
      case Op.BININT1:
        this.#push(bytes[start] ?? 0);
        break;
      case Op.BININT2:
        this.#push(bytes.readUInt16LE(start));
        break;
      case Op.BINFLOAT:
        this.#push(bytes.readDoubleBE(start));
        break;
      case Op.SHORT_BINUNICODE:
      case Op.BINUNICODE:
      case Op.BINUNICODE8:
        this.#push(bytes.toString('utf8', start, end));
        break;
      case Op.MEMOIZE:
        this.#put(this.#memoized);
        break;
      case Op.BINPUT:
        this.#put(bytes[start] ?? 0);
        break;
      case Op.LONG_BINPUT:
        this.#put(bytes.readUInt32LE(start));
        break;
      case Op.MARK:
        this.#mark();
        break;
      case Op.EMPTY_DICT:
        this.#push({});
        break;
      case Op.SETITEM:
        this.#setItems(this.#stack.length - 2);
        break;
      case Op.SETITEMS:
        this.#setItems(this.#popMark());
        break;
      case Op.EMPTY_LIST:
      case Op.EMPTY_TUPLE:
        this.#push([]);
        break;
      case Op.APPEND:
        this.#append(this.#stack.length - 1, this.#values);
        break;
      case Op.APPENDS:
        this.#append(this.#popMark(), this.#valuesAtMark);
        break;
      case Op.TUPLE:
        this.#tuple(this.#popMark());
        break;
      case Op.TUPLE1:
        this.#tuple(this.#stack.length - 1);
        break;
      case Op.TUPLE2:
        this.#tuple(this.#stack.length - 2);
        break;
      case Op.TUPLE3:
        this.#tuple(this.#stack.length - 3);
        break;
      case Op.NEWTRUE:
        this.#push(true);
        break;
      case Op.NEWFALSE:
        this.#push(false);
        break;
      case Op.NONE:
      case Op.SHORT_BINBYTES:
      case Op.BINBYTES:
      case Op.BINBYTES8:
        this.#push(null);
        break;
      case Op.POP:
        this.#pop();
        break;
      case Op.POP_MARK:
        this.#stack.length = this.#popMark();
        break;
      case Op.STOP:
        if (this.#stack.length !== 1 || this.#marks.length > 0) throw new Error('the pickle stops too early');
        break;
      case Op.PROTO:
        checkProtocol(bytes[start] ?? 0);
        break;
      case Op.FRAME:
        // Tells how much can be read ahead.
        break;
    }
  }

  #push(value: PickledValue): void {
    if (this.#stack.length >= MAX_STACK) throw new Error('too many values are open');
    this.#stack.push(value);
  }

  #top(): PickledValue {
    const value = this.#stack.at(-1);
    if (value === undefined) throw new Error('a value is missing');
    return value;
  }

  #pop(): void {
    this.#checkPlace(this.#stack.length - 1);
    this.#stack.pop();
  }

  #mark(): void {
    if (this.#marks.length >= MAX_STACK) throw new Error('too many lists and dicts are open');
    this.#marks.push(this.#stack.length);
    this.#valuesBefore.push(this.#values);
  }

  #popMark(): number {
    const mark = this.#marks.pop();
    if (mark === undefined) throw new Error('a mark is missing');
    this.#valuesAtMark = this.#valuesBefore.pop() ?? 0;
    return mark;
  }

  #put(place: number): void {
    const value = this.#top();
    this.#memoized++;
    if (!this.#use.has(place)) return;
    while (this.#memo.length <= place >>> PAGE_BITS) this.#memo.push([]);
    const page = this.#memo[place >>> PAGE_BITS];
    if (page) page[place & PAGE_MASK] = value;
  }

  #get(place: number): void {
    const value = this.#memo[place >>> PAGE_BITS]?.[place & PAGE_MASK];
    if (value === undefined) throw new Error(`place ${place} of the memo is empty`);
    this.#push(value);
  }

  /** Takes the values from a place of the stack on. */
  #take(from: number): PickledValue[] {
    this.#checkPlace(from);
    this.#keep(this.#stack.length - from);
    return this.#stack.splice(from);
  }

  #keep(count: number): void {
    this.#values += count;
    if (this.#values > MAX_VALUES) throw new Error(`more than ${MAX_VALUES} values are kept`);
  }

  #checkPlace(from: number): void {
    // Takes the values behind the mark, which belong to it.
    if (from < (this.#marks.at(-1) ?? 0)) throw new Error('a value is missing');
  }

  #tuple(from: number): void {
    this.#push(this.#take(from));
  }

  /** @param valuesBefore how many values were kept before what is appended */
  #append(from: number, valuesBefore: number): void {
    const items = this.#take(from);
    const list = this.#top();
    if (!isList(list)) throw new Error('a value is appended to what is no list');
    if (this.#absorb(list, items)) this.#values = valuesBefore;
    else for (const item of items) (list as PickledValue[]).push(item);
  }

  #setItems(from: number): void {
    const stack = this.#stack;
    this.#checkPlace(from);
    const dict = stack[from - 1];
    if (!isDict(dict)) throw new Error('an item is set in what is no dict');
    if ((stack.length - from) % 2 !== 0) throw new Error('a key has no value');
    this.#keep(stack.length - from);
    for (let at = from; at < stack.length; at += 2) setItem(dict, stack[at], stack[at + 1]);
    stack.length = from;
  }
}

function setItem(dict: PickledDict, key: PickledValue | undefined, value: PickledValue | undefined): void {
  // Left out: an object would take this value for its prototype.
  if (typeof key !== 'string' || key === '__proto__' || value === undefined) return;
  dict[key] = value;
}

export function isList(value: PickledValue | undefined): value is PickledList {
  return Array.isArray(value);
}

export function isDict(value: PickledValue | undefined): value is PickledDict {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkProtocol(version: number): void {
  if (version < 2 || version > 5) throw new Error(`is a pickle of protocol ${version}, not 2 to 5`);
}

/** A signed number, its lowest byte first. */
function integer(bytes: Buffer, start: number, end: number): number | bigint {
  const length = end - start;
  if (length === 0) return 0;
  if (length <= 6) return bytes.readIntLE(start, length);
  if (length <= 8) {
    const value = bytes.readIntLE(start + 6, length - 6) * 2 ** 48 + bytes.readUIntLE(start, 6);
    if (Number.isSafeInteger(value)) return value;
  }
  if (length > MAX_INTEGER) throw new Error(`an integer of ${length} bytes is too large`);
  let value = BigInt(bytes.readInt8(end - 1));
  for (let at = end - 2; at >= start; at--) value = (value << 8n) | BigInt(bytes[at] ?? 0);
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}
