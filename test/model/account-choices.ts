/** Turns the choices of a program into the limit and the reservation of an account. */
import { pick } from './choices';
import type { Books } from './books';
import type { Memory } from './memory';
import type { Choice } from './program';
import type { Space } from './space';

/** Arguments of `account()` or `update()`: `undefined` for one that is left out. */
export interface GivenQuota {
  readonly limit: bigint | null | undefined;
  readonly reserved: bigint | undefined;
}

export function toQuota(
  { limit, reserved }: { readonly limit: Choice; readonly reserved: Choice },
  account: number | undefined,
  memory: Memory,
  { chunkSize, size }: Space,
  books: Books,
): GivenQuota {
  const bytes = (chunks: number) => BigInt(chunks) * chunkSize;
  const used = account === undefined ? 0n : books.usedBy(account);
  const avail = bytes(memory.free.size) - books.promised(account);
  const limits: (bigint | null | undefined)[] = [
    undefined,
    null,
    used + bytes(limit.number % 16),
    (BigInt(limit.number) * size) / 256n,
    used - BigInt(limit.number % 3),
    BigInt(limit.number),
  ];
  const reservations: (bigint | undefined)[] = [
    undefined,
    0n,
    used + bytes(reserved.number % 8),
    (BigInt(reserved.number) * size) / 1024n,
    BigInt(reserved.number),
    // Chooses the largest possible promise, a byte less, or one more.
    used + avail + BigInt(reserved.number % 3) - 1n,
    size + BigInt(reserved.number % 3) - 1n,
  ];
  return {
    limit: notNegative(pick(limits, limit.way)),
    reserved: notNegative(pick(reservations, reserved.way)),
  };
}

function notNegative<T extends null | undefined>(bytes: bigint | T): bigint | T {
  return typeof bytes === 'bigint' && bytes < 0n ? 0n : bytes;
}
