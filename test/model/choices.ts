/** Turns the choices of a program into arguments, by the state of the allocator at the call. */
import { powerOfTwoUpTo } from './chunk-set';
import type { Memory, OwnedBlock } from './memory';
import type { Choice, SpaceChoice, SpanChoice, Step } from './program';
import type { FindRequest, Request } from './request';
import { needsBigint, scaleOf, U64_END, type Space, type SpaceRequest, type Span } from './space';

/** Gives an element, like `Array.prototype.at()`, but wraps around. */
export function pick<T>(values: readonly T[], number: number): T | undefined {
  return values[number % values.length];
}

function fraction(number: number, chunks: number): number {
  return Math.floor((number / 256) * chunks);
}

export function toSpace({ chunks, chunkShift, rest, base, bigint }: SpaceChoice): SpaceRequest {
  const chunkSize = 1n << BigInt(chunkShift);
  const isScaled = scaleOf({ chunkSize }) > 1n;
  const most = (U64_END - 1n) / chunkSize;
  const wanted = BigInt(toNumberOfChunks(chunks));
  // In small chunks there may be more than the kernel can be told of.
  const whole = isScaled || wanted < most ? wanted : most;
  const size = whole * chunkSize + (BigInt(rest) % chunkSize);
  const baseOffset = toBaseOffset(base, chunkSize, size);
  const isNeeded = bigint === 'where needed' && needsBigint({ size, chunkSize, baseOffset });
  return { size, chunkSize, baseOffset, bigint: bigint === 'always' || isNeeded };
}

function toNumberOfChunks({ way, number }: Choice): number {
  switch (way) {
    case 0:
      return 1 + (number % 8);
    case 1:
      return 1 + (number % 64);
    case 2:
      return 2 ** (number % 7);
    case 3:
      return 2 ** (number % 10);
    case 4:
      return 2 ** (1 + (number % 8)) - 1;
    case 5:
      return 1 + number;
    case 6:
      return 2 ** (number % 52);
    case 7:
      return 2 ** 52 - 2 + (number % 4);
    default:
      return 2 ** (9 + (number % 42)) + 3 * number + 1;
  }
}

function toBaseOffset({ way, number }: Choice, chunkSize: bigint, size: bigint): bigint {
  switch (way) {
    case 0:
      return 0n;
    case 1:
      return (chunkSize * BigInt(number)) % (U64_END - size);
    case 2:
      return (0x1234_5678n * BigInt(number)) % (U64_END - size);
    case 3:
      return (U64_END - size - 1n - BigInt(number)) & (U64_END - 1n);
    case 4:
    case 5: {
      // The end, or that of the last whole chunk, lies at the last safe number, or near it.
      const end = BigInt(Number.MAX_SAFE_INTEGER - 1 + (number % 4));
      const whole = way === 4 ? size : size - (size % chunkSize);
      return whole < end ? end - whole : 0n;
    }
    default: {
      const base = U64_END - size - 1n + BigInt(number % 3);
      return base < U64_END ? base : 0n;
    }
  }
}

export function toRequest(step: Extract<Step, { call: 'alloc' }>, memory: Memory, space: Space): Request {
  const { chunkSize, baseOffset, size: spaceSize } = space;
  const count = toSize(step.size, memory);
  const bytes = (chunks: number) => BigInt(chunks) * chunkSize;
  const start = Math.min(toStart(step.start, memory), memory.chunks - count);
  const end = Math.min(toEnd(step.end, start, count, memory), memory.chunks);
  const isRange = step.mode.way > 4;
  const isExact = step.mode.way > 7;
  const request = {
    size: bytes(count),
    minBlockSize: toMinBlockSize(step.min, memory, chunkSize),
    range: { start: baseOffset + bytes(start), end: baseOffset + bytes(end) },
    contiguous: step.contiguous,
    clear: step.clear,
    trimDisable: step.trimDisable,
    tag: step.tag,
  };
  spoil(request, step.spoil, { chunkSize, baseOffset, size: spaceSize });
  const { range, ...rest } = request;
  if (isExact) return { ...rest, mode: { at: range.start } };
  return { ...rest, mode: isRange ? { range } : step.mode.way > 2 ? 'top-down' : 'simple' };
}

function toSize({ way, number }: Choice, memory: Memory): number {
  const { chunks } = memory;
  const free = memory.freeBlocks();
  const block = pick(free, number)?.count ?? 1;
  const run = pick(memory.free.ranges, number) ?? { first: 0, end: 1 };
  const wanted = [
    () => 1 + (number % 4),
    () => 1 + (number % 16),
    () => 2 ** (number % 16),
    () => block,
    () => 2 * block - 1 - (number % 3),
    () => memory.free.size - (number % 3),
    () => 1 + fraction(number, chunks),
    () => 3 * 2 ** (number % 8),
    () => run.end - run.first - (number % 3),
  ][way]?.();
  return Math.min(Math.max(1, wanted ?? 1), chunks);
}

function toMinBlockSize({ way, number }: Choice, { chunks }: Memory, chunkSize: bigint): bigint {
  const orders = Math.log2(powerOfTwoUpTo(chunks));
  switch (way) {
    case 0:
    case 1:
    case 2:
      return chunkSize;
    case 3:
      return powerBelowEnd(chunkSize << BigInt(number % (orders + 2)));
    case 4:
      return powerBelowEnd(chunkSize << BigInt(number % 4));
    default:
      return 1n << BigInt(number);
  }
}

function powerBelowEnd(power: bigint): bigint {
  return power < U64_END ? power : U64_END / 2n;
}

function toStart({ way, number }: Choice, memory: Memory): number {
  switch (way) {
    case 0:
      return fraction(number, memory.chunks);
    case 1:
      return pick(memory.freeBlocks(), number)?.first ?? 0;
    case 2:
      return pick(memory.free.ranges, number)?.first ?? 0;
    default:
      return number % 16;
  }
}

function toEnd({ way, number }: Choice, start: number, count: number, memory: Memory): number {
  switch (way) {
    case 0:
      return start + count;
    case 1:
      return start + count + (number % 8);
    case 2:
      return memory.chunks;
    default:
      return start + 1 + fraction(number, memory.chunks);
  }
}

interface Spoilt {
  size: bigint;
  minBlockSize: bigint;
  range: { start: bigint; end: bigint };
}

/** Nonsense of every kind that the documentation speaks of. */
function spoil(request: Spoilt, { way }: Choice, { chunkSize, baseOffset, size }: Space): void {
  const { start, end } = request.range;
  switch (way) {
    case 1:
      request.size += 1n;
      break;
    case 2:
      request.size = 0n;
      break;
    case 3:
      request.size = size + chunkSize < U64_END ? size + chunkSize : size;
      break;
    case 4:
      request.minBlockSize = (request.minBlockSize * 3n) % U64_END;
      break;
    case 5:
      request.minBlockSize = chunkSize / 2n;
      break;
    case 6:
      request.minBlockSize = 0n;
      break;
    case 7:
      request.range = { start: end, end: start };
      break;
    case 8:
      request.range = { start: start + 1n, end };
      break;
    case 9:
      request.range = { start, end: (baseOffset + size + chunkSize) % U64_END };
      break;
    case 10:
      request.range = { start: baseOffset ? baseOffset - 1n : start, end };
      break;
    case 11:
      request.size = (U64_END - 1n) & ~(chunkSize - 1n);
      break;
  }
}

/** The arguments of `findFree()`. */
export function toFindRequest(
  step: Extract<Step, { call: 'findFree' }>,
  memory: Memory,
  space: Space,
): FindRequest {
  const size = BigInt(toSize(step.size, memory)) * space.chunkSize;
  const alignment = toAlignment(step.alignment, space);
  const span = step.isRanged ? toSpan(step.span, memory, space) : undefined;
  const request = { size, alignment, span };
  switch (step.spoil.way) {
    case 1:
      return { ...request, size: size + 1n };
    case 2:
      return { ...request, size: 0n };
    case 3:
      return { ...request, size: (space.size + space.chunkSize) % U64_END };
    case 4:
      return { ...request, size: U64_END };
    case 5:
      return { ...request, size: -1n };
    case 6:
      return { ...request, alignment: 0n };
    case 7:
      return { ...request, alignment: (alignment ?? space.chunkSize) * 3n };
    case 8:
      return { ...request, alignment: U64_END };
    default:
      return request;
  }
}

function toAlignment({ way, number }: Choice, { chunkSize }: Space): bigint | undefined {
  switch (way) {
    case 0:
    case 1:
      return undefined;
    case 2:
      return powerBelowEnd(chunkSize << BigInt(number % 8));
    case 3:
      return powerBelowEnd(chunkSize << BigInt(number % 4));
    default:
      return 1n << BigInt(number);
  }
}

/** The addresses that a question is about. */
export function toSpan(choice: SpanChoice, memory: Memory, space: Space): Span {
  const { chunkSize, baseOffset, size } = space;
  const first = Math.min(toStart(choice.start, memory), memory.chunks - 1);
  const last = Math.min(toEnd(choice.end, first, 1, memory), memory.chunks);
  const start = baseOffset + BigInt(first) * chunkSize + (BigInt(choice.startOff) % chunkSize);
  const end = baseOffset + BigInt(last) * chunkSize - (BigInt(choice.endOff) % chunkSize);
  switch (choice.spoil.way) {
    case 1:
      return { start: end, end: start };
    case 2:
      return { start, end: start };
    case 3:
      return { start: baseOffset - 1n, end };
    case 4:
      return { start, end: baseOffset + size + 1n };
    case 5:
      return { start, end: U64_END };
    case 6:
      return { start: 0n, end: baseOffset };
    default:
      return { start, end };
  }
}

/** The arguments of a trim: bytes, and an address. */
export function toTrim(
  step: Extract<Step, { call: 'trim' }>,
  block: OwnedBlock,
  { chunkSize, baseOffset }: Space,
): { readonly newSize: bigint; readonly start: bigint | undefined } {
  const { first, count } = block;
  const kept = 1 + (step.size % count);
  const at = (chunk: number) => baseOffset + BigInt(chunk) * chunkSize;
  let newSize = BigInt(kept) * chunkSize;
  let start: bigint | undefined;
  if (step.start.way === 2) start = at(first + (step.start.number % (count - kept + 1)));
  if (step.start.way === 3) start = at(first + (step.start.number % (count + 2))) % U64_END;
  switch (step.spoil.way) {
    case 1:
      newSize = 0n;
      break;
    case 2:
      newSize += 1n;
      break;
    case 3:
      newSize = BigInt(count + 1) * chunkSize;
      break;
    case 4:
      start = at(first) + 1n;
      break;
    case 5:
      start = first ? at(first - 1) : 0n;
      break;
    case 6:
      start = U64_END - chunkSize;
      break;
    case 7:
      newSize = U64_END - chunkSize;
      break;
  }
  return { newSize: newSize % U64_END, start };
}

export function toAddress(
  { way, number }: Choice,
  memory: Memory,
  { chunkSize, baseOffset, size }: Space,
): bigint {
  switch (way) {
    case 0:
      return baseOffset + (BigInt(number) * size) / 256n;
    case 1:
      return (baseOffset + BigInt(number % memory.chunks) * chunkSize + BigInt(number)) % U64_END;
    case 2:
      return baseOffset + size - BigInt(number % 2);
    case 3:
      return baseOffset ? baseOffset - 1n : U64_END - 1n;
    case 4:
      return U64_END - 1n - BigInt(number);
    default: {
      const block = pick(memory.ownedBlocks(), number);
      return baseOffset + (block ? BigInt(block.first + block.count) * chunkSize - 1n : 0n);
    }
  }
}
