/** Reads the fields of one line after another, left to right. Knows numbers and spaces, not what the fields mean. */
import type { Bytes } from '../native';
import { hexDigit, NINE, ZERO } from './digits';
import { toPlace } from './place';
import { printable } from './printable';
import { TraceError, type TracePlace } from './trace-error';

const SPACE = 0x20;
const EQUALS = 0x3d;
const LETTER_X = 0x78;

/** A number of at most this many characters is a safe integer: 15 digits, or 13 hexadecimal ones after `0x`. */
const SAFE_DIGITS = 15;

const MAX_U64 = 2n ** 64n - 1n;

// Numbers that are refused where they stand.
const ZEROS_BEFORE = /^0\d+$/;
const HEX = /^0[xX][0-9a-fA-F]+$/;
const DECIMAL = /^\d+$/;

const DECIMAL_OR_HEX = /^(?:0|[1-9]\d*|0x[0-9a-fA-F]+)$/;
const JSON_STRING = /"(?:[^"\\]|\\.)*"/y;

function wordEnd(text: string, start: number): number {
  const space = text.indexOf(' ', start);
  return space < 0 ? text.length : space;
}

/** The text of a JSON string; `undefined` where it is none. */
function parsed(json: string): string | undefined {
  try {
    return JSON.parse(json) as string;
  } catch {
    return undefined;
  }
}

export class FieldScanner {
  #text = '';
  #place: TracePlace;
  /** How an operation is written, by its name; `undefined`: nobody knows. */
  readonly #formOf: (name: string) => string | undefined;
  /** Start of the current field, and the place from which the next one is looked for. */
  #start = 0;
  #end = 0;

  constructor(place: TracePlace, formOf: (name: string) => string | undefined) {
    this.#place = place;
    this.#formOf = formOf;
  }

  /** Begins a line; gives its first word. */
  begin(text: string, place: TracePlace): string {
    this.#text = text;
    this.#place = place;
    this.#start = 0;
    this.#end = wordEnd(text, 0);
    return text.slice(0, this.#end);
  }

  /** A decimal or 0x-hex number of at most 64 bits: a bigint only above 2^53 - 1. */
  bytes(field: string): Bytes {
    const start = this.#next(field);
    const value = this.#number(start);
    if (value < 0) this.#failBytes(field);
    return this.#end - start <= SAFE_DIGITS ? value : this.#wide(field);
  }

  /** As `bytes`; a single `-` is `undefined`. */
  bytesOrDash(field: string): Bytes | undefined {
    const start = this.#next(field);
    if (this.#text[start] === '-' && this.#isEnd(start + 1)) {
      this.#end = start + 1;
      return undefined;
    }
    const value = this.#number(start);
    if (value < 0) this.#failBytes(field, ', nor a single "-"');
    return this.#end - start <= SAFE_DIGITS ? value : this.#wide(field);
  }

  /** A decimal number that is a safe integer. */
  index(field: string): number {
    return this.#index(field, this.#next(field));
  }

  /** As `index`; a single `-` is `undefined`. */
  indexOrDash(field: string): number | undefined {
    const start = this.#next(field);
    if (this.#text[start] !== '-' || !this.#isEnd(start + 1)) return this.#index(field, start);
    this.#end = start + 1;
    return undefined;
  }

  #index(field: string, start: number): number {
    const value = this.#decimal(start);
    // Digits that no longer fit make it imprecise, but never small again.
    if (value < 0 || value > Number.MAX_SAFE_INTEGER) this.#failIndex(field);
    return value;
  }

  /** One of two numbers, which are small: false is the first of them. */
  choice(field: string, values: readonly [number, number], spelled: string): boolean {
    const value = this.#number(this.#next(field));
    if (value !== values[0] && value !== values[1]) {
      this.fail(`${field} must be ${spelled}, not ${printable(this.#found(field))}`);
    }
    return value === values[1];
  }

  /** The next word, whatever it is. */
  word(field: string): string {
    this.#next(field);
    const found = this.#found(field);
    this.#end = this.#start + found.length;
    return found;
  }

  /** A number that is a part of the current word, as `bytes`. */
  bytesIn(field: string, part: string): Bytes {
    const value = DECIMAL_OR_HEX.test(part) ? BigInt(part) : undefined;
    if (value === undefined)
      this.fail(`${field} ${printable(part)} is neither a decimal nor a 0x-hex number`);
    if (value > MAX_U64) this.fail(`${field} does not fit in 64 bits`);
    return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }

  /** A JSON string, in which spaces may stand. */
  text(field: string): string {
    JSON_STRING.lastIndex = this.#next(field);
    const [found] = JSON_STRING.exec(this.#text) ?? [];
    const value = found === undefined ? undefined : parsed(found);
    if (found === undefined || value === undefined || !this.#isEnd(this.#start + found.length))
      this.fail(`${field} must be text in double quotes, as in JSON`);
    this.#end = this.#start + found.length;
    return value;
  }

  /** Whether the line has ended. */
  get isAtEnd(): boolean {
    return this.#end === this.#text.length;
  }

  /** Whether the next word begins with a digit. */
  get isBeforeDigit(): boolean {
    const code = this.#text.charCodeAt(this.#end + 1);
    return !this.isAtEnd && code >= ZERO && code <= NINE;
  }

  /** The name of the next option. Its value, if it has one, is the next field. */
  optionName(): string {
    if (this.#next('an option') === this.#text.length) this.fail('a space ends the line');
    const word = this.#found('an option');
    const sign = word.indexOf('=');
    // "=>" is a name of its own.
    const length = sign <= 0 ? word.length : sign;
    this.#end = this.#start + length;
    return word.slice(0, length);
  }

  /** Whether a value follows the name that was just read. */
  get hasValue(): boolean {
    return this.#text.charCodeAt(this.#end) === EQUALS;
  }

  /** Gives the rest of the line. */
  rest(field: string): string {
    const start = this.#next(field);
    this.#end = this.#text.length;
    return this.#text.slice(start);
  }

  /** Throws what is wrong with the current field. */
  fail(reason: string): never {
    const form = this.#formOf(this.#text.slice(0, wordEnd(this.#text, 0)));
    const full = form === undefined ? reason : `${reason} in "${form}"`;
    throw new TraceError(toPlace(this.#place), full, { column: this.#start + 1 });
  }

  #next(field: string): number {
    const isMissing = this.#end === this.#text.length;
    this.#start = isMissing ? this.#end : this.#end + 1;
    if (isMissing) this.fail(`${field} is missing`);
    return this.#start;
  }

  #isEnd(at: number): boolean {
    return at === this.#text.length || this.#text.charCodeAt(at) === SPACE;
  }

  /** Reads a decimal or 0x-hex number: imprecise where it has more than `SAFE_DIGITS`, and -1 where there is none. */
  #number(start: number): number {
    return this.#text.charCodeAt(start) === ZERO && this.#text.charCodeAt(start + 1) === LETTER_X
      ? this.#hex(start + 2)
      : this.#decimal(start);
  }

  /** Reads a decimal number without zeros before it, as `#number()` does. */
  #decimal(start: number): number {
    const text = this.#text;
    let value = 0;
    let at = start;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code < ZERO || code > NINE) break;
      value = value * 10 + (code - ZERO);
    }
    if (at === start || !this.#isEnd(at)) return -1;
    if (at - start > 1 && text.charCodeAt(start) === ZERO) return -1;
    this.#end = at;
    return value;
  }

  #hex(start: number): number {
    const text = this.#text;
    let value = 0;
    let at = start;
    for (; at < text.length; at++) {
      const digit = hexDigit(text.charCodeAt(at));
      if (digit < 0) break;
      value = value * 16 + digit;
    }
    if (at === start || !this.#isEnd(at)) return -1;
    this.#end = at;
    return value;
  }

  /** The current field, whose digits are known to be good. */
  #wide(field: string): Bytes {
    const value = BigInt(this.#text.slice(this.#start, this.#end));
    if (value > MAX_U64) this.fail(`${field} does not fit in 64 bits`);
    return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }

  /** The current field as text, which is more than nothing. */
  #found(field: string): string {
    const found = this.#text.slice(this.#start, wordEnd(this.#text, this.#start));
    if (found === '') this.fail(`${field} is empty: one space stands between fields`);
    return found;
  }

  /** @param others what else the field may be */
  #failBytes(field: string, others = ''): never {
    const found = this.#found(field);
    const why = ZEROS_BEFORE.test(found)
      ? 'begins with a zero, which is octal to some: write it as decimal or as 0x-hex'
      : `is neither a decimal nor a 0x-hex number${others}`;
    this.fail(`${field} ${printable(found)} ${why}`);
  }

  #failIndex(field: string): never {
    const found = this.#found(field);
    let why = 'is not a decimal number from 0 on';
    if (HEX.test(found)) why = 'is hexadecimal: it must be decimal';
    else if (ZEROS_BEFORE.test(found)) why = 'begins with a zero: it must be decimal without zeros before it';
    else if (DECIMAL.test(found)) why = `is too large: it is at most ${Number.MAX_SAFE_INTEGER}`;
    this.fail(`${field} ${printable(found)} ${why}`);
  }
}
