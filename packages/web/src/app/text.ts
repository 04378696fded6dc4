/** Writes numbers for people. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

const counts = new Intl.NumberFormat('en');

export function countText(count: number): string {
  return counts.format(count);
}

/** Bytes in the largest unit that leaves 1 or more, with at most one place behind the point. */
export function bytesText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  return `${counts.format(Math.round((bytes / 1024 ** power) * 10) / 10)} ${UNITS[power] ?? ''}`;
}

/** An address in hexadecimal digits: bytes from the start of the space, and the address of that. */
export function addressText(offset: number, baseOffset: string): string {
  return `0x${(BigInt(baseOffset) + BigInt(Math.round(offset))).toString(16)}`;
}

/** Nanoseconds as seconds. */
export function timeText(nanoseconds: number): string {
  return `${(nanoseconds / 1e9).toFixed(6)} s`;
}

export function percentText(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
