/** Reads the fields of one line after another, left to right. Knows numbers and spaces, not what the fields mean. */
import type { Bytes } from '../native';
import { OPERATION_FORMS } from './operation-forms';
import { printable } from './printable';
import { TraceError, type TracePlace } from './trace-error';

const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;
const LETTER_X = 0x78;

/** As many digits as surely fit in a safe integer. */
const SAFE_DECIMAL_DIGITS = 15;
const SAFE_HEX_DIGITS = 13;

const MAX_U64 = 2n ** 64n - 1n;

function wordEnd(text: string, start: number): number {
  const space = text.indexOf(' ', start);
  return space < 0 ? text.length : space;
}

/** The value of a hexadecimal digit in ASCII, or -1. */
function hexDigit(code: number): number {
  if (code >= ZERO && code <= NINE) return code - ZERO;
  const letter = (code | 0x20) - 0x61;
  return letter >= 0 && letter < 6 ? letter + 10 : -1;
}

export class FieldScanner {
  #text = '';
  #place: TracePlace;
  /** Where the field that is read begins, and where the next one is looked for. */
  #start = 0;
  #end = 0;

  constructor(place: TracePlace) {
    this.#place = place;
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
    return this.#text.charCodeAt(start) === ZERO && this.#text.charCodeAt(start + 1) === LETTER_X
      ? this.#hex(field, start + 2)
      : this.#decimal(field, start);
  }

  /** As `bytes`; a single `-` is `undefined`. */
  bytesOrDash(field: string): Bytes | undefined {
    const start = this.#end + 1;
    if (this.#text[start] !== '-' || !this.#isEnd(start + 1)) return this.bytes(field);
    this.#start = start;
    this.#end = start + 1;
    return undefined;
  }

  /** A decimal number that is a safe integer. */
  index(field: string): number {
    const value = this.#decimal(field, this.#next(field));
    if (typeof value === 'bigint') this.fail(`${field} ${String(value)} is too large`);
    return value;
  }

  /** One of two numbers: false is the first of them. */
  choice(field: string, values: readonly [number, number], spelled: string): boolean {
    const value = this.bytes(field);
    if (value !== values[0] && value !== values[1]) this.fail(`${field} must be ${spelled}`);
    return value === values[1];
  }

  /** Makes sure that the line ends here. */
  end(): void {
    if (this.#end === this.#text.length) return;
    this.#start = this.#end + 1;
    this.fail(this.#start === this.#text.length ? 'a space ends the line' : 'a field too many');
  }

  /** Throws what is wrong with the current field. */
  fail(reason: string): never {
    const form = OPERATION_FORMS.get(this.#text.slice(0, wordEnd(this.#text, 0)));
    const full = form === undefined ? reason : `${reason} in "${form}"`;
    throw new TraceError(this.#place, full, { column: this.#start + 1 });
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

  #decimal(field: string, start: number): Bytes {
    const text = this.#text;
    let value = 0;
    let at = start;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code < ZERO || code > NINE) break;
      value = value * 10 + (code - ZERO);
    }
    if (at === start || !this.#isEnd(at)) this.#failNumber(field);
    if (at - start > 1 && text.charCodeAt(start) === ZERO) {
      this.fail(`${field} begins with a zero, which is octal to some: write it as decimal or as 0x-hex`);
    }
    this.#end = at;
    return at - start <= SAFE_DECIMAL_DIGITS ? value : this.#wide(field);
  }

  #hex(field: string, start: number): Bytes {
    const text = this.#text;
    let value = 0;
    let at = start;
    for (; at < text.length; at++) {
      const digit = hexDigit(text.charCodeAt(at));
      if (digit < 0) break;
      value = value * 16 + digit;
    }
    if (at === start || !this.#isEnd(at)) this.#failNumber(field);
    this.#end = at;
    return at - start <= SAFE_HEX_DIGITS ? value : this.#wide(field);
  }

  /** The current field, whose digits are known to be good. */
  #wide(field: string): Bytes {
    const value = BigInt(this.#text.slice(this.#start, this.#end));
    if (value > MAX_U64) this.fail(`${field} does not fit in 64 bits`);
    return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }

  #failNumber(field: string): never {
    const found = this.#text.slice(this.#start, wordEnd(this.#text, this.#start));
    if (found === '') this.fail(`${field} is empty: one space stands between fields`);
    this.fail(`${field} ${printable(found)} is neither a decimal nor a 0x-hex number`);
  }
}
