/** The options of a queue and of its requests. */
import type { Account, AllocOptions, WaitSignal } from 'gpu-buddy';
import { toIndex, toInteger } from '../arguments';
import { invalidArgType, outOfRange } from '../errors';
import { toOptions, type Names } from '../options';
import { ALLOC_OPTION_NAMES } from '../request';

/** When a request that others pass stops them. */
export interface AllocQueueOptions {
  /** A request that was passed so many times raises a barrier; 0: as soon as its turn comes. Default: 64. */
  readonly maxPassed?: number | undefined;
  /** Milliseconds that a barrier stands at most. Default: 1000. */
  readonly maxBarrier?: number | undefined;
}

const QUEUE_OPTION_NAMES: Names<AllocQueueOptions> = { maxPassed: true, maxBarrier: true };

/** How to allocate, and how to wait. */
export interface QueuedAllocOptions extends AllocOptions {
  /** Ends the wait: `alloc()` rejects with the signal's reason. */
  readonly signal?: WaitSignal | undefined;
  /** Pays for the blocks, and has its own line. Default: none, and all requests without one share a line. */
  readonly account?: Account | undefined;
  /** Requests of a higher priority come first, always. Default: 0. */
  readonly priority?: number | undefined;
  /** Milliseconds after which `alloc()` rejects with a `TimeoutError`. Default: none. */
  readonly timeout?: number | undefined;
  /** The share of the account: its bytes count as so many times fewer. Default: 1. */
  readonly weight?: number | undefined;
}

const ALLOC_NAMES: Names<QueuedAllocOptions> = {
  ...ALLOC_OPTION_NAMES,
  signal: true,
  account: true,
  priority: true,
  timeout: true,
  weight: true,
};

/** The longest delay that `setTimeout()` knows. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** Options of a queue that have been looked at. */
export interface Patience {
  readonly maxPassed: number;
  readonly maxBarrier: number;
}

export function toPatience(options: AllocQueueOptions | undefined): Patience {
  const { maxPassed = 64, maxBarrier = 1000 } = toOptions('options', options, QUEUE_OPTION_NAMES);
  return { maxPassed: toInteger('maxPassed', maxPassed), maxBarrier: toDelay('maxBarrier', maxBarrier) };
}

/** Options of a request that have been looked at. */
export interface WaitOptions {
  /** For the allocator, without the account. */
  readonly plain: AllocOptions;
  readonly signal: WaitSignal | undefined;
  readonly account: Account | undefined;
  readonly priority: number;
  readonly timeout: number | undefined;
  readonly weight: number;
}

export function toWaitOptions(options: QueuedAllocOptions | undefined): WaitOptions {
  const {
    signal,
    account,
    priority = 0,
    timeout,
    weight = 1,
    ...plain
  } = copyOf(toOptions('options', options, ALLOC_NAMES));
  return {
    plain,
    signal: toSignal(signal),
    account,
    priority: toIndex('priority', priority),
    timeout: timeout === undefined ? undefined : toDelay('timeout', timeout),
    weight: toWeight(weight),
  };
}

/** A request may be tried many times, and what it asks for must not change meanwhile. Inherited options count, too. */
function copyOf<Options extends object>(options: Options): Options {
  const copy: Partial<Options> = {};
  for (const name in options) copy[name] = options[name];
  return copy as Options;
}

function toDelay(argument: string, value: unknown): number {
  const delay = toInteger(argument, value);
  if (delay > LONGEST_DELAY) throw outOfRange(argument, '< 2^31', delay);
  return delay;
}

function toWeight(value: unknown): number {
  const weight = toInteger('weight', value);
  if (weight === 0) throw outOfRange('weight', '>= 1', weight);
  return weight;
}

function toSignal(value: unknown): WaitSignal | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || !('aborted' in value))
    throw invalidArgType('signal', 'an AbortSignal', value);
  return value as WaitSignal;
}
