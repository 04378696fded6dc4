/** Checks the options of a new allocator, and turns them into those that native code reads. */
import { toBytes, toFlag, toInteger } from './arguments';
import { invalidArgType, invalidArgValue } from './errors';
import { toCapacity, type JournalOptions } from './journal';
import { NAME_BYTES, type AllocatorConfig, type Bytes } from './native';
import { toOptions, type Names } from './options';
import { SZ_4K } from './sizes';

/** Parameters of a new allocator, `GpuBuddyParams` of the Rust bindings. */
export interface GpuBuddyOptions {
  /** Bytes to manage, at least one chunk. Bytes after the last whole chunk are not managed. */
  readonly size: Bytes;
  /**
   * Bytes of the smallest block: a power of two from 1 on. Default: 4096, the kernel's own minimum. For smaller chunks the kernel is told
   * everything in a larger unit, and gives the same blocks: `size` times 4096 / `chunkSize` must be below 2^64. So a "byte" can be
   * anything that is handed out.
   */
  readonly chunkSize?: Bytes | undefined;
  /** Address of the first byte of the space; every address in and out counts from it. Default: 0. */
  readonly baseOffset?: Bytes | undefined;
  /** Gives out bigints instead of numbers. A space that ends above 2^53 - 1 needs it. Default: false. */
  readonly bigint?: boolean | undefined;
  /** Most bytes of native memory for the bookkeeping. Default, and 0: a quarter of the machine's memory. */
  readonly maxNativeBytes?: number | undefined;
  /** Most steps of the search of one allocation, or of one `findFree()`; 0: no limit. Default: 16 million, 0.2 to 1 second of work. */
  readonly maxSteps?: number | undefined;
  /**
   * Names the allocator in errors, events, `console.log()` and metrics, in all threads: up to 64 bytes in UTF-8, without control
   * characters. Default: none.
   */
  readonly name?: string | undefined;
  /** Keeps a journal from the beginning: see `startJournal()`. Default: none. */
  readonly journal?: JournalOptions | undefined;
  /** Notes where each list is allocated, for the diagnostics channel `gpu-buddy:reclaimed`. Slow. Default: false. */
  readonly captureStacks?: boolean | undefined;
}

/** Options of a restored allocator, which are no part of a saved state. */
export type RestoreOptions = Pick<
  GpuBuddyOptions,
  'bigint' | 'maxNativeBytes' | 'maxSteps' | 'name' | 'journal' | 'captureStacks'
>;

const NAMES: Names<GpuBuddyOptions> = {
  size: true,
  chunkSize: true,
  baseOffset: true,
  bigint: true,
  maxNativeBytes: true,
  maxSteps: true,
  name: true,
  journal: true,
  captureStacks: true,
};

const DEFAULT_MAX_STEPS = 16_000_000;

/** Checked options. */
export interface GpuBuddyConfig extends AllocatorConfig {
  readonly isBigint: boolean;
  readonly capturesStacks: boolean;
  /** Bytes of the journal's ring; `undefined` without a journal. */
  readonly journalCapacity: number | undefined;
}

/** Lone surrogates have no UTF-8. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

function toName(argument: string, value: unknown): string {
  if (typeof value !== 'string') throw invalidArgType(argument, 'of type string', value);
  if (value === '' || Buffer.byteLength(value) > NAME_BYTES || UNPRINTABLE.test(value))
    throw invalidArgValue(
      argument,
      `1 to ${String(NAME_BYTES)} bytes in UTF-8, without control characters`,
      value,
    );
  return value;
}

export function toConfig(options: unknown): GpuBuddyConfig {
  const given = toOptions('options', options as GpuBuddyOptions | undefined, NAMES);
  const { chunkSize = SZ_4K, baseOffset = 0, maxNativeBytes = 0, maxSteps = DEFAULT_MAX_STEPS } = given;
  return {
    size: toBytes('size', given.size),
    chunkSize: toBytes('chunkSize', chunkSize),
    baseOffset: toBytes('baseOffset', baseOffset),
    memoryLimit: toInteger('maxNativeBytes', maxNativeBytes),
    stepLimit: toInteger('maxSteps', maxSteps),
    name: given.name === undefined ? undefined : toName('name', given.name),
    capturesStacks: toFlag('captureStacks', given.captureStacks),
    isBigint: toFlag('bigint', given.bigint),
    journalCapacity: given.journal === undefined ? undefined : toCapacity('journal', given.journal),
    anyUnit: true,
  };
}
