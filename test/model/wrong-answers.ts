/** Allocators that answer one question wrongly each. */
import {
  GpuBuddyError,
  STATE_ALLOCATED,
  type AddressRange,
  type AllocOptions,
  type Bytes,
  type FindFreeOptions,
  type GpuBuddy,
  type Segment,
} from 'gpu-buddy';
import { roundUpBytes } from './chunk-set';
import { Delegate, DelegateList } from './delegates';
import type { MakeSubject, SubjectList } from './subject';
import { endOf, like, listing, made, plus, type WrongAllocator } from './wrong';

/** Makes allocators that are wrong in what they find. The change is only called where the library gives no error. */
function finding(
  change: (
    buddy: GpuBuddy<Bytes>,
    found: Bytes | null,
    size: bigint,
    options: FindFreeOptions,
  ) => Bytes | null,
): MakeSubject {
  return made(
    class extends Delegate {
      override findFree(size: Bytes, options: FindFreeOptions = {}): Bytes | null {
        return change(this.real, super.findFree(size, options), BigInt(size), options);
      }
    },
  );
}

/** Makes allocators that count what is free in another range. */
function counting(change: (buddy: GpuBuddy<Bytes>, range: AddressRange) => AddressRange): MakeSubject {
  return made(
    class extends Delegate {
      override availIn(range: AddressRange): Bytes {
        return super.availIn(change(this.real, range));
      }
    },
  );
}

/** Makes allocators whose ENOSPC is wrong. */
function explaining(
  change: (
    error: GpuBuddyError,
    before: Pick<GpuBuddy<Bytes>, 'avail' | 'largestFree'>,
  ) => Partial<GpuBuddyError>,
): MakeSubject {
  return made(
    class extends Delegate {
      override allocBlocks(size: Bytes, options?: AllocOptions): SubjectList {
        const { avail, largestFree } = this.real;
        try {
          return super.allocBlocks(size, options);
        } catch (error) {
          if (error instanceof GpuBuddyError && error.code === 'ENOSPC')
            Object.assign(error, change(error, { avail, largestFree }));
          throw error;
        }
      }
    },
  );
}

function freeBlocks(buddy: GpuBuddy<Bytes>): Segment<Bytes>[] {
  const { offsets, orders, states } = buddy.snapshot();
  return Array.from<Bytes, Segment<Bytes>>(offsets, (offset, index) => ({
    offset,
    size: like(buddy, BigInt(buddy.chunkSize) << BigInt(orders[index] ?? 0)),
  })).filter((_, index) => !((states[index] ?? 0) & STATE_ALLOCATED));
}

function ratio(part: Bytes, whole: Bytes): number {
  return Number(whole) === 0 ? 0 : 1 - Number(part) / Number(whole);
}

const questionsAboutFreeRuns: readonly WrongAllocator[] = [
  [
    'finds another free run than the lowest',
    finding((buddy, found, size, options) => {
      if (found === null) return null;
      const start = BigInt(found) + BigInt(buddy.chunkSize);
      const end = options.range?.end ?? endOf(buddy);
      if (start >= end) return found;
      return buddy.findFree(size, { ...options, range: { start, end } }) ?? found;
    }),
  ],
  [
    'finds only what fits into one block',
    finding((buddy, found, size) => (buddy.largestFree < size ? null : found)),
  ],
  [
    'finds runs that are a chunk too short',
    finding((buddy, found, size, options) => {
      const shorter = size - BigInt(buddy.chunkSize);
      return shorter ? buddy.findFree(shorter, options) : found;
    }),
  ],
  [
    'finds runs that begin before the range',
    finding((buddy, found, size, { alignment, range }) =>
      range ? buddy.findFree(size, { alignment, range: { start: buddy.baseOffset, end: range.end } }) : found,
    ),
  ],
  [
    'finds runs that reach beyond the range',
    finding((buddy, found, size, { alignment, range }) =>
      range ? buddy.findFree(size, { alignment, range: { start: range.start, end: endOf(buddy) } }) : found,
    ),
  ],
  [
    'finds runs that are not aligned',
    finding((buddy, _, size, { range }) => buddy.findFree(size, { range })),
  ],
  [
    'aligns addresses instead of places in the space',
    finding((_, found, __, { alignment = 1 }) =>
      found !== null && BigInt(found) % BigInt(alignment) ? null : found,
    ),
  ],
  [
    'finds places instead of addresses',
    finding((buddy, found) =>
      found === null ? null : like(buddy, BigInt(found) - BigInt(buddy.baseOffset)),
    ),
  ],
  [
    'looks for a size that is no multiple of the chunk size',
    made(
      class extends Delegate {
        override findFree(size: Bytes, options?: FindFreeOptions): Bytes | null {
          const wanted = BigInt(size);
          return super.findFree(
            wanted > 0n ? roundUpBytes(wanted, BigInt(this.real.chunkSize)) : size,
            options,
          );
        }
      },
    ),
  ],
  [
    'finds nothing instead of EINVAL',
    made(
      class extends Delegate {
        override findFree(size: Bytes, options?: FindFreeOptions): Bytes | null {
          try {
            return super.findFree(size, options);
          } catch (error) {
            if (error instanceof GpuBuddyError && error.code === 'EINVAL') return null;
            throw error;
          }
        }
      },
    ),
  ],
  [
    'shows each free block as a segment',
    made(
      class extends Delegate {
        override freeSegments(): Segment<Bytes>[] {
          return freeBlocks(this.real);
        }
      },
    ),
  ],
  [
    'leaves out the last free segment',
    made(
      class extends Delegate {
        override freeSegments(): Segment<Bytes>[] {
          const segments = super.freeSegments();
          return segments.length > 1 ? segments.slice(0, -1) : segments;
        }
      },
    ),
  ],
];

const questionsAboutRanges: readonly WrongAllocator[] = [
  [
    'counts a chunk behind the range',
    counting((buddy, { start, end }) => {
      const next = BigInt(end) + BigInt(buddy.chunkSize);
      return { start, end: next <= endOf(buddy) ? next : end };
    }),
  ],
  [
    'counts whole chunks only',
    counting((buddy, { start, end }) => {
      const chunkSize = BigInt(buddy.chunkSize);
      const off = (BigInt(start) - BigInt(buddy.baseOffset)) % chunkSize;
      return off > 0n ? { start: BigInt(start) - off, end } : { start, end };
    }),
  ],
  [
    'counts in an inverted range',
    counting((_, { start, end }) => (start > end ? { start: end, end: start } : { start, end })),
  ],
  [
    'counts what lies outside the space',
    counting((buddy, { start, end }) => {
      const last = endOf(buddy);
      return start < last && end > last ? { start, end: last } : { start, end };
    }),
  ],
  [
    'counts whole blocks of a list',
    listing(
      class extends DelegateList {
        override sizeIn(range: AddressRange): Bytes {
          const right = super.sizeIn(range);
          const inside = [...this.real].filter(
            ({ offset, size }) => BigInt(offset) + BigInt(size) > BigInt(range.start) && offset < range.end,
          );
          return inside.length > 0 ? plus(this.real.buddy, ...inside.map(({ size }) => size)) : right;
        }
      },
    ),
  ],
  [
    'counts the first block of a list only',
    listing(
      class extends DelegateList {
        override sizeIn(range: AddressRange): Bytes {
          const { buddy, length } = this.real;
          const [first] = this.real;
          const right = super.sizeIn(range);
          const most = first?.size ?? right;
          return length > 1 && right > most ? most : like(buddy, BigInt(right));
        }
      },
    ),
  ],
];

const questionsAboutRoom: readonly WrongAllocator[] = [
  [
    'gives the largest free block of the time before',
    made(
      class extends Delegate {
        #before = this.real.largestFree;

        override get largestFree(): Bytes {
          const before = this.#before;
          this.#before = super.largestFree;
          return before;
        }
      },
    ),
  ],
  [
    'takes the longest free run for the largest free block',
    made(
      class extends Delegate {
        override get largestFree(): Bytes {
          return this.real
            .freeSegments()
            .map(({ size }) => size)
            .reduce((most, size) => (size > most ? size : most), super.largestFree);
        }
      },
    ),
  ],
  [
    'measures fragmentation by all that is free',
    made(
      class extends Delegate {
        override get fragmentation(): number {
          return ratio(this.real.largestFree, this.real.avail);
        }
      },
    ),
  ],
  [
    'measures fragmentation by the largest root',
    made(
      class extends Delegate {
        override get fragmentation(): number {
          const { largestFree, avail, chunkSize, maxOrder } = this.real;
          return avail ? ratio(largestFree, BigInt(chunkSize) << BigInt(maxOrder)) : 0;
        }
      },
    ),
  ],
  [
    'is wholly fragmented when nothing is free',
    made(
      class extends Delegate {
        override get fragmentation(): number {
          return this.real.avail ? super.fragmentation : 1;
        }
      },
    ),
  ],
  [
    'is empty while one chunk is allocated',
    made(
      class extends Delegate {
        override get isEmpty(): boolean {
          const { avail, size, chunkSize } = this.real;
          return BigInt(avail) + BigInt(chunkSize) >= BigInt(size);
        }
      },
    ),
  ],
  [
    'is empty only where everything is dirty',
    made(
      class extends Delegate {
        override get isEmpty(): boolean {
          return super.isEmpty && !this.real.clearAvail;
        }
      },
    ),
  ],
  ['calls every shortage fragmented', explaining(() => ({ reason: 'fragmented' }))],
  ['is never full', explaining(({ reason }) => (reason === 'full' ? { reason: 'range' } : {}))],
  ['reports as free what was asked for', explaining(({ requested = 0 }) => ({ avail: requested }))],
  [
    'reports the largest free block of before the failed call',
    explaining((_, { largestFree }) => ({ largestFree })),
  ],
];

const questionsAboutLists: readonly WrongAllocator[] = [
  [
    'gives the offset of the first block as that of the list',
    listing(
      class extends DelegateList {
        override get offset(): Bytes | undefined {
          return super.offset === undefined ? undefined : this.real.at(0)?.offset;
        }
      },
    ),
  ],
  [
    'gives an offset to a list with gaps',
    listing(
      class extends DelegateList {
        override get offset(): Bytes | undefined {
          const [first, ...others] = Array.from(this.real, ({ offset }) => offset);
          return others.reduce(
            (least, offset) => (least === undefined || offset < least ? offset : least),
            first,
          );
        }
      },
    ),
  ],
  [
    'gives an offset only to a list of one block',
    listing(
      class extends DelegateList {
        override get offset(): Bytes | undefined {
          const { offset } = this.real;
          return this.real.length === 1 ? offset : undefined;
        }
      },
    ),
  ],
  [
    'shows each block of a list as a segment',
    listing(
      class extends DelegateList {
        override segments(): Segment<Bytes>[] {
          return Array.from(this.real, ({ offset, size }) => ({ offset, size }));
        }
      },
    ),
  ],
];

export const wrongAnswers: readonly WrongAllocator[] = [
  ...questionsAboutFreeRuns,
  ...questionsAboutRanges,
  ...questionsAboutRoom,
  ...questionsAboutLists,
];
