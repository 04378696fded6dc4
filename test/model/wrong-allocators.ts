/** Allocators that are wrong in one thing each, and what that is. */
import {
  GpuBuddy,
  type AllocatedBlocks,
  type AllocOptions,
  type BlockInfo,
  type FreeOptions,
} from 'gpu-buddy';
import { Delegate, DelegateList } from './delegates';
import type { MakeSubject, Subject, SubjectList } from './subject';

type DelegateClass = new (real: GpuBuddy) => Subject;

function made(Wrong: DelegateClass): MakeSubject {
  return (options) => new Wrong(new GpuBuddy(options));
}

/** Wrong in how it hands on the arguments of an allocation. */
function hearing(
  hear: (buddy: GpuBuddy, size: bigint, options: AllocOptions) => [bigint, AllocOptions],
): MakeSubject {
  return made(
    class extends Delegate {
      override hear(size: bigint, options: AllocOptions): [bigint, AllocOptions] {
        return hear(this.real, size, options);
      }
    },
  );
}

/** Wrong in what its options mean. */
function taking(change: (options: AllocOptions) => AllocOptions): MakeSubject {
  return hearing((_, size, options) => [size, { ...options, ...change(options) }]);
}

/** Wrong in its lists. */
function listing(List: new (real: AllocatedBlocks) => SubjectList): MakeSubject {
  return made(
    class extends Delegate {
      override show(list: AllocatedBlocks): SubjectList {
        return new List(list);
      }
    },
  );
}

/** Wrong in what its lists say of their blocks. */
function showing(change: (block: BlockInfo, list: AllocatedBlocks) => Partial<BlockInfo>): MakeSubject {
  return listing(
    class extends DelegateList {
      override show(block: BlockInfo): BlockInfo {
        return { ...super.show(block), ...change(block, this.real) };
      }
    },
  );
}

function isPowerOf2(number: bigint): boolean {
  return (number & (number - 1n)) === 0n;
}

export const wrongAllocators: readonly (readonly [wrong: string, make: MakeSubject])[] = [
  [
    'gives memory to a second owner',
    made(
      class extends Delegate {
        #before: AllocatedBlocks | undefined;

        override show(list: AllocatedBlocks): SubjectList {
          const before = this.#before;
          this.#before = list;
          if (!before || before.freed || before.size !== list.size || before.tag !== list.tag)
            return super.show(list);
          list.free();
          return super.show(before);
        }
      },
    ),
  ],
  [
    'gives blocks that are not aligned',
    showing((block, { buddy }) => ({ offset: block.offset + (block.order ? buddy.chunkSize : 0n) })),
  ],
  ['gives blocks outside the space', showing((block, { buddy }) => ({ offset: block.offset + buddy.size }))],
  ['ignores the range', taking(({ mode }) => (typeof mode === 'object' ? { mode: 'simple' } : {}))],
  ['ignores top-down', taking(({ mode }) => (mode === 'top-down' ? { mode: 'simple' } : {}))],
  ['ignores contiguous', taking(() => ({ contiguous: false }))],
  ['ignores clear', taking(() => ({ clear: false }))],
  ['ignores trimDisable', taking(() => ({ trimDisable: false }))],
  ['never trims', taking(() => ({ trimDisable: true }))],
  ['forgets the tag', taking(() => ({ tag: 0 }))],
  [
    'ignores minBlockSize',
    hearing((buddy, size, options) => {
      const { minBlockSize = 0n } = options;
      return [
        size,
        isPowerOf2(BigInt(minBlockSize)) && minBlockSize
          ? { ...options, minBlockSize: buddy.chunkSize }
          : options,
      ];
    }),
  ],
  [
    'rounds the size up instead of EINVAL',
    hearing(({ chunkSize }, size, options) => [((size + chunkSize - 1n) / chunkSize) * chunkSize, options]),
  ],
  [
    'takes an inverted range',
    taking(({ mode }) => {
      if (typeof mode !== 'object' || !('range' in mode)) return {};
      const { start, end } = mode.range;
      return { mode: { range: start > end ? { start: end, end: start } : { start, end } } };
    }),
  ],
  [
    'gives up too early',
    made(
      class extends Delegate {
        override tryAllocBlocks(size: number | bigint, options?: AllocOptions): SubjectList | null {
          const list = super.tryAllocBlocks(size, options);
          if (!list || this.avail * 4n > this.size) return list;
          list.free();
          return null;
        }
      },
    ),
  ],
  ['says that everything is dirty', showing(() => ({ isClear: false }))],
  ['says that everything is clear', showing(() => ({ isClear: true }))],
  [
    'counts a chunk too many',
    made(
      class extends Delegate {
        override get avail(): bigint {
          return this.real.avail === this.real.size ? this.real.size : this.real.avail + this.real.chunkSize;
        }
      },
    ),
  ],
  [
    'counts all free memory as clear',
    made(
      class extends Delegate {
        override get clearAvail(): bigint {
          return this.real.clearAvail ? this.real.avail : 0n;
        }
      },
    ),
  ],
  [
    'frees as dirty what is cleared',
    listing(
      class extends DelegateList {
        override free(): void {
          this.real.free();
        }
      },
    ),
  ],
  [
    'frees a part',
    listing(
      class extends DelegateList {
        #freed = false;

        override get freed(): boolean {
          return this.#freed;
        }

        override free(options?: FreeOptions): void {
          this.#freed = true;
          if (this.real.freed || this.real.length < 2) this.real.free(options);
          else this.real.freeBlock(0, options);
        }
      },
    ),
  ],
  [
    'frees the last block instead of another',
    listing(
      class extends DelegateList {
        override freeBlock(index: number, options?: FreeOptions): void {
          this.real.freeBlock(index < this.real.length ? this.real.length - 1 : index, options);
        }
      },
    ),
  ],
  [
    'trims from the start, wherever it should',
    listing(
      class extends DelegateList {
        override trim(newSize: number | bigint): void {
          this.real.trim(newSize);
        }
      },
    ),
  ],
  [
    'lets a list live after free',
    listing(
      class extends DelegateList {
        override get length(): number {
          return this.real.freed ? 0 : this.real.length;
        }
      },
    ),
  ],
  [
    'never makes free memory clear',
    made(
      class extends Delegate {
        override resetClear(): void {
          this.real.resetClear(false);
        }
      },
    ),
  ],
  [
    'finds the block behind an address',
    made(
      class extends Delegate {
        override blockAt(address: number | bigint): BlockInfo | null {
          const next = BigInt(address) + this.chunkSize - 1n;
          return this.real.blockAt(next < this.baseOffset + this.size ? next : address);
        }
      },
    ),
  ],
  [
    'finds blocks outside the space',
    made(
      class extends Delegate {
        override blockAt(address: number | bigint): BlockInfo | null {
          const end = this.baseOffset + this.size;
          return this.real.blockAt(BigInt(address) >= end ? end - 1n : address);
        }
      },
    ),
  ],
  [
    'leaves a block out of the snapshot',
    made(
      class extends Delegate {
        override snapshot(): ReturnType<Subject['snapshot']> {
          const { offsets, orders, states, tags } = this.real.snapshot();
          const all = offsets.length > 3 ? 3 : offsets.length;
          return { offsets: offsets.subarray(0, all), orders, states, tags };
        }
      },
    ),
  ],
  [
    'shows blocks in halves',
    made(
      class extends Delegate {
        override snapshot(): ReturnType<Subject['snapshot']> {
          const table = this.real.snapshot();
          return { ...table, orders: table.orders.map((order) => (order > 2 ? order - 1 : order)) };
        }
      },
    ),
  ],
  [
    'counts blocks of the wrong order',
    made(
      class extends Delegate {
        override stats(): ReturnType<Subject['stats']> {
          const stats = this.real.stats();
          return { ...stats, orders: stats.orders.map((row) => ({ ...row, usedBlocks: 0 })) };
        }
      },
    ),
  ],
  [
    'prints less than is free',
    made(
      class extends Delegate {
        override print(): string {
          return this.real.print().replace(/free_blocks: [1-9]\d*/, 'free_blocks: 0');
        }
      },
    ),
  ],
  [
    'lives on after dispose',
    made(
      class extends Delegate {
        #disposed = false;

        override get disposed(): boolean {
          return this.#disposed;
        }

        override dispose(): void {
          this.#disposed = true;
        }
      },
    ),
  ],
];
