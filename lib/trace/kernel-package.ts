/** Finds the package that has the allocator of a kernel: this one, or another beside it. */
import { packageFolder } from '../addon/folder';
import { findKernelPackage, noAllocator, type KernelPackage } from '../addon/kernel-package';
import { seriesOf } from '../addon/series';
import { invalidArgType, invalidArgValue } from '../errors';
import { kernelVersion } from '../native';

/**
 * Finds the package that has the allocator of a kernel: `gpu-buddy` itself, or `@gpu-buddy/linux-6.12`, built in this checkout or
 * installed. It is only looked for; `createRequire()` of its folder loads it, beside this one.
 *
 * @param kernel a series, such as `6.12`, or a release, such as `6.12.117`: then no other of its series will do
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`
 * @throws {Error} `ERR_GPU_BUDDY_NO_BINARY` if it is not there, and how to get it
 */
export function kernelPackage(kernel: string): KernelPackage {
  if (typeof (kernel as unknown) !== 'string') throw invalidArgType('kernel', 'of type string', kernel);
  const series = seriesOf(kernel);
  if (!/^\d+\.\d+$/.test(series))
    throw invalidArgValue('kernel', 'the form of a series or a release, such as 6.12 or 6.12.117', kernel);
  const found =
    series === seriesOf(kernelVersion)
      ? { name: 'gpu-buddy', folder: packageFolder, linux: kernelVersion }
      : findKernelPackage(series);
  if (kernel !== series && kernel !== found.linux)
    throw noAllocator(kernel, `${found.name} has that of Linux ${found.linux}`);
  return found;
}
