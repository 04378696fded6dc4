/**
 * Reads the JSON dumps of VulkanMemoryAllocator and D3D12MA, of any version: a state. Wherever a block with `Suballocations` or a list
 * of `DedicatedAllocations` stands, it is taken.
 */
import type { TraceOperation } from '../operation';
import { systemReason } from '../system-reason';
import { TraceError } from '../trace-error';
import { decodeText } from './decode-text';
import { readWhole } from './read-whole';
import type { OpenRecording, RecordingFormat } from './recording-format';
import type { Tracker } from './tracker';

const NAMES = /"(?:Suballocations|DedicatedAllocations|DefaultPools|MemoryInfo)"\s*:/;

/** Longest dump in bytes. */
const MAX_SIZE = 2 ** 28;
const LARGEST_UNIT = 2 ** 52;

export const vma: RecordingFormat = {
  name: 'vma',
  recordName: 'allocation',
  matches: ({ bytes }) => {
    const text = decodeText(bytes);
    return /^\s*\{/.test(text) && NAMES.test(text);
  },
  open: async (recording, { onProgress }) => {
    const bytes = await readWhole(recording, MAX_SIZE, onProgress);
    try {
      return new VmaState(JSON.parse(decodeText(bytes)));
    } catch (error) {
      throw new TraceError({ file: recording.name }, `is no dump: ${systemReason(error)}`, { cause: error });
    }
  },
};

/** An allocation of a dump; what has no size that can be read, has -1. */
interface Allocation {
  readonly size: number;
  readonly label: string | undefined;
  /** True if it has memory of its own, and so no place in a block. */
  readonly isDedicated: boolean;
}

class VmaState implements OpenRecording {
  readonly unit: number;
  readonly reserved: number;
  readonly #allocations: readonly Allocation[];

  /** @throws Error if it is no object */
  constructor(dump: unknown) {
    if (!isObject(dump)) throw new Error('it is no object');
    const found = new Found();
    found.look(dump);
    this.#allocations = found.allocations;
    this.reserved = found.reserved;
    this.unit = found.numbers.reduce(commonUnit, LARGEST_UNIT);
    if (found.numbers.length === 0) this.unit = 1;
  }

  *play(tracker: Tracker): Generator<readonly TraceOperation[], undefined> {
    for (const [index, { size, label, isDedicated }] of this.#allocations.entries()) {
      tracker.next();
      if (size < 0) tracker.note('unreadable');
      else {
        tracker.note(isDedicated ? 'dedicated' : 'place');
        tracker.allocate(index + 1, size, label);
      }
    }
    yield [...tracker.take(), { kind: 'begin' }];
    return undefined;
  }
}

/** The allocations of a dump, and the numbers that tell its unit. */
class Found {
  readonly allocations: Allocation[] = [];
  readonly numbers: number[] = [];
  reserved = 0;

  /** Looks into an object, and into all that is in it. */
  look(value: object): void {
    for (const [name, inner] of Object.entries(value) as [string, unknown][]) {
      if (name === 'Suballocations' && Array.isArray(inner)) this.#block(value, inner);
      else if (name === 'DedicatedAllocations' && isObject(inner)) this.#dedicated(inner);
      else if (isObject(inner)) this.look(inner);
    }
  }

  #block(block: object, entries: readonly unknown[]): void {
    const total = toBytes('TotalBytes' in block ? block.TotalBytes : undefined);
    if (total >= 0) this.reserved += total;
    for (const entry of entries) {
      const { Offset: offset, Size: size, Type: type } = fieldsOf(entry);
      for (const number of [toBytes(offset), toBytes(size)]) if (number >= 0) this.numbers.push(number);
      if (type !== 'FREE') this.#add(entry, false);
    }
  }

  /** A list, or, in old dumps, a list for each type of memory. */
  #dedicated(entries: object): void {
    for (const entry of Object.values(entries) as unknown[]) {
      if (Array.isArray(entry)) {
        this.#dedicated(entry);
        continue;
      }
      const size = toBytes(fieldsOf(entry)['Size']);
      if (size >= 0) {
        this.numbers.push(size);
        this.reserved += size;
      }
      this.#add(entry, true);
    }
  }

  #add(entry: unknown, isDedicated: boolean): void {
    const { Size: size, Name: name, Type: type } = fieldsOf(entry);
    const label = [name, type].find((text): text is string => typeof text === 'string');
    this.allocations.push({ size: toBytes(size), label, isDedicated });
  }
}

/** Halves a unit until it divides a number. */
function commonUnit(unit: number, value: number): number {
  let common = unit;
  while (value % common !== 0) common /= 2;
  return common;
}

/** Bytes in a dump, or -1. */
function toBytes(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : -1;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? (value as Readonly<Record<string, unknown>>) : {};
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
