/** Loads the allocators of kernels: that of gpu-buddy, and those of packages beside it. */
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as GpuBuddy from 'gpu-buddy';
import { kernelPackage } from 'gpu-buddy/trace';
import type * as GpuBuddyTrace from 'gpu-buddy/trace';
import { SweepError } from '../sweep-error.js';

export interface Kernel {
  /** Its release, such as `6.12.117`. */
  readonly release: string;
  /** Measures policies on its allocator. */
  readonly measurePolicy: typeof GpuBuddyTrace.measurePolicy;
}

/** By series or release. */
const loaded = new Map<string, Kernel>();

/**
 * Loads a kernel's allocator.
 *
 * @param kernel a series, such as `6.12`, or a release, such as `6.12.117`
 * @throws SweepError `ERR_SWEEP_KERNEL` where it is not here, and how to get it; where GPU_BUDDY_ADDON names that of another kernel
 */
export function loadKernel(kernel: string): Kernel {
  const known = loaded.get(kernel) ?? load(kernel);
  loaded.set(kernel, known);
  return known;
}

function load(kernel: string): Kernel {
  try {
    const { name, folder, linux: release } = kernelPackage(kernel);
    const require = createRequire(path.join(folder, 'package.json'));
    const { kernelVersion } = require(name) as typeof GpuBuddy;
    if (kernelVersion !== release)
      throw new Error(
        `${name} has loaded the allocator of Linux ${kernelVersion}, not ${release}: leave out GPU_BUDDY_ADDON`,
      );
    const { measurePolicy } = require(`${name}/trace`) as typeof GpuBuddyTrace;
    return { release, measurePolicy };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new SweepError('ERR_SWEEP_KERNEL', text.replaceAll(/\s*\n[\s-]*/g, ' '), error);
  }
}
