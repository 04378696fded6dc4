/** Sizes on the command line. */
import { UsageError } from './usage-error';

const UNITS = ['', 'K', 'M', 'G', 'T', 'P'];
const SIZE = /^(0x[0-9a-f]+|\d+(?:\.\d+)?)([KMGTP]?)(?:i?B)?$/i;

/**
 * Reads a size: decimal or 0x-hex bytes, or with a unit, of which K is 1024 bytes.
 *
 * @throws UsageError
 */
export function toSize(option: string, text: string): number {
  const [, number = '', unit = ''] = SIZE.exec(text) ?? [];
  const bytes = Number(number) * 1024 ** UNITS.indexOf(unit.toUpperCase());
  if (number === '' || !Number.isSafeInteger(bytes) || bytes === 0)
    throw new UsageError(`${option} takes a size such as 4096, 0x1000, 64K or 24G, not "${text}"`);
  return bytes;
}

/** Reads several sizes, with commas between them. @throws UsageError */
export function toSizes(option: string, text: string): number[] {
  return text.split(',').map((part) => toSize(option, part.trim()));
}
