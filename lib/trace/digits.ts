/** Reads digits in ASCII. */

export const ZERO = 0x30;
export const NINE = 0x39;

/** The value of a hexadecimal digit, or -1. */
export function hexDigit(code: number): number {
  if (code >= ZERO && code <= NINE) return code - ZERO;
  const letter = (code | 0x20) - 0x61;
  return letter >= 0 && letter < 6 ? letter + 10 : -1;
}
