/** The axes of charts: round numbers of bytes and of lines. */

/** Round numbers from 0 to a limit, `count` of them at the most, in steps of 1, 2 or 5 times a power of ten. */
export function ticksOf(limit: number, count: number): number[] {
  if (limit <= 0) return [0];
  const rough = limit / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  return steps(limit, Math.max(step, 1));
}

/** The same for bytes, in steps of a power of two. */
export function byteTicksOf(limit: number, count: number): number[] {
  if (limit <= 0) return [0];
  return steps(limit, 2 ** Math.max(Math.ceil(Math.log2(limit / count)), 0));
}

function steps(limit: number, step: number): number[] {
  return Array.from({ length: Math.floor(limit / step) + 1 }, (_, i) => i * step);
}
