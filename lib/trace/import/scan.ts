/** Reads numbers as they stand in logs. */
import { hexDigit, NINE, ZERO } from '../digits';

/** An address as recorded: a bigint only above 2^53 - 1. */
export type Pointer = number | bigint;

const LETTER_X = 0x78;

/** Reads a decimal number, in a part of a text; gives -1 where there is none, or one above 2^53 - 1. */
export function toDecimal(text: string, start = 0, end = text.length): number {
  if (start >= end) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code < ZERO || code > NINE) return -1;
    value = value * 10 + (code - ZERO);
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : -1;
}

/** Reads a pointer, hexadecimal after `0x`; gives 0 for NULL in any spelling, and -1 where there is none. */
export function toPointer(text: string, start = 0, end = text.length): Pointer {
  if (text.charCodeAt(start) !== ZERO || text.charCodeAt(start + 1) !== LETTER_X || start + 2 >= end)
    return isNull(text.slice(start, end)) ? 0 : -1;
  let value = 0;
  for (let at = start + 2; at < end; at++) {
    const digit = hexDigit(text.charCodeAt(at));
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  if (value <= Number.MAX_SAFE_INTEGER) return value;
  const exact = BigInt(text.slice(start, end));
  return exact < 2n ** 64n ? exact : -1;
}

function isNull(text: string): boolean {
  return /^(0*|\(nil\)|\(null\)|null|nullptr)$/i.test(text);
}
