/**
 * A request in the words of each floor.
 * @typedef {import('../states.mjs').Request} Request
 */

const FLAG_RANGE = 1;
const FLAG_TOPDOWN = 2;
const FLAG_CONTIGUOUS = 4;
const FLAG_CLEAR = 8;
const FLAG_CLEARED = 16;

/** The arguments of the kernel's functions. @param {Request} request @param {{ size: number, chunkSize: number }} space */
export function kernelArguments({ size, mode, contiguous, clear }, space) {
  const isRange = typeof mode === 'object';
  const { start, end } = isRange ? mode.range : { start: 0, end: space.size };
  return {
    size,
    minBlockSize: space.chunkSize,
    start,
    // The whole space is asked for like this: see native/buddy/alloc.c.
    end: !isRange && size === space.size ? end - space.chunkSize : end,
    flags:
      (isRange ? FLAG_RANGE : 0) |
      (mode === 'top-down' ? FLAG_TOPDOWN : 0) |
      (contiguous ? FLAG_CONTIGUOUS : 0) |
      (clear ? FLAG_CLEAR : 0),
    freeFlags: clear ? FLAG_CLEARED : 0,
  };
}

/** Leaves the options out if all are the default, as people write it. @param {Request} request */
export function apiOptions({ mode, contiguous, clear }) {
  if (mode === 'simple' && !contiguous && !clear) return { alloc: undefined, free: undefined };
  return {
    alloc: {
      ...(mode !== 'simple' && { mode }),
      ...(contiguous && { contiguous }),
      ...(clear && { clear }),
    },
    free: clear ? { cleared: true } : undefined,
  };
}
