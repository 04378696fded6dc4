/** Sizes on a command line: `4096`, `0x1000`, `4K`, `1.5G`; K, M, G and T are powers of 1024. */
import { UsageError } from './usage-error';

const UNITS = 'KMGT';

/** @throws UsageError */
export function toSize(option: string, text: string): number {
  const [, number = '', unit = ''] = /^(0x[0-9a-f]+|\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?$/i.exec(text) ?? [];
  const bytes = Number(number) * 1024 ** (UNITS.indexOf(unit.toUpperCase()) + (unit ? 1 : 0) || 0);
  if (number === '' || !Number.isSafeInteger(bytes))
    throw new UsageError(`${option} takes sizes such as 4096, 4K, 64M or 1.5G, not "${text}"`);
  return bytes;
}

/** Several sizes, with commas between them. */
export function toSizes(option: string, text: string): number[] {
  return text.split(',').map((part) => toSize(option, part.trim()));
}
