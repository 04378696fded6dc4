/** The options of a queue and of its requests. */
import type { Account, AllocOptions, Bytes, WaitSignal } from 'gpu-buddy';
import { handleOfAccount } from '../account';
import { toIndex, toInteger } from '../arguments';
import { outOfRange } from '../errors';
import { toOptions, type Names } from '../options';
import { ALLOC_OPTION_NAMES } from '../request';
import { toSignal } from '../wait-signal';

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
  /** Pays for the blocks. Each `Account` object has its own line; all requests without one share a line. Default: none. */
  readonly account?: Account<Bytes> | undefined;
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
export interface QueuedRequest {
  /** For the allocator, with the account. */
  readonly options: AllocOptions;
  /** The same without the account. */
  readonly plain: AllocOptions;
  readonly signal: WaitSignal | undefined;
  readonly account: Account<Bytes> | undefined;
  readonly priority: number;
  readonly timeout: number | undefined;
  readonly weight: number;
}

export function toQueuedRequest(options: QueuedAllocOptions | undefined): QueuedRequest {
  const {
    signal,
    account,
    priority = 0,
    timeout,
    weight = 1,
    ...plain
  } = copyOf(toOptions('options', options, ALLOC_NAMES));
  // Throws where it is none, or disposed of.
  if (account !== undefined) handleOfAccount(account);
  return {
    options: account ? { ...plain, account } : plain,
    plain,
    signal: toSignal(signal),
    account,
    priority: toIndex('priority', priority),
    timeout: timeout === undefined ? undefined : toDelay('timeout', timeout),
    weight: toWeight(weight),
  };
}

/** Copies options, inherited ones too: a request may be tried many times, and what it asks for must not change meanwhile. */
function copyOf<Options extends object>(options: Options): Options {
  const copy: Partial<Options> = {};
  for (const name in options) copy[name] = options[name];
  return copy as Options;
}

/** Copies a mode that the allocator has accepted, for the same reason. */
export function keepMode(options: AllocOptions): AllocOptions {
  const { mode } = options;
  if (typeof mode !== 'object') return options;
  if ('at' in mode) return { ...options, mode: { at: mode.at } };
  const { start, end } = mode.range;
  return { ...options, mode: { range: { start, end } } };
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
