/** Checks the options of a free. */
import { toFlag } from './arguments';
import { toOptions, type Names } from './options';

/** How to free. */
export interface FreeOptions {
  /** True if the memory is all zeros again (`GPU_BUDDY_CLEARED`). Default: false, it counts as dirty, whatever it was before. */
  readonly cleared?: boolean | undefined;
}

const NAMES: Names<FreeOptions> = { cleared: true };

/** Tells whether memory is freed as cleared. */
export function isToBeCleared(options: FreeOptions | undefined): boolean {
  return options !== undefined && toFlag('cleared', toOptions('options', options, NAMES).cleared);
}
