/** Allocators that are wrong in their accounts, in the epoch, or in calls that take blocks as they lie. */
import {
  GpuBuddyError,
  type Account,
  type AllocOptions,
  type BlockPlace,
  type Bytes,
  type ClaimOptions,
  type ShortageReason,
} from 'gpu-buddy';
import { Delegate, DelegateAccount, DelegateList } from './delegates';
import type { Charged, SubjectAccount, SubjectList } from './subject';
import { listing, made, taking, type WrongAllocator } from './wrong';

/** Wrong in what its accounts do, or say of themselves. */
function accounting(Wrong: new (real: Account<Bytes>) => SubjectAccount): WrongAllocator[1] {
  return made(
    class extends Delegate {
      override showAccount(account: Account<Bytes>): SubjectAccount {
        return new Wrong(account);
      }
    },
  );
}

/** Gives another reason for ENOSPC. */
function saying(wrong: ShortageReason, instead: ShortageReason): WrongAllocator {
  return [
    `says '${wrong}' instead of '${instead}'`,
    made(
      class extends Delegate {
        override allocBlocks(size: Bytes, options?: Charged<AllocOptions>): SubjectList {
          try {
            return super.allocBlocks(size, options);
          } catch (error) {
            if (error instanceof GpuBuddyError && error.reason === instead)
              Object.assign(error, { reason: wrong });
            throw error;
          }
        }
      },
    ),
  ];
}

function toOtherType(value: Bytes): Bytes {
  return typeof value === 'bigint' ? Number(value) : BigInt(value);
}

export const wrongAccounts: readonly WrongAllocator[] = [
  ['charges nobody for an allocation', taking(() => ({ account: undefined }))],
  [
    'charges nobody for a claim',
    made(
      class extends Delegate {
        override claim(blocks: Iterable<BlockPlace>, options?: Charged<ClaimOptions>): SubjectList {
          return super.claim(blocks, { ...options, account: undefined });
        }
      },
    ),
  ],
  [
    'goes on without the account where that is refused',
    made(
      class extends Delegate {
        override tryAllocBlocks(size: Bytes, options?: Charged<AllocOptions>): SubjectList | null {
          return (
            super.tryAllocBlocks(size, options) ??
            super.tryAllocBlocks(size, { ...options, account: undefined })
          );
        }
      },
    ),
  ],
  saying('full', 'limit'),
  saying('fragmented', 'reserved'),
  [
    'ends a reservation with the first object',
    accounting(
      class extends DelegateAccount {
        override dispose(): void {
          if (!this.disposed) this.real.update({ reserved: 0 });
          super.dispose();
        }
      },
    ),
  ],
  [
    'takes away a limit that is changed together with a reservation',
    accounting(
      class extends DelegateAccount {
        override update(quota: Parameters<SubjectAccount['update']>[0]): void {
          super.update(quota.reserved === undefined ? quota : { ...quota, limit: null });
        }
      },
    ),
  ],
  ...(['used', 'reserved'] as const).map((key): WrongAllocator => [
    `gives ${key} of an account in the wrong type`,
    made(
      class extends Delegate {
        override showAccount(account: Account<Bytes>): SubjectAccount {
          return Object.defineProperty(new DelegateAccount(account), key, {
            get: () => toOtherType(account[key]),
          });
        }
      },
    ),
  ]),
  [
    'never raises the epoch',
    made(
      class extends Delegate {
        override get epoch(): number {
          return this.real.epoch * 0;
        }
      },
    ),
  ],
  [
    'raises the epoch with an allocation that is refused',
    made(
      class extends Delegate {
        #refused = 0;

        override get epoch(): number {
          return super.epoch + this.#refused;
        }

        override tryAllocBlocks(size: Bytes, options?: Charged<AllocOptions>): SubjectList | null {
          const list = super.tryAllocBlocks(size, options);
          if (!list) this.#refused++;
          return list;
        }
      },
    ),
  ],
  [
    'never extends a list',
    listing(
      class extends DelegateList {
        override tryExtend(size: Bytes): boolean {
          const { length } = this.real;
          const isExtended = super.tryExtend(size);
          while (this.real.length > length) this.real.freeBlock(-1 + this.real.length);
          return isExtended && false;
        }
      },
    ),
  ],
  [
    'appends nothing',
    listing(
      class extends DelegateList {
        override append(other: SubjectList): void {
          if (other === this) super.append(other);
          else other.free();
        }
      },
    ),
  ],
  [
    'claims blocks in the order of their addresses',
    made(
      class extends Delegate {
        override claim(blocks: Iterable<BlockPlace>, options?: Charged<ClaimOptions>): SubjectList {
          const sorted = Array.from(blocks).sort((a, b) => Number(BigInt(a.offset) - BigInt(b.offset)));
          return super.claim(sorted, options);
        }
      },
    ),
  ],
  [
    'claims memory as dirty',
    made(
      class extends Delegate {
        override claim(blocks: Iterable<BlockPlace>, options?: Charged<ClaimOptions>): SubjectList {
          return super.claim(blocks, { ...options, clear: options?.clear ?? false });
        }
      },
    ),
  ],
];
