/** Allocators that are wrong in one thing each, and what that is. */
import type { AllocatedBlocks, AllocOptions, BlockInfo, Bytes, FreeOptions } from 'gpu-buddy';
import { roundUpBytes } from './chunk-set';
import { Delegate, DelegateList } from './delegates';
import type { Subject, SubjectList } from './subject';
import {
  endOf,
  hearing,
  isPowerOf2,
  listing,
  made,
  plus,
  showing,
  taking,
  type WrongAllocator,
} from './wrong';

export const wrongAllocators: readonly WrongAllocator[] = [
  [
    'gives memory to a second owner',
    made(
      class extends Delegate {
        #before: AllocatedBlocks<Bytes> | undefined;

        override show(list: AllocatedBlocks<Bytes>): SubjectList {
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
    showing((block, { buddy }) => ({
      offset: plus(buddy, block.offset, block.order ? buddy.chunkSize : 0),
    })),
  ],
  [
    'gives blocks outside the space',
    showing((block, { buddy }) => ({ offset: plus(buddy, block.offset, buddy.size) })),
  ],
  [
    'ignores the range',
    taking(({ mode }) => (typeof mode === 'object' && 'range' in mode ? { mode: 'simple' } : {})),
  ],
  [
    'ignores the address',
    taking(({ mode }) => (typeof mode === 'object' && 'at' in mode ? { mode: 'simple' } : {})),
  ],
  [
    'takes the address next to the one that it is told',
    hearing((buddy, size, options) => {
      const { mode } = options;
      if (typeof mode !== 'object' || !('at' in mode)) return [size, options];
      const next = BigInt(mode.at) + BigInt(buddy.chunkSize);
      return next + size <= endOf(buddy) ? [size, { ...options, mode: { at: next } }] : [size, options];
    }),
  ],
  [
    'takes what is free behind the address',
    hearing((buddy, size, options) => {
      const { mode } = options;
      if (typeof mode !== 'object' || !('at' in mode) || BigInt(mode.at) + size > endOf(buddy))
        return [size, options];
      return [size, { ...options, mode: { range: { start: mode.at, end: endOf(buddy) } } }];
    }),
  ],
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
    hearing(({ chunkSize }, size, options) => [roundUpBytes(size, BigInt(chunkSize)), options]),
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
        override tryAllocBlocks(size: Bytes, options?: AllocOptions): SubjectList | null {
          const list = super.tryAllocBlocks(size, options);
          if (!list || BigInt(this.avail) * 4n > this.size) return list;
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
        override get avail(): Bytes {
          const { avail, size, chunkSize } = this.real;
          return avail === size ? size : plus(this.real, avail, chunkSize);
        }
      },
    ),
  ],
  [
    'counts all free memory as clear',
    made(
      class extends Delegate {
        override get clearAvail(): Bytes {
          return this.real.clearAvail ? this.real.avail : this.real.clearAvail;
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
        override trim(newSize: Bytes): void {
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
        override blockAt(address: Bytes): BlockInfo<Bytes> | null {
          const next = BigInt(address) + BigInt(this.chunkSize) - 1n;
          return this.real.blockAt(next < endOf(this.real) ? next : address);
        }
      },
    ),
  ],
  [
    'finds blocks outside the space',
    made(
      class extends Delegate {
        override blockAt(address: Bytes): BlockInfo<Bytes> | null {
          const end = endOf(this.real);
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
