/** Tools that make allocators which are wrong in one thing. */
import { GpuBuddy, type AllocatedBlocks, type AllocOptions, type BlockInfo, type Bytes } from 'gpu-buddy';
import { Delegate, DelegateList } from './delegates';
import { scaleOf } from './space';
import type { MakeSubject, Subject, SubjectList } from './subject';

/** A sentence that says what is wrong, and the allocator. */
export type WrongAllocator = readonly [wrong: string, make: MakeSubject];

export function made(Wrong: new (real: GpuBuddy<Bytes>) => Subject): MakeSubject {
  return (options) => new Wrong(new GpuBuddy(options));
}

/** Wrong in how it hands on the arguments of an allocation. */
export function hearing(
  hear: (buddy: GpuBuddy<Bytes>, size: bigint, options: AllocOptions) => [Bytes, AllocOptions],
): MakeSubject {
  return made(
    class extends Delegate {
      override hear(size: bigint, options: AllocOptions): [Bytes, AllocOptions] {
        return hear(this.real, size, options);
      }
    },
  );
}

/** Wrong in what its options mean. */
export function taking(change: (options: AllocOptions) => AllocOptions): MakeSubject {
  return hearing((_, size, options) => [size, { ...options, ...change(options) }]);
}

/** Wrong in its lists. */
export function listing(List: new (real: AllocatedBlocks<Bytes>) => SubjectList): MakeSubject {
  return made(
    class extends Delegate {
      override show(list: AllocatedBlocks<Bytes>): SubjectList {
        return new List(list);
      }
    },
  );
}

/** Wrong in what its lists say of their blocks. */
export function showing(
  change: (block: BlockInfo<Bytes>, list: AllocatedBlocks<Bytes>) => Partial<BlockInfo<Bytes>>,
): MakeSubject {
  return listing(
    class extends DelegateList {
      override show(block: BlockInfo<Bytes>): BlockInfo<Bytes> {
        return { ...super.show(block), ...change(block, this.real) };
      }
    },
  );
}

/** Converts a number to the type that the allocator gives. */
export function like(buddy: GpuBuddy<Bytes>, value: bigint): Bytes {
  return typeof buddy.size === 'bigint' ? value : Number(value);
}

export function plus(buddy: GpuBuddy<Bytes>, ...values: readonly Bytes[]): Bytes {
  return like(
    buddy,
    values.reduce<bigint>((sum, value) => sum + BigInt(value), 0n),
  );
}

/** The first address behind the space. */
export function endOf(buddy: GpuBuddy<Bytes>): bigint {
  return BigInt(buddy.baseOffset) + BigInt(buddy.size);
}

/** Tells by how much the kernel's bytes are larger. */
export function scale(chunkSize: Bytes): bigint {
  return scaleOf({ chunkSize: BigInt(chunkSize) });
}

export function isPowerOf2(number: bigint): boolean {
  return (number & (number - 1n)) === 0n;
}
