/** How memory goes back: as users say it. */
import { toFlag } from './arguments';
import { toOptions, type Names } from './options';

/** How memory goes back. */
export interface FreeOptions {
  /** The memory is all zeros again (`GPU_BUDDY_CLEARED`). Without it, it counts as dirty, whatever it was before. */
  readonly cleared?: boolean | undefined;
}

const NAMES: Names<FreeOptions> = { cleared: true };

/** Whether memory is freed as cleared. */
export function isToBeCleared(options: FreeOptions | undefined): boolean {
  return options !== undefined && toFlag('cleared', toOptions('options', options, NAMES).cleared);
}
