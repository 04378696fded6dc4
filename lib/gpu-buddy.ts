/** `GpuBuddy` as users see it. Its own types are needed because a class can't say that `bigint: true` makes a `GpuBuddy<bigint>`. */
import { GpuBuddyClass, type GpuBuddyOptions } from './gpu-buddy-class';
import type { Bytes } from './native';

/**
 * A buddy allocator over the addresses from `baseOffset` to `baseOffset + size`: the kernel's `struct gpu_buddy`. It
 * hands out ranges; what lies at those addresses, and whether anything does, is none of its business.
 *
 * Sizes and addresses are bytes: safe integers or bigints in; numbers out, or bigints where it was made with `bigint: true`.
 * After an error the allocator is as it was.
 *
 * Mirrors `GpuBuddy` of the kernel's Rust bindings.
 *
 * @example
 * ```ts
 * import { GpuBuddy, SZ_1G, SZ_16M } from 'gpu-buddy';
 *
 * const buddy = new GpuBuddy({ size: SZ_1G });
 * const blocks = buddy.allocBlocks(SZ_16M, { minBlockSize: SZ_16M });
 * console.log(blocks.at(0)?.offset); // 1056964608: 1 GiB - 16 MiB
 * blocks.free();
 * ```
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- a name for the class, under which users know it
export interface GpuBuddy<N extends Bytes = number> extends GpuBuddyClass<N> {}

/** Makes allocators. */
export interface GpuBuddyConstructor extends Pick<typeof GpuBuddyClass, 'from' | 'restore'> {
  readonly prototype: GpuBuddy<Bytes>;

  /**
   * `gpu_buddy_init()`.
   *
   * @throws {GpuBuddyError} `EINVAL` where the chunk size is no power of two, where `size` is below a chunk, where
   *   `baseOffset + size` or `size * 4096 / chunkSize` is not below 2^64, where the space ends above 2^53 - 1 without
   *   `bigint: true`; `ENOMEM`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  new (options: GpuBuddyOptions & { readonly bigint?: false | undefined }): GpuBuddy;
  /** An allocator that gives out bigints. `N` is for `class … extends GpuBuddy<bigint>`. */
  new <N extends Bytes>(
    options: GpuBuddyOptions & { readonly bigint: true },
  ): GpuBuddy<Bytes extends N ? bigint : N>;
  /** An allocator of which only the caller knows what it gives out. */
  new <N extends Bytes>(options: GpuBuddyOptions): GpuBuddy<N>;
}

export const GpuBuddy: GpuBuddyConstructor = GpuBuddyClass;
