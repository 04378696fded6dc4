/** Reads the blocks of answers, `ERRNO [BLOCK...] avail=0xA clear_avail=0xC [warn=N]`, into columns that are used again. */

const SPACE = 0x20;
const COLON = 0x3a;
const LETTER_A = 0x61;
const ZERO = 0x30;
const ONE = 0x31;

/** Answer to an operation: its columns may be longer than `count`. */
export interface Answer {
  /** The error number or code; `'0'`: none. */
  readonly code: string;
  /** How many blocks there are. */
  readonly count: number;
  /** Bytes from the start of the space. */
  readonly offsets: readonly number[];
  readonly orders: readonly number[];
  readonly clear: readonly boolean[];
  /** Bytes of free memory that are clear; -1: it does not tell. */
  readonly clearAvail: number;
  /** Nanoseconds, where the operation does not tell. */
  readonly time?: number;
}

export class AnswerBlocks implements Answer {
  /** The error number or code: `0`, `-28`, `ERR_GPU_BUDDY_WORK_LIMIT`. */
  code = '0';
  /** How many blocks there are. */
  count = 0;
  /** Bytes. */
  readonly offsets: number[] = [];
  readonly orders: number[] = [];
  readonly clear: boolean[] = [];
  /** Bytes of free memory that are clear; -1 where the answer does not tell. */
  clearAvail = -1;

  #text = '';
  #at = 0;

  read(text: string): void {
    this.#text = text;
    const end = text.indexOf(' ');
    this.code = end < 0 ? text : text.slice(0, end);
    this.count = 0;
    this.#at = end;
    while (this.#at >= 0 && this.#isBlock()) this.#block();
    const clear = text.indexOf('clear_avail=0x', Math.max(this.#at, 0));
    this.#at = clear + 'clear_avail=0x'.length;
    this.clearAvail = clear < 0 ? -1 : this.#hex();
  }

  /** Whether ` 0x` follows. */
  #isBlock(): boolean {
    return this.#text.charCodeAt(this.#at) === SPACE && this.#text.charCodeAt(this.#at + 1) === ZERO;
  }

  #block(): void {
    this.#at += ' 0x'.length;
    this.offsets[this.count] = this.#hex();
    this.#at++;
    let order = 0;
    for (; this.#text.charCodeAt(this.#at) !== COLON && this.#at < this.#text.length; this.#at++)
      order = 10 * order + this.#text.charCodeAt(this.#at) - ZERO;
    this.orders[this.count] = order;
    this.clear[this.count++] = this.#text.charCodeAt(++this.#at) === ONE;
    this.#at++;
  }

  /** Reads digits up to what is none. */
  #hex(): number {
    let value = 0;
    for (; ; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code >= ZERO && code < COLON) value = 16 * value + code - ZERO;
      else if (code >= LETTER_A && code < LETTER_A + 6) value = 16 * value + code - LETTER_A + 10;
      else return value;
    }
  }
}
