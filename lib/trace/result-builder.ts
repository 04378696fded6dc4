/** Writes result lines, byte by byte: the fastest way to many hexadecimal numbers. Knows the format, no allocator. */
import type { Columns } from '../native';
import { STATE_CLEAR } from '../native';

const DIGITS = Buffer.from('0123456789abcdef', 'latin1');
const SPACE = 0x20;
const COLON = 0x3a;
const ZERO = 0x30;
const LETTER_X = 0x78;

const TWO_32 = 2 ** 32;

/** More than a block takes (a space, `0x` and 16 digits, the order, the clear bit), and more than a number does. */
const LONGEST_BLOCK = 32;

export class ResultBuilder {
  #bytes = Buffer.alloc(4096);
  #length = 0;

  /** Begins a line with the error number, 0 or negative. */
  begin(errno: number): void {
    this.#length = 0;
    this.text(errno === 0 ? '0' : String(errno));
  }

  /** Any text of ASCII characters. */
  text(text: string): void {
    this.#reserve(text.length);
    if (text.length > 32) {
      this.#length += this.#bytes.write(text, this.#length, 'latin1');
    } else {
      for (let i = 0; i < text.length; i++) this.#byte(text.charCodeAt(i));
    }
  }

  /** ` 0xOFFSET:ORDER:CLEARBIT`. The offset is exact: a safe integer, or above that a multiple of 4096. */
  block(offset: number, order: number, clear: boolean): void {
    this.#reserve(LONGEST_BLOCK);
    this.#byte(SPACE);
    this.#hex(offset);
    this.#orderAndClear(order, clear);
  }

  /** As `block`, for the first `count` rows of the columns. */
  blocks(count: number, { offsets, orders, states }: Columns): void {
    this.#reserve(count * LONGEST_BLOCK);
    for (let i = 0; i < count; i++) {
      this.#byte(SPACE);
      this.#hex(offsets[i] ?? 0);
      this.#orderAndClear(orders[i] ?? 0, ((states[i] ?? 0) & STATE_CLEAR) !== 0);
    }
  }

  /** ` avail=0xA clear_avail=0xC`, and ` warn=N` where there are any. Gives the whole line. */
  end(avail: number, clearAvail: number, warnings: number): string {
    this.text(' avail=');
    this.#reserve(LONGEST_BLOCK);
    this.#hex(avail);
    this.text(' clear_avail=');
    this.#reserve(LONGEST_BLOCK);
    this.#hex(clearAvail);
    if (warnings > 0) this.text(` warn=${warnings}`);
    return this.#bytes.toString('latin1', 0, this.#length);
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }

  // The methods below write into the room that #reserve() has made.

  #byte(value: number): void {
    this.#bytes[this.#length++] = value;
  }

  #hex(value: number): void {
    const high = Math.floor(value / TWO_32);
    const low = value - high * TWO_32;
    this.#byte(ZERO);
    this.#byte(LETTER_X);
    if (high > 0) {
      this.#digits(high, digitsOf(high));
      this.#digits(low, 8);
    } else {
      this.#digits(low, low === 0 ? 1 : digitsOf(low));
    }
  }

  #digits(value: number, count: number): void {
    for (let shift = 4 * (count - 1); shift >= 0; shift -= 4) {
      this.#byte(DIGITS[(value >>> shift) & 15] ?? 0);
    }
  }

  /** An order has two digits at most. */
  #orderAndClear(order: number, clear: boolean): void {
    this.#byte(COLON);
    if (order >= 10) this.#byte(ZERO + Math.floor(order / 10));
    this.#byte(ZERO + (order % 10));
    this.#byte(COLON);
    this.#byte(clear ? ZERO + 1 : ZERO);
  }
}

/** Counts the hexadecimal digits of a number from 1 to 2^32 - 1. */
function digitsOf(value: number): number {
  return (35 - Math.clz32(value)) >> 2;
}
