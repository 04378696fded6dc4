/** Sizes in a specification: bytes as a number, or text such as `24G`, where K, M, G and T are powers of 1024. */
import { SweepError } from '../sweep-error.js';

export const BYTE_SIZE_PATTERN = '^[0-9]+(\\.[0-9]+)?[KMGT]?$';

const UNITS = 'KMGT';

/** Gives a size in bytes. @throws SweepError `ERR_SWEEP_SPECIFICATION` where it is no whole, safe number of them */
export function toBytes(size: number | string): number {
  const [, number = '', unit = ''] = /^([\d.]+)([KMGT]?)$/.exec(String(size)) ?? [];
  const bytes = Number(number) * 1024 ** (unit === '' ? 0 : UNITS.indexOf(unit) + 1);
  if (!Number.isSafeInteger(bytes) || bytes <= 0)
    throw new SweepError('ERR_SWEEP_SPECIFICATION', `"${size}" is no whole number of bytes above 0`);
  return bytes;
}

/** Formats bytes with the largest unit that divides them: `24G`, `1536M`, `4097`. */
export function byteText(bytes: number): string {
  const power = [4, 3, 2, 1].find((exponent) => bytes > 0 && bytes % 1024 ** exponent === 0);
  return power === undefined ? String(bytes) : `${bytes / 1024 ** power}${UNITS[power - 1] ?? ''}`;
}
