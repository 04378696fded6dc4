/** Turns the choices of a program into arguments of calls that take or extend blocks at given places. */
import { pick } from './choices';
import type { Memory, OwnedBlock } from './memory';
import type { Choice } from './program';
import { U64_END, type Space } from './space';

/** A place as `claim()` is told of it, in chunks; `first` need be no multiple of its size, nor lie in the space. */
export interface Place {
  readonly first: number;
  readonly order: number;
}

export function toPlace({ way, number }: Choice, memory: Memory): Place {
  const free = pick(memory.freeBlocks(), number) ?? { first: 0, count: 1 };
  const owned = pick(memory.ownedBlocks(), number) ?? { first: 0, count: 1 };
  const order = Math.log2(free.count);
  const smaller = Math.max(0, order - 1 - (number % 3));
  if (way < 3) return { first: free.first, order };
  if (way < 6) return { first: free.first, order: smaller };
  if (way < 8) return { first: free.first + free.count - 2 ** smaller, order: smaller };
  if (way === 8) return { first: owned.first, order: Math.log2(owned.count) };
  if (way === 9) return { first: free.first + 1, order: 1 };
  return { first: memory.chunks - (number % 2), order: number % 3 };
}

/** Bytes that a list is to grow by. */
export function toExtension(
  { size: { way, number }, spoil }: { readonly size: Choice; readonly spoil: Choice },
  blocks: readonly OwnedBlock[],
  memory: Memory,
  { chunkSize, size: spaceSize }: Space,
): bigint {
  const end = Math.max(0, ...blocks.map(({ first, count }) => first + count));
  const behind = memory.free.ranges.find(({ first }) => first === end);
  const room = behind ? behind.end - end : 1;
  const chunks = [1, 1 + (number % 8), Math.max(1, room - (number % 2)), room + 1][way] ?? 1;
  const size = BigInt(chunks) * chunkSize;
  switch (spoil.way) {
    case 1:
      return size + 1n;
    case 2:
      return 0n;
    case 3:
      return (spaceSize + chunkSize) % U64_END;
    default:
      return size;
  }
}
