/** Allocators that give one number each in the wrong type or unit, and allocators with wrong limits. */
import {
  GpuBuddy,
  GpuBuddyError,
  type AddressRange,
  type AllocOptions,
  type BlockInfo,
  type BlockTable,
  type Bytes,
  type Column,
  type FindFreeOptions,
  type GpuBuddyOptions,
  type Segment,
} from 'gpu-buddy';
import { Delegate, DelegateList } from './delegates';
import { needsBigint, U64_END, type Space } from './space';
import type { MakeSubject, Subject, SubjectList } from './subject';
import { hearing, isPowerOf2, like, listing, made, scale, showing, type WrongAllocator } from './wrong';

/** Changes a number that comes out. */
type Change = (buddy: GpuBuddy<Bytes>, value: Bytes) => Bytes;

function toOtherType(value: Bytes): Bytes {
  return typeof value === 'bigint' ? Number(value) : BigInt(value);
}

/** Gives the kernel's number, cut to 64 bits. */
const inKernelUnit: Change = (buddy, value) =>
  like(buddy, (BigInt(value) * scale(buddy.chunkSize)) % U64_END);

function toColumn(buddy: GpuBuddy<Bytes>, values: readonly Bytes[]): Column<Bytes> {
  return typeof buddy.size === 'bigint'
    ? BigUint64Array.from(values, BigInt)
    : Float64Array.from(values, Number);
}

function changeOffsets(buddy: GpuBuddy<Bytes>, table: BlockTable<Bytes>, change: Change): BlockTable<Bytes> {
  const offsets = Array.from<Bytes, Bytes>(table.offsets, (offset) => change(buddy, offset));
  return { ...table, offsets: toColumn(buddy, offsets) };
}

function changeSegments(
  segments: readonly Segment<Bytes>[],
  key: keyof Segment,
  change: (value: Bytes) => Bytes,
): Segment<Bytes>[] {
  return segments.map((segment) => ({ ...segment, [key]: change(segment[key]) }));
}

/** Makes allocators that are wrong in one of their properties. */
function getting(
  name: 'size' | 'chunkSize' | 'baseOffset' | 'avail' | 'clearAvail' | 'largestFree',
): (change: Change) => MakeSubject {
  return (change) =>
    made(
      class extends Delegate {
        constructor(real: GpuBuddy<Bytes>) {
          super(real);
          Object.defineProperty(this, name, { get: () => change(real, real[name]) });
        }
      },
    );
}

/** Makes allocators that are wrong in a number of ENOSPC. */
function failing(name: 'requested' | 'avail' | 'largestFree'): (change: Change) => MakeSubject {
  return (change) =>
    made(
      class extends Delegate {
        override allocBlocks(size: Bytes, options?: AllocOptions): SubjectList {
          try {
            return super.allocBlocks(size, options);
          } catch (error) {
            if (error instanceof GpuBuddyError && error[name] !== undefined)
              Object.assign(error, { [name]: change(this.real, error[name]) });
            throw error;
          }
        }
      },
    );
}

/** The single numbers that come out. Columns, which have a type as a whole, follow below. */
const numbers: readonly (readonly [what: string, wrong: (change: Change) => MakeSubject])[] = [
  ['its size', getting('size')],
  ['its chunkSize', getting('chunkSize')],
  ['its baseOffset', getting('baseOffset')],
  ['avail', getting('avail')],
  ['clearAvail', getting('clearAvail')],
  ['largestFree', getting('largestFree')],
  [
    'availIn()',
    (change) =>
      made(
        class extends Delegate {
          override availIn(range: AddressRange): Bytes {
            return change(this.real, super.availIn(range));
          }
        },
      ),
  ],
  [
    'findFree()',
    (change) =>
      made(
        class extends Delegate {
          override findFree(size: Bytes, options?: FindFreeOptions): Bytes | null {
            const found = super.findFree(size, options);
            return found === null ? null : change(this.real, found);
          }
        },
      ),
  ],
  ...(['offset', 'size'] as const).flatMap(
    (key) =>
      [
        [
          `the ${key} of a free segment`,
          (change: Change) =>
            made(
              class extends Delegate {
                override freeSegments(): Segment<Bytes>[] {
                  return changeSegments(super.freeSegments(), key, (value) => change(this.real, value));
                }
              },
            ),
        ],
        [
          `the ${key} of what blockAt() finds`,
          (change: Change) =>
            made(
              class extends Delegate {
                override blockAt(address: Bytes): BlockInfo<Bytes> | null {
                  const block = super.blockAt(address);
                  return block && { ...block, [key]: change(this.real, block[key]) };
                }
              },
            ),
        ],
        [
          `the ${key} of a block`,
          (change: Change) => showing((block, { buddy }) => ({ [key]: change(buddy, block[key]) })),
        ],
        [
          `the ${key} of a segment of a list`,
          (change: Change) =>
            listing(
              class extends DelegateList {
                override segments(): Segment<Bytes>[] {
                  const { buddy } = this.real;
                  return changeSegments(super.segments(), key, (value) => change(buddy, value));
                }
              },
            ),
        ],
      ] as const,
  ),
  ...(['size', 'chunkSize', 'avail', 'clearAvail', 'reserved'] as const).map(
    (key) =>
      [
        `the ${key} of stats()`,
        (change: Change) =>
          made(
            class extends Delegate {
              override stats(): ReturnType<Subject['stats']> {
                const stats = super.stats();
                return { ...stats, [key]: change(this.real, stats[key]) };
              }
            },
          ),
      ] as const,
  ),
  [
    'the blockSize of stats()',
    (change) =>
      made(
        class extends Delegate {
          override stats(): ReturnType<Subject['stats']> {
            const stats = super.stats();
            return {
              ...stats,
              orders: stats.orders.map((row) => ({ ...row, blockSize: change(this.real, row.blockSize) })),
            };
          }
        },
      ),
  ],
  [
    'the size of a list',
    (change) =>
      listing(
        class extends DelegateList {
          override get size(): Bytes {
            return change(this.real.buddy, super.size);
          }
        },
      ),
  ],
  [
    'the offset of a list',
    (change) =>
      listing(
        class extends DelegateList {
          override get offset(): Bytes | undefined {
            const { offset } = this.real;
            return offset === undefined ? undefined : change(this.real.buddy, offset);
          }
        },
      ),
  ],
  [
    'sizeIn()',
    (change) =>
      listing(
        class extends DelegateList {
          override sizeIn(range: AddressRange): Bytes {
            return change(this.real.buddy, super.sizeIn(range));
          }
        },
      ),
  ],
  ["an error's requested", failing('requested')],
  ["an error's avail", failing('avail')],
  ["an error's largestFree", failing('largestFree')],
];

/** The columns of offsets that come out. */
const columns: readonly (readonly [
  what: string,
  wrong: (change: (buddy: GpuBuddy<Bytes>, table: BlockTable<Bytes>) => BlockTable<Bytes>) => MakeSubject,
])[] = [
  [
    'the offsets of the snapshot',
    (change) =>
      made(
        class extends Delegate {
          override snapshot(): BlockTable<Bytes> {
            return change(this.real, super.snapshot());
          }
        },
      ),
  ],
  [
    'the offsets of toArrays()',
    (change) =>
      listing(
        class extends DelegateList {
          override toArrays(): BlockTable<Bytes> {
            return change(this.real.buddy, super.toArrays());
          }
        },
      ),
  ],
];

function toOtherColumn(table: BlockTable<Bytes>): BlockTable<Bytes> {
  const { offsets } = table;
  return {
    ...table,
    offsets:
      offsets instanceof Float64Array
        ? BigUint64Array.from(offsets, BigInt)
        : Float64Array.from(offsets, Number),
  };
}

/** Makes another allocator where the library refuses the space. */
function granting(change: (options: GpuBuddyOptions) => Partial<GpuBuddyOptions>): MakeSubject {
  return (options) => {
    try {
      return new Delegate(new GpuBuddy(options));
    } catch {
      return new Delegate(new GpuBuddy({ ...options, ...change(options) }));
    }
  };
}

function spaceOf({ size, chunkSize = 4096, baseOffset = 0 }: GpuBuddyOptions): Space {
  return { size: BigInt(size), chunkSize: BigInt(chunkSize), baseOffset: BigInt(baseOffset) };
}

/** Refuses some of the spaces. */
function refusing(isRefused: (space: Space) => boolean): MakeSubject {
  return (options) => {
    // The library refuses an empty space.
    const isEmptied = !options.bigint && isRefused(spaceOf(options));
    return new Delegate(new GpuBuddy(isEmptied ? { ...options, size: 0 } : options));
  };
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

const limits: readonly WrongAllocator[] = [
  ['always gives bigints', (options) => new Delegate(new GpuBuddy({ ...options, bigint: true }))],
  [
    'gives numbers where they are exact',
    (options) => new Delegate(new GpuBuddy({ ...options, bigint: needsBigint(spaceOf(options)) })),
  ],
  ['takes a space that needs bigints without', granting(() => ({ bigint: true }))],
  [
    'takes a space that is larger than the kernel can be told',
    granting(({ size, chunkSize = 4096 }) =>
      BigInt(size) * scale(chunkSize) >= U64_END ? { size: chunkSize } : {},
    ),
  ],
  [
    'asks for bigints where the space ends at the last safe number',
    refusing(({ size, chunkSize, baseOffset }) => baseOffset + (size - (size % chunkSize)) === MAX_SAFE),
  ],
  [
    'asks for bigints for the bytes that it does not manage',
    refusing(({ size, baseOffset }) => baseOffset + size > MAX_SAFE),
  ],
  [
    'takes a minBlockSize that is larger than the kernel can be told',
    hearing((buddy, size, options) => {
      const most = U64_END / 2n / scale(buddy.chunkSize);
      const { minBlockSize = 0 } = options;
      const isLarger = isPowerOf2(BigInt(minBlockSize)) && minBlockSize > most;
      return [size, isLarger ? { ...options, minBlockSize: most } : options];
    }),
  ],
  [
    'prints without the scale',
    made(
      class extends Delegate {
        override print(): string {
          return super.print().replace(/^scale: .*\n/, '');
        }
      },
    ),
  ],
];

export const wrongNumbers: readonly WrongAllocator[] = [
  ...numbers.flatMap(([what, wrong]): WrongAllocator[] => [
    [`gives ${what} in the wrong type`, wrong((_, value) => toOtherType(value))],
    [`gives ${what} in the unit of the kernel`, wrong(inKernelUnit)],
  ]),
  ...columns.flatMap(([what, wrong]): WrongAllocator[] => [
    [`gives ${what} in the wrong type`, wrong((_, table) => toOtherColumn(table))],
    [
      `gives ${what} in the unit of the kernel`,
      wrong((buddy, table) => changeOffsets(buddy, table, inKernelUnit)),
    ],
  ]),
  ...limits,
];
